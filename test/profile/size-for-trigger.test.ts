// Checks the sizes that answer an alert, against the guide's vectors and for every possible reading.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/plan/observation.ts';
import type {
  BacklogTrigger,
  Component,
  InvestigateTrigger,
  RatioTrigger,
  Trigger,
} from '../../src/profile/profile.ts';
import {
  sizeForTrigger,
  type TriggerFacts,
  type TriggerSizing,
} from '../../src/profile/size-for-trigger.ts';

const at = new Date('2025-11-26T10:00:00Z');
const bounds = { min: 3, max: 30 };

function value(amount: number, ageSeconds = 10): Reading {
  return { kind: 'value', value: amount, at, ageSeconds, source: 'q' };
}
const missing: Reading = { kind: 'missing', because: 'no series', source: 'q' };
function stale(amount: number): Reading {
  return { kind: 'stale', value: amount, ageSeconds: 900, source: 'q' };
}

const component: Component = {
  id: 'worker',
  workload: { kind: 'Deployment', namespace: 'n', name: 'worker', container: 'worker' },
  replicas: { ...bounds, baseline: 5, source: 'limits' },
  pod: { cpuMillicores: 2000, memoryMi: 4096, source: 'pods' },
  throughput: { value: 50, unit: 'jobs/min', perMinute: 50, source: 'throughput' },
  autoscaling: {
    source: 'policy',
    up: { percent: 100, pods: 4, periodSeconds: 30, select: 'Max', windowSeconds: 60 },
  },
};

const common = {
  expr: 'q > 1',
  fires: 'above' as const,
  lookAt: [],
  doubts: [],
  forMs: 600_000,
  component: 'worker',
  measure: { promql: 'q' },
  maxAgeSeconds: 300,
  source: 'guide',
};
const backlog: BacklogTrigger = {
  ...common,
  id: 'backlog',
  kind: 'backlog',
  alert: 'Backlog',
  unit: 'jobs',
  fireAt: 500,
  target: 250,
  drainMinutes: 10,
  outcome: { withinMinutes: 15 },
};
const cpu: RatioTrigger = {
  ...common,
  id: 'cpu',
  kind: 'ratio',
  alert: 'HighCPU',
  unit: 'ratio',
  fireAt: 0.8,
  target: 0.7,
  outcome: { withinMinutes: 15 },
};
const { doubts: _noDoubts, ...observed } = common;
const latency: InvestigateTrigger = {
  ...observed,
  id: 'latency',
  kind: 'investigate',
  alert: 'Latency',
  unit: 's',
  fireAt: 2,
  lookAt: ['a recent rollout'],
};

function size(trigger: Trigger, facts: Partial<TriggerFacts>): TriggerSizing {
  return sizeForTrigger({
    component,
    trigger,
    currentReplicas: 5,
    measured: missing,
    bounds,
    ...facts,
  });
}

/** How many pods there would be afterwards. */
function podsAfter(sizing: TriggerSizing, current: number): number {
  return sizing.kind === 'scale' ? sizing.target : current;
}

