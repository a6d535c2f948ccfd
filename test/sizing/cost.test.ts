// Counts money by hand: pods by rates and node pools, totals a guide pays for, storage, one unit, a budget.
import { describe, expect, it } from 'vitest';
import { costTable } from '../../src/message/cost-table.ts';
import {
  type Budget,
  budgetState,
  cents,
  podUsdPerMonth,
  type RateCard,
  type Rates,
} from '../../src/sizing/cost.ts';
import { costJson } from '../../src/sizing/cost-json.ts';
import type { Money } from '../../src/sizing/what-if.ts';
import { planFor } from '../../src/sizing/what-if.ts';
import { shop } from './shop.ts';

const rates: Rates = {
  cpuCoreHourUsd: 0.04,
  memoryGbHourUsd: 0.005,
  databaseGbMonthUsd: 0.1,
  hoursPerMonth: 730,
  source: 'Prices',
};
const spot: Rates = { ...rates, cpuCoreHourUsd: 0.01, source: 'Spot prices' };
const card = (over: Partial<RateCard> = {}): RateCard => ({
  standard: rates,
  byComponent: new Map(),
  ...over,
});

const cost = `
cost:
  cpuCoreHourUsd: 0.08
  memoryGbHourUsd: 0.01
  databaseGbMonthUsd: 0.2
  perUnit: visits
  budget: { usdPerMonth: 200, warnAtPercent: 80, source: Budget }
  source: Example prices
`;
const database = `
database:
  source: Stages
  stages: [{ title: single, replicas: 0 }]
  storage: { gib: { provisioned: visits / 4 }, source: Storage }
`;

const plan = (visits: number, more = cost, money: Money = {}, other = {}) =>
  planFor(shop(more, other), { visits }, money);

describe('a pod', () => {
  // biome-ignore format: a table
  it.each([
    // (cores × 0.04 + GiB × 0.005) × 730
    [500,  1024, 18.25],
    [1000, 2048, 36.5],
    [2500, 5120, 91.25],
    [0,    0,    0],
  ])('of %im and %iMi costs $%d a month', (cpuMillicores, memoryMi, usd) => {
    expect(podUsdPerMonth({ cpuMillicores, memoryMi }, rates)).toBeCloseTo(usd, 10);
  });
});

describe('a plan', () => {
  it('costs the requests of its pods at the rates of the guide, and those of headroom.yaml where it has some', () => {
    // 4 pods at (0.5 × 0.08 + 0.01) × 730 = 36.50, and at half of that.
    expect(plan(400).recommended?.costUsdPerMonth).toBe(146);
    expect(plan(400, cost, { rates: card() }).recommended?.costUsdPerMonth).toBe(73);
    expect(plan(400, '').recommended).not.toHaveProperty('costUsdPerMonth');
  });

  it('costs each component what its node pool costs', () => {
    const sizings = `
sizings:
  - id: both
    source: Sizes
    component: web
    replicas: ceil(visits / 100)
    alongside: { worker: { replicas: replicas / 2 } }
`;
    const money = { rates: card({ byComponent: new Map([['worker', spot]]) }) };
    // 4 × 18.25 for web; 2 × (0.25 × 0.01 + 0.5 × 0.005) × 730 for workers.
    expect(plan(400, '', money, { sizings }).recommended?.costUsdPerMonth).toBe(73 + 7.3);
  });

  it('says which rates are whose: those of pools, and assumed ones that the others still have', () => {
    const assumed = cost.replace('  source:', '  assumed: The guide has no rates.\n  source:');
    const profile = shop(assumed);
    const standard = profile.cost;
    if (standard === undefined) throw new Error('it has rates');
    const pools = { rates: { standard, byComponent: new Map([['worker', spot]]) } };
    expect(planFor(profile, { visits: 400 }, pools).warnings).toEqual(['The guide has no rates.']);
    expect(planFor(profile, { visits: 400 }, { rates: card() }).warnings).toEqual([]);
    const priced = planFor(profile, { visits: 400 }, pools);
    expect(costJson('shop', profile, priced, pools)).toMatchObject({
      rates: { cpuCoreHourUsd: 0.08, byComponent: { worker: { source: 'Spot prices' } } },
    });
    expect(costTable('Shop', profile, priced, pools).slice(-3)).toEqual([
      'Rates    0.08 USD a core and hour, 0.01 USD a GB and hour, 0.2 USD a GB of storage and month, 730 hours (Example prices)',
      '         worker: 0.01 USD a core and hour, 0.005 USD a GB and hour, 730 hours (Spot prices)',
      'Worth knowing: The guide has no rates.',
    ]);
  });

  it('says that rates of pools do not count where the guide pays for totals', () => {
    const sizings = `
sizings:
  - id: totals
    source: Sizes
    component: web
    replicas: ceil(visits / 100)
    cost: { cpuMillicores: visits * 10, memoryMi: visits * 10, source: Totals }
`;
    const pools = { rates: card({ byComponent: new Map([['web', spot]]) }) };
    expect(plan(400, '', pools, { sizings }).warnings).toEqual([
      'Rates of single node pools do not count: the guide pays for totals of the whole system.',
    ]);
    expect(plan(400, '', { rates: card() }, { sizings }).warnings).toEqual([]);
  });

  it('costs all parts of a size that is split', () => {
    const sizings = `
sizings:
  - id: regions
    source: Regions
    component: web
    split: { into: regions, count: 3, share: { visits: ceil(visits / shards) }, source: Regions }
    replicas: ceil(visits / 100)
`;
    // 400 visits are 134 in each of 3 regions: 3 × 2 pods.
    expect(plan(400, cost, {}, { sizings }).recommended?.costUsdPerMonth).toBe(6 * 36.5);
  });

  it('costs the totals that a guide pays for in place of pods, at the standard rates', () => {
    const sizings = `
sizings:
  - id: totals
    source: Sizes
    component: web
    replicas: ceil(visits / 100)
    cost: { cpuMillicores: 10 * visits, memoryMi: "step(visits, {500: 8192})", source: Totals }
`;
    const money = { rates: card({ byComponent: new Map([['web', spot]]) }) };
    const usdAt = (visits: number) =>
      plan(visits, '', money, { sizings }).recommended?.costUsdPerMonth;
    expect(usdAt(400)).toBe(146); // (4 × 0.04 + 8 × 0.005) × 730
    expect(usdAt(501)).toBeUndefined();
  });

  it('costs storage apart, and one unit with it', () => {
    const sized = plan(400, cost + database);
    expect(sized.storageUsdPerMonth).toBe(20);
    expect(sized.perUnit).toEqual({ input: 'visits', usdPerMonth: 0.42 }); // 166 ÷ 400 = 0.415
    expect(plan(400, database)).not.toHaveProperty('storageUsdPerMonth');
  });

  it('has a budget of its guide, or the one of headroom.yaml', () => {
    expect(plan(400, cost + database).budget).toEqual({
      usdPerMonth: 200,
      usedPercent: 83,
      state: 'warning',
      source: 'Budget',
    });
    const budget: Budget = { usdPerMonth: 100, warnAtPercent: 80, source: 'headroom.yaml' };
    expect(plan(400, cost, { budget }).budget).toMatchObject({
      usedPercent: 146,
      state: 'critical',
      source: 'headroom.yaml',
    });
  });

  it('has no cost, no budget and no unit where nothing fits', () => {
    const { recommended, sizings, budget, perUnit, storageUsdPerMonth } = plan(
      5000,
      cost + database,
    );
    expect(recommended).toBeUndefined();
    expect(sizings[0]?.costUsdPerMonth).toBe(50 * 36.5);
    expect([budget, perUnit]).toEqual([undefined, undefined]);
    expect(storageUsdPerMonth).toBe(250);
  });

  it('says that rates are not the guide’s own, unless headroom.yaml has some', () => {
    const assumed = cost.replace(
      'source: Example',
      'assumed: These are guesses\n  source: Example',
    );
    expect(plan(400, assumed).warnings).toEqual(['These are guesses']);
    expect(plan(400, assumed, { rates: card() }).warnings).toEqual([]);
  });
});

