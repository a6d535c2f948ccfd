// Looks ahead for a small shop: growth in words, counts to the nearest, what is passed when, and where a forecast ends.
import { describe, expect, it } from 'vitest';
import { forecastTable } from '../../src/message/forecast-table.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { type Forecast, forecast } from '../../src/sizing/forecast.ts';
import { forecastJson } from '../../src/sizing/forecast-json.ts';
import type { Money } from '../../src/sizing/what-if.ts';
import { shop } from './shop.ts';

const model = (more = '') => `
forecast:
  input: visits
  period: month
  periods: 3
  growth: { default: 0.5, source: Growth }
  source: Forecast
${more}
`;

const cost = `
cost:
  cpuCoreHourUsd: 0.08
  memoryGbHourUsd: 0.01
  databaseGbMonthUsd: 0.2
  budget: { usdPerMonth: 400, source: Budget }
  source: Example prices
`;

const database = `
database:
  source: Stages
  stages:
    - { when: visits <= 500, title: single, replicas: 0 }
    - { title: primary + 1 replica, replicas: 1 }
  storage: { gib: { provisioned: visits / 4 }, source: Storage }
`;

const ask = (profile: Profile, words: Readonly<Record<string, string>>, money?: Money) =>
  forecast(profile, new Map(Object.entries(words)), money);

function ahead(profile: Profile, words: Readonly<Record<string, string>>, money?: Money): Forecast {
  const answer = ask(profile, words, money);
  if (answer.kind === 'misuse') throw new Error(answer.mistakes.join('\n'));
  return answer;
}

const amounts = ({ rows }: Forecast) => rows.map(({ amount }) => amount);
const milestones = (answer: Forecast) =>
  answer.milestones.map(({ id, period, say }) => `${period} ${id}: ${say}`);

describe('growth', () => {
  // biome-ignore format: a table
  it.each([
    [{},                              [100, 150, 225, 338]], // 337.5, a half up
    [{ growth: '10%', periods: '4' }, [100, 110, 121, 133, 146]],
    [{ growth: '0.1', periods: '2' }, [100, 110, 121]],
    [{ growth: '+5%', periods: '1' }, [100, 105]],
    [{ growth: '0',   periods: '2' }, [100, 100, 100]],
    [{ growth: '-20%', periods: '3' }, [100, 80, 64, 51]], // 51.2
    [{ growth: '1000%', periods: '2' }, [100, 1100]], // 12,100 is more than the profile knows
  ])('of 100 with %j', (words, expected) => {
    expect(amounts(ahead(shop(model()), { visits: '100', ...words }))).toEqual(expected);
  });

  // biome-ignore format: a table
  it.each([
    [{ growth: 'fast' },  'growth must be a share such as 0.1 or 10%, not "fast"'],
    [{ growth: '' },      'growth must be a share such as 0.1 or 10%, not ""'],
    [{ growth: '10 %' },  'growth must be a share such as 0.1 or 10%, not "10 %"'],
    [{ growth: '1e2' },   'growth must be a share such as 0.1 or 10%, not "1e2"'],
    [{ growth: 'NaN' },   'growth must be a share such as 0.1 or 10%, not "NaN"'],
    [{ growth: '11' },    'growth must be -90% to 1000% a period, not 11'],
    [{ growth: '-91%' },  'growth must be -90% to 1000% a period, not -91%'],
    [{ periods: '0' },    'periods must be 1 to 120 months, not "0"'],
    [{ periods: '121' },  'periods must be 1 to 120 months, not "121"'],
    [{ periods: '1.5' },  'periods must be 1 to 120 months, not "1.5"'],
    [{ periods: 'all' },  'periods must be 1 to 120 months, not "all"'],
    [{ vists: '3' },      'shop has no input "vists"; did you mean "visits"?'],
    [{ visits: '5' },     'visits must be 10 to 10000 visits/s, not 5'],
  ])('given as %j is a mistake', (words, mistake) => {
    expect(ask(shop(model()), { visits: '100', ...words })).toEqual({
      kind: 'misuse',
      mistakes: [mistake],
    });
  });

  it('has all its mistakes named at once', () => {
    expect(ask(shop(model()), { growth: 'fast', periods: '0' })).toMatchObject({
      mistakes: [
        'visits is missing (visits/s, 10 to 10000)',
        expect.stringContaining('growth must be'),
        expect.stringContaining('periods must be'),
      ],
    });
  });

  it('is a mistake for a system whose guide states none', () => {
    expect(ask(shop(), { visits: '100' })).toEqual({
      kind: 'misuse',
      mistakes: ['shop has no forecast: its guide gives no growth'],
    });
  });

  it('needs the amount there is now', () => {
    const inputs = `
inputs:
  staff: { type: integer, default: 3 }
  visits: { type: integer, min: 10, max: 10000 }
`;
    const sizings = 'sizings: [{ id: fixed, source: Sizes, component: web, replicas: 2 }]';
    expect(ask(shop(model(), { inputs, sizings }), {})).toEqual({
      kind: 'misuse',
      mistakes: ['visits is what grows: say how many there are now'],
    });
  });
});