describe('a backlog', () => {
  it('of 812 with 300 arriving per minute needs 8 workers, and says why', () => {
    expect(size(backlog, { measured: value(812), arrival: value(300), alertValue: 830 })).toEqual({
      kind: 'scale',
      target: 8,
      wanted: 8,
      arithmetic: [
        {
          formula: 'ceil((arrival + backlog / drainMinutes) / perPod)',
          values: { arrival: 300, backlog: 812, drainMinutes: 10, perPod: 50 },
          result: 8,
          source: 'guide; throughput; backlog: q; arrival: q',
          text: '(300 arriving + 812 ÷ 10 min) ÷ 50 per pod = 7.624 → 8 pods',
        },
      ],
      limitsMet: [],
      notes: [
        'the alert says 830 jobs, measured 812 jobs',
        '7 pods would serve 350/min, 381.2/min are needed',
      ],
    });
  });

  it.each<[string, Reading | undefined]>([
    ['unknown', undefined],
    ['missing', missing],
    ['stale', stale(4000)],
    ['too old although nobody said so', value(4000, 301)],
    ['not a number', value(Number.NaN)],
    ['infinite', value(Number.POSITIVE_INFINITY)],
    ['negative', value(-300)],
  ])('counts arrivals as what runs can serve when they are %s: 7 workers', (_, arrival) => {
    const sizing = size(backlog, { measured: value(812), ...(arrival && { arrival }) });
    expect(sizing).toMatchObject({ kind: 'scale', target: 7 });
    expect(sizing.notes.join()).toContain('counted as the 250/min that 5 pods can serve');
  });

  it('at its target needs nothing, and that is said', () => {
    expect(size(backlog, { measured: value(250), arrival: value(9000) })).toMatchObject({
      kind: 'enough',
      because: '250 jobs is not above the target of 250 jobs',
    });
  });

  it('that the pods already clear in time needs nothing', () => {
    expect(size(backlog, { measured: value(400), arrival: value(100) })).toMatchObject({
      kind: 'enough',
      because: '5 pods run and 3 would be enough',
    });
  });

  it('that one pod clears is told of one', () => {
    const one = { currentReplicas: 1, bounds: { min: 1, max: 30 } };
    expect(size(backlog, { ...one, measured: value(251), arrival: value(0) })).toMatchObject({
      kind: 'enough',
      because: '1 pod runs and that is enough',
    });
  });

  it('moves one step of the policy at most and says what was wanted', () => {
    expect(size(backlog, { measured: value(8000), arrival: value(300) })).toMatchObject({
      kind: 'scale',
      target: 10,
      wanted: 22,
      limitsMet: ['wanted 22, one step of the scaling policy allows 10'],
      notes: ['9 pods would serve 450/min, 1100/min are needed'],
    });
  });

  it('stops at the maximum and says so', () => {
    expect(
      size(backlog, { currentReplicas: 28, measured: value(8000), arrival: value(900) }),
    ).toMatchObject({
      kind: 'scale',
      target: 30,
      wanted: 34,
      limitsMet: ['wanted 34, the maximum is 30 pods'],
    });
  });

  it('at the maximum leaves no room: nothing is proposed and the limit is named', () => {
    expect(
      size(backlog, { currentReplicas: 30, measured: value(8000), arrival: value(900) }),
    ).toMatchObject({
      kind: 'frozen',
      because: '34 pods are wanted, but wanted 34, the maximum is 30 pods',
      limitsMet: ['wanted 34, the maximum is 30 pods'],
    });
  });

  it.each<[number, number, readonly string[]]>([
    [20, 3, []],
    [0, 2, ['the minimum is 3 pods']],
    [500, 12, ['wanted 12, one step of the scaling policy allows 2', 'the minimum is 3 pods']],
  ])('with %i arriving reaches the minimum in one go, wanted %i', (arriving, wanted, limitsMet) => {
    const { autoscaling: _, ...without } = component;
    expect(
      size(backlog, {
        component: without,
        currentReplicas: 1,
        measured: value(812),
        arrival: value(arriving),
      }),
    ).toMatchObject({ kind: 'scale', target: 3, wanted, limitsMet });
  });

  it('without a known throughput is frozen', () => {
    const { throughput: _, ...without } = component;
    expect(size(backlog, { component: without, measured: value(812) }).kind).toBe('frozen');
  });
});

describe('a ratio', () => {
  it('follows the HPA rule', () => {
    expect(size(cpu, { measured: value(0.84) })).toMatchObject({
      kind: 'scale',
      target: 6,
      arithmetic: [{ text: '5 pods × 84 % ÷ 70 % = 6 → 6 pods', result: 6 }],
      notes: ['5 pods would still be at 84 %, the target is 70 %'],
    });
  });

  it.each([
    [0.7, 'enough'],
    [0.77, 'enough'],
    [0.771, 'scale'],
  ])('of %d is %s: within ten percent nothing moves', (amount, kind) => {
    expect(size(cpu, { measured: value(amount) }).kind).toBe(kind);
  });

  it('shows what the alert says beside what was measured', () => {
    expect(size(cpu, { measured: value(0.84), alertValue: 0.88 }).notes[0]).toBe(
      'the alert says 88 %, measured 84 %',
    );
  });

  it('says when pods that are not ready may be the cause', () => {
    expect(size(cpu, { measured: value(0.84), readyReplicas: 3 }).notes[0]).toBe(
      '3 of 5 pods are ready: pods that start or fail may be the cause',
    );
  });
});

describe('without a measurement', () => {
  it.each<[string, Reading, string]>([
    ['missing', missing, 'no series'],
    ['stale', stale(100), 'the newest is 900 s old, at most 300 s count'],
    ['not a number', value(Number.NaN), 'NaN is not a possible measurement'],
  ])('because it is %s, the number of the alert counts', (_, measured, why) => {
    const sizing = size(backlog, { measured, arrival: value(300), alertValue: 812 });
    expect(sizing).toMatchObject({ kind: 'scale', target: 8 });
    expect(sizing.notes[0]).toBe(
      `no measurement to build on: ${why}; the alert's 812 jobs is used`,
    );
  });

  it('and without a number in the alert it is one step of the policy', () => {
    expect(size(backlog, {})).toMatchObject({
      kind: 'scale',
      target: 10,
      arithmetic: [{ text: 'one step up from 5 pods → 10 pods', source: 'policy' }],
    });
  });

  it('and without a policy the pods double', () => {
    const { autoscaling: _, ...without } = component;
    expect(size(cpu, { component: without, currentReplicas: 4 })).toMatchObject({
      kind: 'scale',
      target: 8,
    });
  });

  it('and with a policy that allows no step it is frozen', () => {
    const up = { percent: 100, periodSeconds: 30, select: 'Disabled', windowSeconds: 0 } as const;
    const still = { ...component, autoscaling: { source: 'policy', up } };
    expect(size(cpu, { component: still })).toMatchObject({ kind: 'frozen', arithmetic: [] });
  });

  it.each([Number.NaN, -1, 2.5, Number.POSITIVE_INFINITY])(
    'and with %d pods running it is frozen',
    (currentReplicas) => {
      expect(size(cpu, { currentReplicas, measured: value(0.9) }).kind).toBe('frozen');
    },
  );
});

