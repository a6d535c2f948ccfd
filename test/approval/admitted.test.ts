// Whose vote counts: a table of people, and laws that hold for any pile of votes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admittedVotes, admitVote, mayApprove } from '../../src/approval/admitted.ts';
import type { Vote } from '../../src/approval/condition.ts';
import { evaluateApproval } from '../../src/approval/evaluate.ts';
import type { Plan } from '../../src/plan/plan.ts';
import {
  after,
  hashOf,
  makeCase,
  makeCommandPlan,
  makeDecrease,
  makePlan,
  makeRule,
  makeScaleChange,
  makeVote,
  people,
} from '../make.ts';

const { ann, bob, carla, dan, eve } = people;

function admission(
  plan: Plan,
  vote: Partial<Vote> & { readonly userId: string },
  oncallOwn = true,
) {
  const hash = hashOf(plan);
  const input = makeCase({ plan, rule: makeRule({ oncallMayApproveOwn: oncallOwn }) });
  return admitVote(input, makeVote(vote.userId, { planHash: hash, ...vote }));
}

describe('a vote', () => {
  const alerted = makePlan();
  const byEve = makeCommandPlan(eve);
  const byAnn = makeCommandPlan(ann);
  const byDan = makeCommandPlan(dan);
  const reason = 'nobody else is awake';

  // biome-ignore format: a table
  it.each([
    ["a listed approver on an alert's plan", alerted, { userId: ann }, 'admitted'],
    ["somebody on call on an alert's plan", alerted, { userId: dan }, 'admitted'],
    ["a stranger on an alert's plan", alerted, { userId: eve }, 'refused'],
    ['a stranger who denies', alerted, { userId: eve, kind: 'deny' }, 'refused'],
    ["a listed approver on another's request", byEve, { userId: bob }, 'admitted'],
    ['the requester, not listed', byEve, { userId: eve }, 'refused'],
    ['the requester, not listed, who denies', byEve, { userId: eve, kind: 'deny' }, 'admitted'],
    ['the requester, listed', byAnn, { userId: ann }, 'refused'],
    ['the requester, listed, with a reason', byAnn, { userId: ann, reason }, 'refused'],
    ['the requester, listed, who denies', byAnn, { userId: ann, kind: 'deny' }, 'admitted'],
    ['the requester on call without a reason', byDan, { userId: dan }, 'reason-needed'],
    [
      'the requester on call with an empty reason',
      byDan,
      { userId: dan, reason: ' \n' },
      'reason-needed',
    ],
    ['the requester on call with a reason', byDan, { userId: dan, reason }, 'admitted'],
    [
      'a vote at the last millisecond',
      alerted,
      { userId: ann, castAt: after(1799.999) },
      'admitted',
    ],
    ['a vote when the plan has expired', alerted, { userId: ann, castAt: after(1800) }, 'refused'],
    ['a vote for another text', alerted, { userId: ann, planHash: '0'.repeat(64) }, 'refused'],
  ] as const)('by %s is %s', (_, plan, vote, kind) => {
    expect(admission(plan, vote).kind).toBe(kind);
  });

  it('by the requester on call is refused where the rule does not allow it', () => {
    expect(admission(byDan, { userId: dan, reason }, false)).toEqual({
      kind: 'refused',
      because: 'You asked for this change, so somebody else has to approve it.',
    });
  });

  it('by somebody on call on their own plan is enough alone', () => {
    const votes = [makeVote(dan, { planHash: hashOf(byDan), reason })];
    const rule = makeRule({ required: 2 });
    expect(evaluateApproval(makeCase({ plan: byDan, rule, votes }))).toMatchObject({ by: [dan] });
  });

  it('by somebody on call on their own decrease counts as one of the two it needs', () => {
    const plan = makeDecrease({ origin: byDan.origin });
    const mine = makeVote(dan, { planHash: hashOf(plan), reason });
    const other = makeVote(bob, { planHash: hashOf(plan) });
    expect(evaluateApproval(makeCase({ plan, votes: [mine] }))).toMatchObject({
      kind: 'waiting',
      because: '1 of 2 approvals',
    });
    expect(evaluateApproval(makeCase({ plan, votes: [mine, other] }))).toMatchObject({
      by: [dan, bob],
    });
  });
});

describe('how many must approve', () => {
  const irreversible = makePlan({ steps: [makeScaleChange({ undo: 'none' })] });
  // biome-ignore format: a table
  it.each([
    ['a plan that adds', makePlan(), 1, 2, 1],
    ['a plan that takes away', makeDecrease(), 1, 2, 2],
    ['a plan that cannot be undone', irreversible, 1, 2, 2],
    ['a strict rule, adding', makePlan(), 3, 3, 3],
    ['a laxer number for risk', makeDecrease(), 2, 1, 2],
  ] as const)('%s, with %#', (_, plan, required, requiredForRisky, needed) => {
    const rule = makeRule({ required, requiredForRisky });
    const voters = [ann, bob, carla];
    for (let have = 0; have <= voters.length; have += 1) {
      const votes = voters.slice(0, have).map((who) => makeVote(who, { planHash: hashOf(plan) }));
      const kind = evaluateApproval(makeCase({ plan, rule, votes })).kind;
      expect([have, kind]).toEqual([have, have >= needed ? 'approved' : 'waiting']);
    }
  });
});