describe('a forecast', () => {
  it('ends where the profile knows no more, and says so', () => {
    const answer = ahead(shop(model()), { visits: '6000' });
    expect(amounts(answer)).toEqual([6000, 9000]);
    expect(answer.warnings).toContain(
      'from month 2 on it is above 10000 visits/s, the most this profile knows',
    );
  });

  it('ends where less is left than the profile knows', () => {
    const answer = ahead(shop(model()), { visits: '40', growth: '-50%' });
    expect(amounts(answer)).toEqual([40, 20, 10]);
    expect(answer.warnings).toEqual([
      'from month 3 on it is below 10 visits/s, the least this profile knows',
    ]);
  });

  it('ends where an input that follows is beyond its range', () => {
    const inputs = `
inputs:
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, required: true }
  orders: { type: integer, unit: orders/s, max: 100, default: visits / 10 }
`;
    const answer = ahead(shop(model(), { inputs }), { visits: '500' });
    expect(amounts(answer)).toEqual([500, 750]);
    expect(answer.warnings).toContain(
      'from month 2 on orders would be above 100 orders/s, the most this profile knows',
    );
  });

  it('does not shrink an amount by rounding while it grows, nor the other way round', () => {
    const inputs = `
inputs:
  visits: { type: number, unit: visits/s, min: 10, max: 10000, required: true }
`;
    const slowly = (visits: string, growth: string) =>
      amounts(ahead(shop(model(), { inputs }), { visits, growth, periods: '2' }));
    expect(slowly('10.4', '0.1%')).toEqual([10.4, 10.4, 10.4]);
    expect(slowly('10.4', '3%')).toEqual([10.4, 11, 11]);
    expect(slowly('10.6', '-0.1%')).toEqual([10.6, 10.6, 10.6]);
    expect(slowly('10.6', '0')).toEqual([10.6, 10.6, 10.6]);
  });

  it('lets inputs that follow the growing one grow with it, also from an amount of their own', () => {
    const inputs = `
inputs:
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, required: true }
  orders: { type: integer, default: visits / 10 }
`;
    const orders = (words: Readonly<Record<string, string>>) =>
      ahead(shop(model(), { inputs }), { visits: '100', growth: '10%', ...words }).rows.map(
        ({ plan }) => plan.inputs['orders'],
      );
    expect(orders({})).toEqual([10, 11, 12, 13]);
    expect(orders({ orders: '7' })).toEqual([7, 8, 8, 9]); // 7.7, 8.47 and 9.31, to the nearest
  });

  it('has pods, cores, storage and money of each period, for the whole system', () => {
    const { rows } = ahead(shop(model() + cost + database), { visits: '400', growth: '50%' });
    // 4, 6, 9 and 14 pods at 36.50; storage at 0.2 for a quarter of a GiB a visit.
    expect(rows).toMatchObject([
      { period: 0, amount: 400, replicas: 4, cpuCores: 2, databaseGib: 100, costUsdPerMonth: 166 },
      { period: 1, amount: 600, replicas: 6, cpuCores: 3, databaseGib: 150, costUsdPerMonth: 249 },
      { period: 2, amount: 900, replicas: 9, cpuCores: 4.5, costUsdPerMonth: 373.5 },
      { period: 3, amount: 1350, replicas: 14, memoryGib: 14, costUsdPerMonth: 578.5 },
    ]);
  });

  it('has no pods in a period in which nothing is feasible', () => {
    const { rows } = ahead(shop(model() + database), { visits: '1500', periods: '1' });
    expect(rows[0]).toMatchObject({ replicas: 15, databaseGib: 375 });
    expect(rows[1]).toMatchObject({ amount: 2250, databaseGib: 562.5 });
    expect(rows[1]).not.toHaveProperty('replicas');
  });
});