describe('a share', () => {
  it('of no pods at all is no size, and not enough', () => {
    const none = { currentReplicas: 0, readyReplicas: 0, measured: value(0.9) };
    expect(size(cpu, none)).toMatchObject({
      kind: 'frozen',
      because: 'no pod of worker runs, and a share of nothing is no size: look who took them away',
    });
  });
});

describe('a symptom', () => {
  it('proposes no size and says what to look at', () => {
    expect(size(latency, { measured: value(3.5) })).toEqual({
      kind: 'investigate',
      because: '3.5 s measured, the alert fires at 2 s',
      lookAt: ['a recent rollout'],
      notes: [],
    });
    expect(size(latency, {})).toMatchObject({
      because: 'there is no measurement, the alert fires at 2 s',
    });
  });

  it('between its levels says both', () => {
    expect(size({ ...latency, warnAt: 1 }, { measured: value(1.5) })).toMatchObject({
      because: '1.5 s measured, the alert warns at 1 s and fires at 2 s',
    });
    expect(size({ ...latency, warnAt: 1 }, { measured: value(3.5) })).toMatchObject({
      because: '3.5 s measured, the alert fires at 2 s',
    });
  });

  it('that is back at its target needs nobody', () => {
    const aimed = { ...latency, target: 1 };
    expect(size(aimed, { measured: value(1) })).toEqual({
      kind: 'enough',
      because: '1 s is not above the target of 1 s',
      arithmetic: [],
      notes: [],
    });
    expect(size(aimed, { measured: value(1.01) }).kind).toBe('investigate');
    expect(size(aimed, { measured: stale(0.5) }).kind).toBe('investigate');
  });
});

describe('a symptom that is bad when it is low', () => {
  const cacheHits: InvestigateTrigger = {
    ...latency,
    alert: 'CacheHits',
    unit: 'ratio',
    fires: 'below',
    fireAt: 0.2,
    warnAt: 0.5,
    target: 0.6,
  };

  // biome-ignore format: a table
  it.each<[string, Partial<TriggerFacts>, TriggerSizing['kind'], string, readonly string[]]>([
    ['measured beyond its level',     { measured: value(0.15) },                  'investigate', '15 % measured, the alert fires below 20 %', []],
    ['measured at its level',         { measured: value(0.2) },                   'investigate', '20 % measured, the alert warns below 50 % and fires below 20 %', []],
    ['measured at nothing',           { measured: value(0) },                     'investigate', '0 % measured, the alert fires below 20 %', []],
    ['measured at its target',        { measured: value(0.6) },                   'enough',      '60 % is not below the target of 60 %', []],
    ['measured well above it',        { measured: value(0.99), alertValue: 0.1 }, 'enough',      '99 % is not below the target of 60 %', ['the alert says 10 %, measured 99 %']],
    ['only told by its alert',        { alertValue: 0.15 },                       'investigate', '15 % according to the alert, the alert fires below 20 %', ["no measurement to build on: no series; the alert's 15 % is used"]],
    ['measured long ago',             { measured: stale(0.9), alertValue: 0.15 }, 'investigate', '15 % according to the alert, the alert fires below 20 %', ["no measurement to build on: the newest is 900 s old, at most 300 s count; the alert's 15 % is used"]],
    ['not known at all',              {},                                         'investigate', 'there is no measurement, the alert warns below 50 % and fires below 20 %', ['no measurement to build on: no series']],
    ['measured as something impossible', { measured: value(-0.1) },               'investigate', 'there is no measurement, the alert warns below 50 % and fires below 20 %', ['no measurement to build on: -0.1 is not a possible measurement']],
  ])('%s', (_, facts, kind, because, notes) => {
    expect(size(cacheHits, facts)).toMatchObject({ kind, because, notes });
  });

  it('without a target is never called in order', () => {
    const { target: _none, ...endless } = cacheHits;
    expect(size(endless, { measured: value(0.99) })).toMatchObject({
      kind: 'investigate',
      because: '99 % measured, the alert warns below 50 % and fires below 20 %',
    });
  });
});

