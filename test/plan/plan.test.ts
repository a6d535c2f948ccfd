// What people vote for: canonical, frozen, finite; and for any facts at all, never less than runs.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleAlertPlan } from '../../src/plan/assemble.ts';
import type { Reading } from '../../src/plan/observation.ts';
import { type Plan, planHash, planText } from '../../src/plan/plan.ts';
import { changesOf } from '../../src/plan/step.ts';
import {
  makeAlertFacts,
  makeAutoscalerState,
  makePlan,
  makeProfile,
  makeWorkloadState,
  now,
} from '../make.ts';

const name = { id: 'p-0abcd', revision: 1 };

describe('the text of a plan', () => {
  it('is canonical: sorted, without spaces, the same for the same plan', () => {
    const shuffled = JSON.parse(
      JSON.stringify(Object.fromEntries(Object.entries(makePlan()).toReversed())),
    ) as Plan;
    expect(planText(shuffled)).toBe(planText(makePlan()));
    const keys = Object.keys(JSON.parse(planText(makePlan())) as object);
    expect(keys).toEqual(keys.toSorted());
  });

  it('reads back as the plan and keeps its hash', () => {
    const text = planText(makePlan());
    expect(JSON.parse(text)).toEqual(makePlan());
    expect(planHash(planText(JSON.parse(text) as Plan))).toBe(planHash(text));
  });

  it('has a hash that stays from release to release', () => {
    expect(planHash('{"id":"p-1"}')).toBe(
      '3626a70b10daa4ec76e10a46704d47e184a19e6ec492856c87449336b5406519',
    );
  });

  it('differs in its hash for every field that differs', () => {
    const plan = makePlan();
    const hashes = [
      plan,
      makePlan({ id: 'p-1' }),
      makePlan({ revision: 2 }),
      makePlan({ replicas: { before: 5, after: 9 } }),
      makePlan({ steps: [] }),
      makePlan({ notes: ['x'] }),
      makePlan({ decrease: true }),
      makePlan({ expiresAt: plan.createdAt }),
    ].map((each) => planHash(planText(each)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it.each([Number.NaN, Infinity, -Infinity])('cannot hold %d', (value) => {
    const broken = makePlan({ startWithinSeconds: value });
    expect(() => planText(broken)).toThrow(/not allowed/);
  });

  it('holds half an emoji from an alert cut in the middle, as UTF-8 would', () => {
    const summary = '🔥'.repeat(3).slice(0, 5);
    const text = planText(makePlan({ notes: [summary] }));
    expect(JSON.parse(text)).toMatchObject({ notes: ['🔥🔥\ufffd'] });
  });
});

const strange = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0, 1e308, Number.MAX_SAFE_INTEGER),
);
const reading: fc.Arbitrary<Reading> = fc.oneof(
  fc.record({ value: strange, ageSeconds: fc.nat() }).map(
    ({ value, ageSeconds }): Reading => ({
      kind: 'value',
      value,
      at: now,
      ageSeconds,
      source: 'q',
    }),
  ),
  fc
    .record({ value: strange, ageSeconds: fc.nat() })
    .map((seen): Reading => ({ kind: 'stale', ...seen, source: 'q' })),
  fc.constant<Reading>({ kind: 'missing', because: 'gone', source: 'q' }),
);
const autoscaler = fc.option(
  fc
    .record({
      minReplicas: fc.integer({ min: 1, max: 40 }),
      more: fc.nat({ max: 20 }),
      active: fc.boolean(),
      limited: fc.boolean(),
    })
    .map(({ minReplicas, more, ...rest }) =>
      makeAutoscalerState({ minReplicas, maxReplicas: minReplicas + more, ...rest }),
    ),
  { nil: undefined },
);
const facts = fc
  .record({
    trigger: fc.constantFrom(...makeProfile().triggers.values()),
    measured: reading,
    arrival: fc.option(reading, { nil: undefined }),
    alertValue: fc.option(strange, { nil: undefined }),
    replicas: fc.integer({ min: 0, max: 60 }),
    ready: fc.integer({ min: 0, max: 60 }),
    autoscaler,
  })
  .map(({ replicas, ready, autoscaler: owner, ...rest }) =>
    makeAlertFacts({
      ...rest,
      cluster: {
        workload: makeWorkloadState({ replicas, readyReplicas: ready }),
        autoscaler: owner,
        objects: [],
      },
    }),
  );

describe('for any alert, whatever is measured', () => {
  const runs = { numRuns: 2_000 };

  it('nothing missing, stale, NaN or infinite ever lowers what runs', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const plan = assembleAlertPlan(given, name);
        expect(plan.replicas.after).toBeGreaterThanOrEqual(plan.replicas.before);
        expect(plan.decrease).toBe(false);
        for (const change of changesOf(plan)) {
          expect(change.floor).toBe(true);
          if (change.kind === 'scale') {
            expect(change.after.replicas).toBeGreaterThan(change.before.replicas);
          } else if (change.kind === 'autoscaler') {
            expect(change.after.minReplicas).toBeGreaterThanOrEqual(change.before.minReplicas);
            expect(change.after.maxReplicas).toBeGreaterThanOrEqual(change.before.maxReplicas);
            expect(change.after.minReplicas).toBeLessThanOrEqual(change.after.maxReplicas);
          }
        }
      }),
      runs,
    );
  });

  it('the plan has a text, with finite numbers only', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const plan = assembleAlertPlan(given, name);
        expect(JSON.parse(planText(plan))).toEqual(JSON.parse(JSON.stringify(plan)));
      }),
      runs,
    );
  });

  it('a plan has changes or a finding, never both and never neither', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const plan = assembleAlertPlan(given, name);
        expect(plan.steps.length > 0).toBe(plan.finding === undefined);
      }),
      runs,
    );
  });

  it('losing the measurement never makes the plan larger than one step of the policy', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const blind = { ...given, alertValue: undefined, measured: missingReading };
        const { replicas } = assembleAlertPlan(blind, name);
        // max(100 %, 4 pods), or the minimum of the component, or of the autoscaler that is woken from zero.
        const woken = replicas.before === 0 ? (given.cluster?.autoscaler?.minReplicas ?? 0) : 0;
        const step = Math.max(2 * replicas.before, replicas.before + 4, 3, woken);
        expect(replicas.after).toBeLessThanOrEqual(step);
      }),
      runs,
    );
  });

  it('the same facts give the same plan', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(planText(assembleAlertPlan(given, name))).toBe(
          planText(assembleAlertPlan(given, name)),
        );
      }),
    );
  });
});

const missingReading: Reading = { kind: 'missing', because: 'gone', source: 'q' };