it('names everybody whose approval would count', () => {
  expect(mayApprove(makeCase())).toEqual([ann, bob, carla, dan]);
  expect(mayApprove(makeCase({ plan: makeCommandPlan(ann) }))).toEqual([bob, carla, dan]);
  expect(mayApprove(makeCase({ plan: makeCommandPlan(dan) }))).toEqual([ann, bob, carla, dan]);
  expect(mayApprove(makeCase({ rule: undefined }))).toEqual([]);
});

const plans = [makePlan(), makeDecrease(), makeCommandPlan(ann), makeCommandPlan(dan)];
const anyCase = fc
  .record({
    plan: fc.constantFrom(...plans),
    required: fc.integer({ min: 1, max: 3 }),
    requiredForRisky: fc.integer({ min: 1, max: 3 }),
    oncallMayApproveOwn: fc.boolean(),
  })
  .map(({ plan, ...rule }) => makeCase({ plan, rule: makeRule(rule), votes: [] }));
const anyVote = (hash: string) =>
  fc.record(
    {
      userId: fc.constantFrom(...Object.values(people)),
      planHash: fc.constantFrom(hash, hash, hash, '0'.repeat(64)),
      kind: fc.constantFrom('approve', 'approve', 'deny'),
      reason: fc.constantFrom('', ' ', 'because'),
      castAt: fc.constantFrom(after(1), after(60), after(1800)),
    },
    { requiredKeys: ['userId', 'planHash', 'kind', 'castAt'] },
  ) as fc.Arbitrary<Vote>;
const caseWithVotes = anyCase.chain((input) =>
  fc.record({ input: fc.constant(input), votes: fc.array(anyVote(input.hash), { maxLength: 10 }) }),
);

describe('for any votes', () => {
  it('their order does not matter', () => {
    const shuffled = caseWithVotes.chain(({ input, votes }) =>
      fc.record({
        input: fc.constant(input),
        votes: fc.constant(votes),
        other: fc.shuffledSubarray(votes, { minLength: votes.length, maxLength: votes.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ input, votes, other }) => {
        const a = evaluateApproval({ ...input, votes });
        const b = evaluateApproval({ ...input, votes: other });
        expect(b.kind).toBe(a.kind);
        if (a.kind === 'approved' && b.kind === 'approved') {
          expect(b.by.toSorted()).toEqual(a.by.toSorted());
        }
      }),
    );
  });

  it('one admitted denial wins', () => {
    fc.assert(
      fc.property(caseWithVotes, fc.constantFrom(bob, carla), ({ input, votes }, who) => {
        const denial = makeVote(who, { kind: 'deny', planHash: input.hash });
        const verdict = evaluateApproval({ ...input, votes: [...votes, denial] });
        expect(verdict).toMatchObject({ kind: 'refused', condition: 'notDenied' });
      }),
    );
  });

  it('the requester never approves alone but on call, by rule and with a reason', () => {
    fc.assert(
      fc.property(caseWithVotes, ({ input, votes }) => {
        const { plan, rule } = input;
        const verdict = evaluateApproval({ ...input, votes });
        if (verdict.kind !== 'approved' || plan.origin.kind !== 'command') return;
        const { by } = plan.origin;
        if (!verdict.by.includes(by)) return;
        expect(rule).toMatchObject({ oncallMayApproveOwn: true });
        expect(rule?.oncall).toContain(by);
        expect(
          votes.some(({ userId, reason }) => userId === by && (reason ?? '').trim() !== ''),
        ).toBe(true);
      }),
    );
  });

  it('votes for another text change nothing', () => {
    fc.assert(
      fc.property(caseWithVotes, ({ input, votes }) => {
        const own = votes.filter(({ planHash }) => planHash === input.hash);
        expect(evaluateApproval({ ...input, votes })).toEqual(
          evaluateApproval({ ...input, votes: own }),
        );
      }),
    );
  });

  it('a vote repeated counts once, and its voter is named once', () => {
    fc.assert(
      fc.property(caseWithVotes, ({ input, votes }) => {
        const once = evaluateApproval({ ...input, votes });
        expect(evaluateApproval({ ...input, votes: [...votes, ...votes] })).toEqual(once);
        if (once.kind === 'approved') expect(new Set(once.by).size).toBe(once.by.length);
        const admitted = admittedVotes({ ...input, votes }).map(
          ({ vote }) => `${vote.kind} ${vote.userId}`,
        );
        expect(new Set(admitted).size).toBe(admitted.length);
      }),
    );
  });

  it('an approval names at least as many people as the rule asks for, or one on call', () => {
    fc.assert(
      fc.property(caseWithVotes, ({ input, votes }) => {
        const verdict = evaluateApproval({ ...input, votes });
        if (verdict.kind !== 'approved') return;
        const { plan, rule } = input;
        const needed = Math.max(
          rule?.required ?? 99,
          plan.decrease ? (rule?.requiredForRisky ?? 99) : 0,
        );
        const alone = plan.origin.kind === 'command' && verdict.by.includes(plan.origin.by);
        if (plan.decrease || !alone) expect(verdict.by.length).toBeGreaterThanOrEqual(needed);
      }),
    );
  });

  it('removing the policy refuses', () => {
    fc.assert(
      fc.property(caseWithVotes, ({ input, votes }) => {
        const verdict = evaluateApproval({ ...input, votes, rule: undefined });
        expect(verdict).toMatchObject({ kind: 'refused', condition: 'coveredByPolicy' });
      }),
    );
  });
});