describe('whatever is observed', () => {
  const amount = fc.oneof(
    fc.double(),
    fc.integer({ min: -10, max: 100_000 }),
    fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      1e308,
      5e-324,
    ),
  );
  const age = fc.oneof(
    fc.integer({ min: -10, max: 2000 }),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY),
  );
  const reading: fc.Arbitrary<Reading> = fc.oneof(
    fc.record({
      kind: fc.constant('value' as const),
      value: amount,
      at: fc.constant(at),
      ageSeconds: age,
      source: fc.constant('q'),
    }),
    fc.record({
      kind: fc.constant('stale' as const),
      value: amount,
      ageSeconds: age,
      source: fc.constant('q'),
    }),
    fc.constant(missing),
  );
  const policy = fc.record({
    percent: fc.integer({ min: 1, max: 400 }),
    pods: fc.integer({ min: 1, max: 10 }),
    periodSeconds: fc.constant(30),
    select: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
    windowSeconds: fc.constant(0),
  });
  const facts = fc
    .record(
      {
        trigger: fc.constantFrom<Trigger>(backlog, cpu, latency),
        currentReplicas: fc.integer({ min: 0, max: 60 }),
        readyReplicas: fc.integer({ min: 0, max: 60 }),
        measured: reading,
        arrival: reading,
        alertValue: amount,
        up: policy,
      },
      { requiredKeys: ['trigger', 'currentReplicas', 'measured'] },
    )
    .map(({ up, ...rest }): TriggerFacts => {
      const { autoscaling: _, ...without } = component;
      return {
        ...rest,
        bounds,
        component: up ? { ...component, autoscaling: { up, source: 'policy' } } : without,
      };
    });

  it('no target is lower than what runs, outside the limits, or more than wanted and the minimum', () => {
    fc.assert(
      fc.property(facts, (input) => {
        const sizing = sizeForTrigger(input);
        if (sizing.kind !== 'scale') return;
        expect(Number.isSafeInteger(sizing.target)).toBe(true);
        expect(sizing.target).toBeGreaterThan(input.currentReplicas);
        expect(sizing.target).toBeLessThanOrEqual(bounds.max);
        expect(sizing.target).toBeGreaterThanOrEqual(bounds.min);
        expect(sizing.target).toBeLessThanOrEqual(Math.max(sizing.wanted, bounds.min));
        if (sizing.target !== sizing.wanted) expect(sizing.limitsMet).not.toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  it('every figure in the arithmetic is a finite number, so that a plan can hold it', () => {
    fc.assert(
      fc.property(facts, (input) => {
        const sizing = sizeForTrigger(input);
        if (sizing.kind === 'investigate') return;
        for (const line of sizing.arithmetic) {
          expect([line.result, ...Object.values(line.values)].every(Number.isFinite)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('a missing, stale or impossible measurement never leads to fewer pods than run', () => {
    const bad = fc.oneof(
      fc.constant(missing),
      amount.map(stale),
      fc
        .constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1)
        .map((n) => value(n)),
    );
    fc.assert(
      fc.property(facts, bad, bad, (input, measured, arrival) => {
        const sizing = sizeForTrigger({ ...input, measured, arrival });
        expect(podsAfter(sizing, input.currentReplicas)).toBeGreaterThanOrEqual(
          input.currentReplicas,
        );
      }),
      { numRuns: 2000 },
    );
  });

  const real = fc.double({ min: 0, max: 1e9, noNaN: true });
  it.each<[string, Trigger]>([
    ['backlog', backlog],
    ['share', cpu],
  ])('a larger %s never asks for fewer pods', (_, trigger) => {
    fc.assert(
      fc.property(facts, real, real, (input, one, other) => {
        const after = (amountMeasured: number) =>
          podsAfter(
            sizeForTrigger({ ...input, trigger, measured: value(amountMeasured) }),
            input.currentReplicas,
          );
        expect(after(Math.max(one, other))).toBeGreaterThanOrEqual(after(Math.min(one, other)));
      }),
    );
  });

  it('more arrivals never ask for fewer pods', () => {
    fc.assert(
      fc.property(facts, real, real, real, (input, measured, one, other) => {
        const after = (arriving: number) =>
          podsAfter(
            sizeForTrigger({
              ...input,
              trigger: backlog,
              measured: value(measured),
              arrival: value(arriving),
            }),
            input.currentReplicas,
          );
        expect(after(Math.max(one, other))).toBeGreaterThanOrEqual(after(Math.min(one, other)));
      }),
    );
  });
});