describe('milestones', () => {
  it('are named in the period in which they are passed first, and in that order', () => {
    const passed = model(`
  milestones:
    - { id: large, when: replicas > 8, say: "{replicas} pods for {visits} visits", level: 800, source: Sizes }
    - { id: now, when: visits >= 400, say: "{visits} visits in month {period}" }
    - { id: never, when: visits > 5000, say: no more }
    - { id: storage, when: database_gib > 120, say: "{database_gib} GiB" }
    - { id: dear, when: cost_usd > 300, say: "{cost_usd} dollars" }
`);
    const answer = ahead(shop(passed + cost.replace(/ {2}budget.*\n/, '') + database), {
      visits: '400',
    });
    expect(milestones(answer)).toEqual([
      '0 now: 400 visits in month 0',
      '1 storage: 150 GiB',
      '1 database-stage: database: primary + 1 replica',
      '2 large: 9 pods for 900 visits',
      '2 dear: 373.5 dollars',
    ]);
    expect(answer.milestones[3]).toMatchObject({ source: 'Sizes', level: 800 });
    expect(answer.milestones[0]).not.toHaveProperty('source');
  });

  it('are not passed where their condition has no value', () => {
    const unknown = model('  milestones: [{ id: dear, when: cost_usd > 1, say: dear }]');
    expect(milestones(ahead(shop(unknown), { visits: '400' }))).toEqual([]);
  });

  it('are a budget’s warning and its end', () => {
    const answer = ahead(shop(model() + cost), { visits: '400' });
    // 4, 6, 9 and 14 pods at 36.50 are 146, 219, 328.50 and 511 of 400.
    expect(milestones(answer)).toEqual([
      '2 budget-warning: 82.1 % of the budget of 400 USD a month',
      '3 budget-critical: 127.7 % of the budget of 400 USD a month',
    ]);
    const small = { budget: { usdPerMonth: 200, warnAtPercent: 80, source: 'headroom.yaml' } };
    expect(milestones(ahead(shop(model() + cost), { visits: '400' }, small))).toEqual([
      '1 budget-critical: 109.5 % of the budget of 200 USD a month',
    ]);
  });

  it('are the first split into parts, of which pods are counted together, and the end of what fits', () => {
    const sizings = `
sizings:
  - id: regions
    source: Regions
    component: web
    split:
      into: regions
      count: "step(visits, {500: 1, 1500: 2})"
      share: { visits: ceil(visits / shards) }
      source: Regions
    replicas: ceil(visits / 100)
`;
    const many = model(`
  milestones: [{ id: many, when: replicas > 8, say: "{replicas} pods for {visits} visits" }]
`);
    const answer = ahead(shop(many, { sizings }), { visits: '400', periods: '4' });
    expect(answer.rows.map(({ parts, replicas }) => [parts, replicas])).toEqual([
      [1, 4],
      [2, 6],
      [2, 10],
      [2, 14],
      [undefined, undefined],
    ]);
    expect(milestones(answer)).toEqual([
      '1 split: 2 regions',
      '2 many: 10 pods for 900 visits',
      '4 no-sizing: no sizing of the guide is feasible any more',
    ]);
  });

  it('speak of the whole system also in values, and where nothing is feasible any more', () => {
    const sizings = `
values:
  baskets: { formula: visits * 2 }
sizings:
  - id: regions
    source: Regions
    component: web
    split:
      into: regions
      count: "step(visits, {500: 1, 900: 3})"
      share: { visits: ceil(visits / shards) }
      source: Regions
    replicas: ceil(visits / 100)
`;
    const many = model(`
  milestones:
    - { id: many, when: baskets > 1000, say: "{baskets} baskets" }
    - { id: more, when: baskets > 2000, say: "{baskets} baskets" }
`);
    const answer = ahead(shop(many, { sizings }), { visits: '400' });
    expect(milestones(answer)).toEqual([
      '1 many: 1200 baskets',
      '1 split: 3 regions',
      '3 more: 2700 baskets',
      '3 no-sizing: no sizing of the guide is feasible any more',
    ]);
  });

  it('are each other stage of a database, shards with it', () => {
    const sharded = database.replace(
      '  stages:',
      '  split: { into: shards, count: visits / 1000, share: { visits: visits / shards }, source: Shards }\n  stages:',
    );
    const answer = ahead(shop(model() + sharded), { visits: '400' });
    expect(milestones(answer)).toEqual([
      '1 database-stage: database: primary + 1 replica',
      '3 database-stage: database: 2 shards, each primary + 1 replica',
    ]);
    expect(forecastJson('shop', answer)).toMatchObject({
      rows: [{}, {}, { databaseStage: 'primary + 1 replica', databaseShards: 2 }],
    });
    const table = forecastTable('Shop', answer);
    expect(table.find((line) => /^ +3 /.test(line))).toContain(
      '2 shards, each primary + 1 replica',
    );
  });
});

