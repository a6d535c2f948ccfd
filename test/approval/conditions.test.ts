// Breaks each rule of approval by itself; a new rule does not compile here before it has a breaking case.

import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/approval/condition.ts';
import {
  type ConditionName,
  conditionNames,
  conditions,
} from '../../src/approval/conditions/index.ts';
import { evaluateApproval } from '../../src/approval/evaluate.ts';
import { planStates } from '../../src/plan/plan-state.ts';
import {
  after,
  hashOf,
  makeCase,
  makeCommandPlan,
  makePlan,
  makeRule,
  makeVote,
  people,
} from '../make.ts';

interface Breaking {
  readonly ends: 'refused' | 'waiting';
  readonly case: Partial<Case>;
  readonly because: RegExp;
}

/** The restart of a database, to which Ann and Bob agree, and Eve, who answers for it. */
const restartPlan = makePlan({ restarts: ['main'] });
const terms = {
  database: 'main',
  approvers: [people.eve],
  words: '02:00 to 04:00 Europe/Berlin',
  isOpen: true,
};
const restartVotes = [people.ann, people.bob, people.eve].map((user) =>
  makeVote(user, { planHash: hashOf(restartPlan) }),
);
const restart = { plan: restartPlan, restarts: [terms], votes: restartVotes };

const freeze = 'freeze year-end until 2027-01-03 08:00 UTC';
const decrease = makePlan({ decrease: true });

const breaking = {
  notOver: { ends: 'refused', case: { state: 'denied' }, because: /already denied/ },
  modeActs: { ends: 'refused', case: { mode: 'observe' }, because: /observe mode/ },
  coveredByPolicy: {
    ends: 'refused',
    case: { rule: undefined },
    because: /no policy rule in headroom.yaml covers steam-traps/,
  },
  notDenied: {
    ends: 'refused',
    case: {
      votes: [
        makeVote(people.ann),
        makeVote(people.bob, { kind: 'deny', reason: 'a release runs' }),
      ],
    },
    because: /denied by <@U0BOB>: a release runs/,
  },
  notExpired: { ends: 'refused', case: { now: after(30 * 60) }, because: /expired/ },
  startsInTime: {
    ends: 'refused',
    case: { state: 'approved', startBy: after(120), now: after(120) },
    because: /not carried out in time/,
  },
  enoughApprovers: { ends: 'waiting', case: { votes: [] }, because: /^0 of 1 approvals$/ },
  databaseAgrees: {
    ends: 'waiting',
    case: { ...restart, votes: restartVotes.slice(0, 2) },
    because: /nobody who answers for database main has approved yet/,
  },
  inWindow: {
    ends: 'waiting',
    case: { ...restart, restarts: [{ ...terms, isOpen: false }] },
    because: /database main is restarted 02:00 to 04:00 Europe\/Berlin only/,
  },
  notFrozen: {
    ends: 'waiting',
    case: {
      plan: decrease,
      votes: [people.ann, people.bob].map((user) => makeVote(user, { planHash: hashOf(decrease) })),
      freezes: [freeze],
    },
    because: /^freeze year-end until 2027-01-03 08:00 UTC: what takes capacity away or cannot/,
  },
  notStopped: {
    ends: 'waiting',
    case: { stops: ['Everything is stopped by <@U0DAN>: incident 12'] },
    because: /Everything is stopped/,
  },
} as const satisfies Record<ConditionName, Breaking>;

describe('every condition', () => {
  it('is met in the usual case, which is approved', () => {
    const input = makeCase();
    const unmet = conditionNames.filter((name) => conditions[name](input).status !== 'met');
    expect(unmet).toEqual([]);
    expect(evaluateApproval(input)).toMatchObject({ kind: 'approved', by: [people.ann] });
  });

  it.each(conditionNames)('a plan is not approved when %s is not met', (name) => {
    const { ends, case: over, because } = breaking[name];
    const verdict = evaluateApproval(makeCase(over));
    expect(verdict).toMatchObject({ kind: ends, condition: name });
    expect(verdict).toMatchObject({ because: expect.stringMatching(because) });
  });

  it.each(conditionNames)('%s alone is what its breaking case breaks', (name) => {
    const input = makeCase(breaking[name].case);
    const unmet = conditionNames.filter((other) => conditions[other](input).status !== 'met');
    // Without a policy there is nobody whose vote could count either.
    expect(unmet).toEqual(name === 'coveredByPolicy' ? [name, 'enoughApprovers'] : [name]);
  });
});