describe('a budget', () => {
  const budget: Budget = { usdPerMonth: 5000, warnAtPercent: 80, source: 'Budget' };

  // biome-ignore format: a table
  it.each([
    [0,       0,     'ok'],
    [3999,    79.9,  'ok'],
    [4000,    80,    'warning'],
    [4999.99, 99.9,  'warning'],
    [5000,    100,   'critical'],
    [12345,   246.9, 'critical'],
  ])('of $5,000 with $%d spent is used to %d %% and %s', (spent, usedPercent, state) => {
    expect(budgetState(spent, budget)).toEqual({
      usdPerMonth: 5000,
      usedPercent,
      state,
      source: 'Budget',
    });
  });

  it('without a warning is ok until it is spent', () => {
    expect(budgetState(4999, { ...budget, warnAtPercent: 100 }).state).toBe('ok');
    expect(budgetState(5000, { ...budget, warnAtPercent: 100 }).state).toBe('critical');
  });
});

it('sums are whole cents, and none where there is no sum', () => {
  expect([0.004, 0.005, 1.239, -2.5].map(cents)).toEqual([0, 0.01, 1.24, -2.5]);
  expect([Number.NaN, Infinity, 1e308 * 10].map(cents)).toEqual([undefined, undefined, undefined]);
});

describe('the costs as JSON', () => {
  const sizings = `
sizings:
  - { id: formula, source: Sizes, component: web, replicas: visits / 100, guideCostUsdPerMonth: 150 }
  - { id: generous, source: Sizes, component: web, replicas: visits / 50 }
  - { id: table, source: Sizes, component: web, replicas: "step(visits, {100: 2})" }
`;

  it('have each size beside the recommended one, and what they are counted with', () => {
    const profile = shop(cost + database, { sizings });
    const sized = planFor(profile, { visits: 400 });
    expect(costJson('shop', profile, sized, {})).toEqual({
      system: 'shop',
      inputs: { visits: 400 },
      recommended: 'formula',
      sizings: [
        {
          id: 'formula',
          feasible: true,
          podsUsdPerMonth: 146,
          differenceUsdPerMonth: 0,
          guideCostUsdPerMonth: 150,
        },
        { id: 'generous', feasible: true, podsUsdPerMonth: 292, differenceUsdPerMonth: 146 },
      ],
      storageUsdPerMonth: 20,
      totalUsdPerMonth: 166,
      costPerUnit: { unit: 'visits', usdPerMonth: 0.42 },
      budget: { usdPerMonth: 200, usedPercent: 83, state: 'warning', source: 'Budget' },
      rates: {
        cpuCoreHourUsd: 0.08,
        memoryGbHourUsd: 0.01,
        databaseGbMonthUsd: 0.2,
        hoursPerMonth: 730,
        source: 'Example prices',
      },
      warnings: [],
    });
  });

  it('leave out all that has no rates', () => {
    const profile = shop('', { sizings });
    expect(costJson('shop', profile, planFor(profile, { visits: 400 }), {})).toEqual({
      system: 'shop',
      inputs: { visits: 400 },
      recommended: 'formula',
      sizings: [],
      warnings: [],
    });
  });
});
