// What people read of plans that change databases: all that is written, statements that can be copied, and no words of pods.

import { expect, it } from 'vitest';
import type { SqlChange } from '../../src/change/change.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { cardMessage } from '../../src/message/card.ts';
import { proposedMessage } from '../../src/message/command-reply.ts';
import type { PlanView } from '../../src/message/plan-view.ts';
import { progressMessage } from '../../src/message/thread.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';
import type { Step } from '../../src/plan/step.ts';
import type { RunChangeState } from '../../src/ports.ts';
import {
  makeCommandPlan,
  makePatchChange,
  makeRecord,
  makeView,
  makeWorkload,
  now,
} from '../make.ts';

const setting: SqlChange = {
  kind: 'sql',
  workload: makeWorkload(),
  database: { system: 'shop', name: 'main', server: '1' },
  deed: { deed: 'setting', name: 'work_mem', after: '20MB', running: '4MB' },
  floor: false,
  undo: 'exact',
};

const procedure = { id: 'a', title: 'A', source: 'Guide', inputs: {} };

function viewOf(
  steps: readonly Step[],
  {
    state = 'proposed',
    change,
    number = 1,
  }: Partial<{
    readonly state: PlanView['record']['state'];
    readonly change: RunChangeState;
    readonly number: number;
  }> = {},
): PlanView {
  const plan = makeCommandPlan('U0ANN', { steps, procedure });
  return makeView({
    record: makeRecord({ plan, state, reason: 'the server is gone' }),
    alerts: [],
    run: { planId: plan.id, number, startedAt: now } as unknown as NonNullable<PlanView['run']>,
    changes: change === undefined ? [] : [{ position: 0, state: change }],
  });
}

const card = (...asked: Parameters<typeof viewOf>) => JSON.stringify(cardMessage(viewOf(...asked)));
const thread = (...asked: Parameters<typeof viewOf>) =>
  JSON.stringify(progressMessage(viewOf(...asked)));

it('a statement that a person copies is what it says, and whole', () => {
  const what = `Copy the rows (insert into b select * from a); ${'grant what is missing; '.repeat(40)}swap the names`;
  const human = { kind: 'human', what } as const;
  for (const text of [card([human]), thread([human], { state: 'applying' })]) {
    expect(text).toContain('(insert into b select * from a)');
    expect(text).toContain('swap the names');
  }
});

it('a card shows all of an object that is written', () => {
  const after = Array.from({ length: 8 }, (_, index) => ({
    name: `VARIABLE_${index}`,
    value: 'x',
  }));
  const patch = makePatchChange({ fields: [{ what: 'env', pointer: '/spec/env', after }] });
  expect(card([patch])).toContain('VARIABLE_7');
});

it('a check that only warns says so before anybody votes', () => {
  const look = { fact: { name: 'connections-used-percent', cluster: 'a', above: 85 } } as const;
  expect(card([{ kind: 'check', look, otherwise: 'warn' }])).toContain('else go on with a warning');
  expect(card([{ kind: 'check', look, otherwise: 'stop' }])).not.toContain('warning');
});

it('a database is no cluster, has no rollout and gets no capacity', () => {
  expect(card([setting], { state: 'unknown', change: 'writing' })).toContain(
    'looking at the database to find out',
  );
  expect(thread([setting], { state: 'applying', change: 'written' })).toContain(
    'looking whether it is in effect',
  );
  const stopped = { state: 'left', change: 'failed' } as const;
  expect(card([setting], stopped)).toContain('What was written and not put back stays.');
  expect(card([setting], { state: 'left', number: 2 })).toContain(
    'If an earlier attempt wrote anything',
  );
});

it('nobody is told that no one decided where too few did', () => {
  const view = viewOf([setting], { state: 'expired' });
  expect(JSON.stringify(cardMessage(view))).toContain('Nobody decided in time');
  const votes = [
    { userId: 'U0BOB', planHash: view.record.hash, kind: 'approve', castAt: now } as const,
  ];
  expect(JSON.stringify(cardMessage({ ...view, votes }))).toContain('Too few approved it in time');
});

const long = (index: number): SqlChange => ({
  ...setting,
  deed: { deed: 'setting', name: 'work_mem', after: `${index}${'0'.repeat(280)}`, running: '4MB' },
});
const many = Array.from({ length: 80 }, (_, index) => long(index));

it('a plan of many long steps is still one that Slack takes, and says how many it does not show', () => {
  const { blocks } = cardMessage(viewOf(many));
  expect(validateBlocks('message', blocks)).toEqual([]);
  expect(JSON.stringify(blocks)).toMatch(/… and \d+ more/);
});

it('the step at hand is among those that the thread shows', () => {
  const view = viewOf(many, { state: 'applying' });
  const changes = many.map((_, position) => ({
    position,
    state: position < 70 ? ('verified' as const) : ('writing' as const),
  }));
  const { blocks } = progressMessage({ ...view, changes });
  expect(validateBlocks('message', blocks)).toEqual([]);
  const shown = JSON.stringify(blocks);
  expect(shown).toMatch(/✅ \d+ steps before these/);
  expect(shown).toContain('writing: database main: work_mem 4MB → 790');
});

it('a statement is copied as it is sent', () => {
  const deed: SqlDeed = {
    deed: 'setting',
    name: 'work_mem',
    after: 'count(*) ~ _a_',
    running: '4MB',
  };
  expect(JSON.stringify(cardMessage(viewOf([{ ...setting, deed }])))).toContain(
    "set work_mem = 'count(*) ~ _a_'`",
  );
});

it('nobody is promised that a restart can be undone', () => {
  const pointer = '/spec/template/metadata/annotations/restartedAt';
  const restart = makePatchChange({
    fields: [{ what: 'restart', pointer, after: 'now' }],
    rollout: true,
  });
  expect(card([restart])).toContain('the restart itself stays, only the template can be put back');
});

it('who does it by hand learns on which server, and is never given a part for the whole', () => {
  const standby = { ...setting, database: { ...setting.database, standby: 'one' } };
  const shown = (steps: readonly Step[]) =>
    JSON.stringify(cardMessage({ ...viewOf(steps, { state: 'approved' }), mode: 'propose' }));
  expect(shown([standby, setting, setting])).toMatch(
    /by hand in database main, standby one.*by hand in database main\*(?!.*by hand)/,
  );
  expect(shown(many)).toContain('step by step in that order');
});

it('a plan that is in the way is named with its system, because a server may hold databases of several', () => {
  const open = viewOf([setting]).record;
  const busy = JSON.stringify(proposedMessage({ kind: 'busy', open }, 'C0'));
  expect(busy).toContain(`of ${open.plan.title} for the same workload or database server`);
});
