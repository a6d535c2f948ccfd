// Compares a size with what runs: what would change, what is a decrease, and where observed need counts more than a formula.
import { describe, expect, it } from 'vitest';
import type { Profile } from '../../src/profile/profile.ts';
import {
  type Comparison,
  changeWords,
  compare,
  type ObservedComponent,
  requestsCost,
} from '../../src/sizing/compare.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from './shop.ts';

/** Compares the size for some visits, 4 pods of 500m and 1Gi for 400, with what runs. */
function compared(
  visits: number,
  observed: readonly ObservedComponent[],
  profile: Profile = shop(),
): Comparison {
  const { recommended } = ask(profile, { visits });
  if (recommended === undefined) throw new Error('nothing is feasible');
  return compare(profile, recommended, observed);
}

const web = (over: Partial<ObservedComponent> = {}): ObservedComponent => ({
  id: 'web',
  replicas: 4,
  pod: { cpuMillicores: 500, memoryMi: 1024 },
  ...over,
});

describe('what all requests cost', () => {
  // A pod of 500m and 1Gi: (0.5 × 0.04 + 1 × 0.01) × 100 h = $3.
  const rates = {
    cpuCoreHourUsd: 0.04,
    memoryGbHourUsd: 0.01,
    hoursPerMonth: 100,
    source: 'Rates',
  };
  const priced = (observed: ObservedComponent, known = true) =>
    requestsCost(compared(400, [observed]).components, [observed], 1, () =>
      known ? rates : undefined,
    );

  it('is shown before and after, of pods as they are and as planned', () => {
    expect(priced(web({ replicas: 2 }))).toEqual({ beforeUsdPerMonth: 6, afterUsdPerMonth: 12 });
  });

  it('is not known where what runs is not, or where there are no rates', () => {
    expect(priced({ id: 'web' })).toBeUndefined();
    expect(priced({ id: 'web', replicas: 2 })).toBeUndefined();
    expect(priced(web(), false)).toBeUndefined();
  });
});

describe('what would change', () => {
  it('is nothing where the size runs already', () => {
    expect(compared(400, [web()])).toMatchObject({ changes: [], notes: [] });
  });

  // biome-ignore format: a table
  it.each([
    [{ replicas: 2 },                            'web: replicas 2 → 4',                    false],
    [{ replicas: 0 },                            'web: replicas 0 → 4',                    false],
    [{ replicas: 9 },                            'web: replicas 9 → 4',                    true],
    [{ pod: { cpuMillicores: 250, memoryMi: 1024 } },  'web: CPU request 250m → 500m',     false],
    [{ pod: { cpuMillicores: 750, memoryMi: 1024 } },  'web: CPU request 750m → 500m',     true],
    [{ pod: { cpuMillicores: 500, memoryMi: 512 } },   'web: memory request 512Mi → 1Gi',  false],
    [{ pod: { cpuMillicores: 500, memoryMi: 1536 } },  'web: memory request 1536Mi → 1Gi', true],
  ])('from %j is %s', (seen, words, decrease) => {
    const idle = { cpuP99Millicores: 10, memoryMaxMi: 10 };
    const { changes } = compared(400, [web({ ...idle, ...seen })]);
    expect(changes.map(changeWords)).toEqual([words]);
    expect(changes[0]?.decrease).toBe(decrease);
  });

  it('is each field on its own: more pods that are smaller', () => {
    const seen = web({
      replicas: 3,
      pod: { cpuMillicores: 800, memoryMi: 2048 },
      cpuP99Millicores: 100,
      memoryMaxMi: 100,
    });
    expect(compared(400, [seen]).changes).toEqual([
      { component: 'web', field: 'replicas', current: 3, planned: 4, decrease: false },
      {
        component: 'web',
        field: 'cpuRequestMillicores',
        current: 800,
        planned: 500,
        decrease: true,
      },
      { component: 'web', field: 'memoryRequestMi', current: 2048, planned: 1024, decrease: true },
    ]);
  });

  it('is nothing smaller where need was not measured, and that is said', () => {
    const large = web({ replicas: 9, pod: { cpuMillicores: 800, memoryMi: 2048 } });
    const { components, changes, notes } = compared(400, [large]);
    expect(changes).toEqual([]);
    expect(components[0]).toMatchObject({
      replicas: 9,
      pod: { cpuMillicores: 800, memoryMi: 2048 },
    });
    expect(notes).toEqual([
      'web: what its pods need was not measured, so nothing of it is made smaller (CPU request, memory request, replicas)',
    ]);
    // Only what is known may shrink.
    const half = { ...large, cpuP99Millicores: 10 };
    expect(compared(400, [half]).changes.map(changeWords)).toEqual([
      'web: CPU request 800m → 500m',
    ]);
  });

  it('is not known for what is not known', () => {
    const unknown = 'web: it is not known what runs now, so nothing is compared';
    expect(compared(400, [])).toMatchObject({ changes: [], notes: [unknown] });
    expect(compared(400, [{ id: 'web' }])).toMatchObject({ changes: [], notes: [unknown] });
    expect(compared(400, [{ id: 'worker', replicas: 1 }]).notes).toEqual([unknown]);
    expect(compared(400, [{ id: 'web', replicas: 4 }])).toMatchObject({
      changes: [],
      notes: ['web: its pods request no CPU and no memory now, so that is not compared'],
    });
    const half = compared(400, [web({ pod: { memoryMi: 512 } })]);
    expect(half.changes.map(changeWords)).toEqual(['web: memory request 512Mi → 1Gi']);
    expect(half.notes).toEqual(['web: its pods request no CPU now, so that is not compared']);
  });

  it('is the pods alone where a size has several parts, of which one runs', () => {
    const sizings = `
sizings:
  - id: regions
    source: Regions
    component: web
    split: { into: regions, count: 2, share: { visits: ceil(visits / shards) }, source: Regions }
    replicas: ceil(visits / 100)
`;
    const seen = web({ replicas: 9, pod: { cpuMillicores: 250, memoryMi: 1024 } });
    const { changes, notes } = compared(400, [seen], shop('', { sizings }));
    expect(changes.map(changeWords)).toEqual(['web: CPU request 250m → 500m']);
    expect(notes).toEqual([
      '2 regions are planned, and these are the pods of each: what runs as one must not shrink before the others run',
    ]);
  });
});