describe('a freeze', () => {
  it('lets capacity be added with the stricter number, and an incident be answered by who is on call alone', () => {
    const one = makeCase({ freezes: [freeze] });
    expect(evaluateApproval(one)).toMatchObject({ kind: 'waiting', because: '1 of 2 approvals' });
    const votes = [makeVote(people.ann), makeVote(people.bob)];
    expect(evaluateApproval({ ...one, votes }).kind).toBe('approved');
    const own = makePlan({ origin: { kind: 'command', commandId: 'c-1', by: people.dan } });
    const alone = makeVote(people.dan, { planHash: hashOf(own), reason: 'queue grows' });
    const oncall = makeCase({ plan: own, votes: [alone], freezes: [freeze] });
    expect(evaluateApproval(oncall).kind).toBe('approved');
  });

  it('leaves nothing to the policy alone, and lets what has begun be ended', () => {
    const origin = { kind: 'schedule', name: 'day', dueAt: '', words: '' } as const;
    const drawn = { plan: makePlan({ origin }), votes: [], freezes: [freeze] };
    const input = makeCase({ ...drawn, rule: makeRule({ approvesScheduled: true }) });
    expect(evaluateApproval(input)).toMatchObject({ kind: 'waiting', because: '0 of 2 approvals' });
    expect(evaluateApproval({ ...input, state: 'applying' }).kind).toBe('approved');
  });
});

describe('the restart of a database', () => {
  it('is approved by the stricter number with somebody who answers for it, in its hours', () => {
    expect(evaluateApproval(makeCase(restart)).kind).toBe('approved');
    const few = { ...restart, votes: restartVotes.slice(2) };
    expect(evaluateApproval(makeCase(few))).toMatchObject({ condition: 'enoughApprovers' });
  });

  it('counts who only answers for it besides the people of the policy, not in place of one', () => {
    const short = { ...restart, votes: restartVotes.slice(1) };
    expect(evaluateApproval(makeCase(short))).toMatchObject({
      kind: 'waiting',
      because: '1 of 2 approvals',
    });
    // Who is both counts for both.
    const both = { ...short, rule: makeRule({ approvers: [people.bob, people.eve] }) };
    expect(evaluateApproval(makeCase(both)).kind).toBe('approved');
  });

  it('needs people even where the rule approves what a schedule draws', () => {
    const origin = { kind: 'schedule', name: 'weekly', dueAt: '', words: '' } as const;
    const plan = makePlan({ restarts: ['main'], origin });
    const vote = makeVote(people.eve, { planHash: hashOf(plan) });
    const rule = makeRule({ approvesScheduled: true });
    expect(evaluateApproval(makeCase({ ...restart, plan, rule, votes: [vote] }))).toMatchObject({
      kind: 'waiting',
      condition: 'enoughApprovers',
    });
  });

  it('is refused where headroom.yaml does not allow it, whoever agrees', () => {
    expect(evaluateApproval(makeCase({ ...restart, restarts: [] }))).toMatchObject({
      kind: 'refused',
      condition: 'databaseAgrees',
    });
  });

  it('that has begun goes on when its hours are over', () => {
    const late = {
      ...restart,
      restarts: [{ ...terms, isOpen: false }],
      state: 'applying',
    } as const;
    expect(evaluateApproval(makeCase(late)).kind).toBe('approved');
  });
});