describe('the table of a forecast', () => {
  it('says whether it grows or shrinks', () => {
    const head = (growth: string) =>
      forecastTable('Shop', ahead(shop(model()), { visits: '400', growth }))[0];
    expect(head('10%')).toContain('growing by 10 % a month');
    expect(head('-10%')).toContain('shrinking by 10 % a month');
    expect(head('0')).toContain('growing by 0 % a month');
  });

  it('names the component whose pods it counts, where there are others', () => {
    const heading = (profile: Profile) =>
      forecastTable('Shop', ahead(profile, { visits: '400' }))[2];
    expect(heading(shop(model()))).toMatch(/visits +pods +cores/);
    const sizings = `
sizings:
  - id: formula
    source: Sizes
    component: web
    replicas: ceil(visits / 100)
    alongside: { worker: { replicas: replicas * 2 } }
`;
    expect(heading(shop(model(), { sizings }))).toMatch(/visits +web pods +cores/);
  });
});

it('as JSON a forecast has its baseline apart, and rounded numbers with their units', () => {
  const answer = ahead(shop(model() + cost + database), { visits: '333', periods: '1' });
  expect(forecastJson('shop', answer)).toMatchObject({
    system: 'shop',
    input: 'visits',
    growthPerPeriod: 0.5,
    period: 'month',
    source: 'The guide of the shop, Forecast',
    baseline: { period: 0, visits: 333, sizing: 'formula', replicas: 4, databaseGiB: 83.3 },
    rows: [
      {
        period: 1,
        visits: 500,
        replicas: 5,
        cpuCores: 2.5,
        memoryGiB: 5,
        databaseStage: 'single',
        costUsdPerMonth: 207.5,
      },
    ],
    milestones: [],
  });
});