describe('observed need', () => {
  it('below what the formula says changes nothing', () => {
    // 416 × 1.2 is 499.2m, 853 × 1.2 is 1023.6Mi.
    const seen = web({ cpuP99Millicores: 416, memoryMaxMi: 853 });
    expect(compared(400, [seen])).toMatchObject({ changes: [], notes: [] });
  });

  it('above it is kept with a fifth of room, the limits follow, and it is said', () => {
    const comparison = compared(400, [web({ cpuP99Millicores: 600, memoryMaxMi: 1000 })]);
    expect(comparison.components).toMatchObject([
      {
        replicas: 4,
        pod: {
          cpuMillicores: 720,
          memoryMi: 1200,
          cpuLimitMillicores: 1440,
          memoryLimitMi: 2400,
        },
      },
    ]);
    expect(comparison.changes.map(changeWords)).toEqual([
      'web: CPU request 500m → 720m',
      'web: memory request 1Gi → 1200Mi',
    ]);
    expect(comparison.notes).toEqual([
      'web: pods were seen to need 600m (p99), so 720m is kept where the formula says 500m',
      'web: pods were seen to need 1000Mi (maximum), so 1200Mi is kept where the formula says 1Gi',
    ]);
  });

  it('keeps one resource without touching the other', () => {
    const { components, notes } = compared(400, [web({ memoryMaxMi: 1000 })]);
    expect(components[0]?.pod).toMatchObject({ cpuMillicores: 500, memoryMi: 1200 });
    expect(notes).toHaveLength(1);
  });

  it('of many pods is the load of fewer, which share it out again', () => {
    // 8 pods at 300m and 1000Mi; 4 pods share that with a fifth of room: 720m and 2400Mi each.
    const seen = web({ replicas: 8, cpuP99Millicores: 300, memoryMaxMi: 1000 });
    const { components, notes } = compared(400, [seen]);
    expect(components[0]?.pod).toMatchObject({ cpuMillicores: 720, memoryMi: 2400 });
    expect(notes[0]).toBe(
      'web: pods were seen to need 300m (p99) with 8 of them, now shared by 4, so 720m is kept where the formula says 500m',
    );
  });

  it('of few pods is not made smaller for more of them, which nobody has seen yet', () => {
    const seen = web({ replicas: 2, cpuP99Millicores: 600 });
    expect(compared(400, [seen]).components[0]?.pod.cpuMillicores).toBe(720);
  });

  it('counts although it is not known how many pods run', () => {
    const { components, changes } = compared(400, [{ id: 'web', cpuP99Millicores: 600 }]);
    expect(components[0]?.pod.cpuMillicores).toBe(720);
    expect(changes).toEqual([]);
  });

  it('turns what would be a decrease into less of one', () => {
    const seen = web({ pod: { cpuMillicores: 900, memoryMi: 1024 }, cpuP99Millicores: 600 });
    expect(compared(400, [seen]).changes).toEqual([
      {
        component: 'web',
        field: 'cpuRequestMillicores',
        current: 900,
        planned: 720,
        decrease: true,
      },
    ]);
  });
});