describe('the clocks', () => {
  // biome-ignore format: a table
  it.each([
    // seconds after the plan was drawn, state, start by, verdict
    [0, 'proposed', undefined, 'approved'],
    [1799.999, 'proposed', undefined, 'approved'],
    [1800, 'proposed', undefined, 'refused'],
    [9999, 'approved', 10_000, 'approved'],
    [10_000, 'approved', 10_000, 'refused'],
    [10_001, 'approved', 10_000, 'refused'],
    [10_001, 'applying', 10_000, 'approved'],
    [99_999, 'unknown', 10_000, 'approved'],
  ] as const)(
    'after %f s a %s plan that must start by %s s is %s',
    (seconds, state, startBy, kind) => {
      const votes = [makeVote(people.ann, { castAt: after(0) })];
      const over = startBy === undefined ? {} : { startBy: after(startBy) };
      expect(evaluateApproval(makeCase({ state, now: after(seconds), votes, ...over })).kind).toBe(
        kind,
      );
    },
  );

  it.each(Object.keys(planStates) as (keyof typeof planStates)[])(
    'a plan that is %s takes an approval only while it lives',
    (state) => {
      const live = ['proposed', 'approved', 'applying', 'unknown'].includes(state);
      expect(evaluateApproval(makeCase({ state })).kind).toBe(live ? 'approved' : 'refused');
    },
  );
});

describe('without a policy', () => {
  it('nobody approves, whoever votes', () => {
    const votes = Object.values(people).map((who) => makeVote(who));
    expect(evaluateApproval(makeCase({ rule: undefined, votes }))).toMatchObject({
      kind: 'refused',
      condition: 'coveredByPolicy',
    });
  });

  it('an approval given before the rule was removed is no longer in force', () => {
    const approved = makeCase({ state: 'approved', startBy: after(900) });
    expect(evaluateApproval(approved).kind).toBe('approved');
    expect(evaluateApproval({ ...approved, rule: undefined }).kind).toBe('refused');
  });

  it('an approver struck off the list takes the approval along', () => {
    const approved = makeCase({ state: 'approved', startBy: after(900) });
    const rule = { ...approved.rule!, approvers: [people.bob] };
    expect(evaluateApproval({ ...approved, rule })).toMatchObject({ kind: 'waiting' });
  });
});

it('a stop holds an approved plan back, and denial is told before it', () => {
  const plan = makeCommandPlan(people.eve);
  const stops = ['Everything is stopped'];
  expect(evaluateApproval(makeCase({ plan, stops }))).toMatchObject({ condition: 'notStopped' });
  const { hash } = makeCase({ plan });
  const votes = [makeVote(people.bob, { kind: 'deny', planHash: hash })];
  expect(evaluateApproval(makeCase({ plan, stops, votes }))).toMatchObject({
    kind: 'refused',
    condition: 'notDenied',
  });
});

describe('what drops rows', () => {
  const drops = [{ database: 'main', backup: { http: { url: 'http://backup', status: 200 } } }];
  const plan = makePlan({ drops });
  const votesOf = (...users: readonly string[]) =>
    users.map((user) => makeVote(user, { planHash: hashOf(plan) }));

  it('needs the stricter number, and who answers for the database where there is somebody', () => {
    const short = makeCase({ plan, votes: votesOf(people.ann) });
    expect(evaluateApproval(short)).toMatchObject({ because: '1 of 2 approvals' });
    const enough = { plan, votes: votesOf(people.ann, people.bob) };
    expect(evaluateApproval(makeCase(enough)).kind).toBe('approved');
    expect(evaluateApproval(makeCase({ ...enough, restarts: [terms] }))).toMatchObject({
      kind: 'waiting',
      condition: 'databaseAgrees',
    });
    const all = { ...restart, plan, votes: votesOf(people.ann, people.bob, people.eve) };
    expect(evaluateApproval(makeCase(all)).kind).toBe('approved');
  });

  it('needs people even where the rule approves what a schedule draws', () => {
    const origin = { kind: 'schedule', name: 'weekly', dueAt: '', words: '' } as const;
    const rule = makeRule({ approvesScheduled: true });
    const drawn = makeCase({ plan: makePlan({ drops, origin }), rule, votes: [] });
    expect(evaluateApproval(drawn)).toMatchObject({ condition: 'enoughApprovers' });
  });
});
