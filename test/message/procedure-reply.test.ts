// Holds the answers to /scale run to their kept words, to Slack's limits, and to what they must say: why no plan was drawn.

import { describe, expect, it } from 'vitest';
import {
  checklistMessage,
  procedureListMessage,
  procedureMessage,
} from '../../src/message/procedure-reply.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import { planChecklist } from '../../src/sizing/checklist.ts';
import type { ProcedurePlan } from '../../src/sizing/procedure.ts';
import { listProcedures } from '../../src/sizing/procedure-list.ts';
import { expectGolden } from '../golden.ts';
import { planOf } from '../profile/plan-of.ts';
import { readProfile } from '../profile/read-profile.ts';

const steam = readProfile('gl-003');
const checklist = steam.checklists.get('post-scaling') ?? [];
const notListed = 'only people listed under policy rule "production" may ask for changes';
const hostile = '<!channel> *bold* `code` https://evil.example ```fence```';

const shown = (title: string, plan: ProcedurePlan) => procedureMessage(title, plan, notListed);

const replies = {
  gradual: shown('SteamTrapInspector', planOf('gl-008', 'gradual', { from: 5 })),
  workflow: shown('SteamSystemAnalyzer', planOf('gl-003', 'complete-workflow', { meters: 1000 })),
  emergency: shown('EMISSIONWATCH', planOf('gl-010', 'emergency')),
  night: shown('EMISSIONWATCH', planOf('gl-010', 'night')),
  hostile: shown(
    hostile,
    planOf('gl-010', 'edge-collector', { image: 'x *y* `z` <!here> & <https://a>' }),
  ),
  list: procedureListMessage('SteamSystemAnalyzer', steam, '/scale run gl-003'),
  'list-none': procedureListMessage('Mail', emptyProfile, '/scale run mail'),
  checklist: checklistMessage(
    'SteamSystemAnalyzer',
    'post-scaling',
    planChecklist(steam, checklist),
  ),
};

describe.each(Object.entries(replies))('the answer %s', (name, message) => {
  it('reads as it was last agreed', () => expectGolden(`procedures/${name}`, message));
  it('is taken by Slack', () => expect(validateBlocks('message', message.blocks)).toEqual([]));

  it('has no button that could carry it out', () => {
    expect(message.blocks.filter(({ type }) => type === 'actions')).toEqual([]);
  });

  it('has no hole in its words, and no markup of anybody else', () => {
    const all = JSON.stringify(message);
    expect(all).not.toMatch(/undefined|null|NaN|\[object|\{[a-z_]+\}/);
    const marked = message.blocks.flatMap((block) =>
      block.type === 'section' ? [block.text?.text ?? ''] : [],
    );
    expect([message.text, ...marked].join('\n')).not.toMatch(/<!|<https|<@|\*bold|```/);
  });
});

const shipped = ['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010'].flatMap((id) => {
  const profile = readProfile(id);
  const given = { plants: 15, subagents: 70, meters: 5000, sites: 100, facilities: 500 };
  const texts = { zone_names: 'zone-1', replica: 'replica-1' };
  return listProcedures(profile).map((listed) => ({
    id,
    name: listed.id,
    given: Object.fromEntries(
      Object.entries({ ...given, ...texts }).filter(([key]) =>
        listed.inputs.some(({ name }) => name === key),
      ),
    ),
  }));
});

it.each(shipped)('the whole of $id $name is shown, and why no plan was drawn', (each) => {
  const message = shown(each.id, planOf(each.id, each.name, each.given));
  expect(validateBlocks('message', message.blocks)).toEqual([]);
  expect(JSON.stringify(message.blocks)).not.toContain('more lines');
  expect(JSON.stringify(message.blocks)).not.toMatch(/… and \d+ more/);
  expect(message.text).toContain(notListed);
});
