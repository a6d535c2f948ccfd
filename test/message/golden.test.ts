// Holds every message to its kept words, to Slack's limits, and to what Headroom itself promises about them.

import { describe, expect, it } from 'vitest';
import { actionIds, viewIds } from '../../src/message/action-ids.ts';
import { slackLimits } from '../../src/message/limits.ts';
import { validateBlocks, validateView } from '../../src/message/validate-blocks.ts';
import { mayBeDrawnAfresh, planStates } from '../../src/plan/plan-state.ts';
import { expectGolden, goldenNames } from '../golden.ts';
import { cardViews, messages, modals } from './samples.ts';

describe.each(Object.entries(messages))('the message %s', (name, message) => {
  it('reads as it was last agreed', () => expectGolden(name, message));

  it('is taken by Slack', () => {
    expect(validateBlocks('message', message.blocks)).toEqual([]);
    expect(message.text.length).toBeGreaterThan(0);
    expect(message.text.length).toBeLessThanOrEqual(slackLimits.message.textAdvisedChars);
  });

  it('has no hole in its words', () => {
    const all = JSON.stringify(message);
    expect(all).not.toMatch(/undefined|null|NaN|Infinity|Invalid|\[object/);
    expect(all).not.toMatch(/\.\.(?!\.)|[.:,] \.|\( ?\)|: \\n| \\n| {3,}(?![^\\]*\\n)?\."/);
  });
});

describe.each(Object.entries(modals))('the modal %s', (name, modal) => {
  it('reads as it was last agreed', () => expectGolden(name, modal));
  it('is taken by Slack', () => expect(validateView(modal)).toEqual([]));
});

it('every kept file is still said', () => {
  const said = [...Object.keys(messages), ...Object.keys(modals)];
  expect(goldenNames().filter((name) => !said.includes(name))).toEqual([]);
});

it('there is a card for every state of a plan', () => {
  const shown = new Set(Object.values(cardViews).map(({ record }) => record.state));
  expect([...shown].toSorted()).toEqual(Object.keys(planStates).toSorted());
});

describe('buttons', () => {
  const actionsOf = (name: string) =>
    (messages[name]?.blocks ?? []).flatMap((block) =>
      block.type === 'actions' ? block.elements : [],
    );

  it('stand only on a card that somebody can decide, ask for anew, or have taken back', () => {
    const withButtons = Object.keys(cardViews).filter((name) => actionsOf(name).length > 0);
    const expected = Object.entries(cardViews)
      .filter(
        ([name, { record, mode }]) =>
          (mayBeDrawnAfresh(record.state) ||
            name === 'card-applied-by-command' ||
            (record.state === 'proposed' && record.plan.finding === undefined)) &&
          mode !== 'observe' &&
          name !== 'card-without-policy',
      )
      .map(([name]) => name);
    expect(withButtons).toEqual(expected);
  });

  it('carry the plan and its hash and nothing else', () => {
    for (const [name, { record }] of Object.entries(cardViews)) {
      for (const element of actionsOf(name)) {
        expect(element).toMatchObject({ value: `${record.plan.id}:${record.hash}` });
      }
    }
  });

  it('and modals use every id that is routed, and no other', () => {
    const actions = Object.keys(messages).flatMap((name) =>
      actionsOf(name).map((element) => ('action_id' in element ? element.action_id : '')),
    );
    expect(new Set(actions)).toEqual(new Set(Object.values(actionIds)));
    const views = Object.values(modals).map((modal) => modal.callback_id);
    expect(new Set(views)).toEqual(new Set(Object.values(viewIds)));
  });
});
