// Explains the numbers of a small shop: which, in which order, from what, and how far one pod fewer would carry.
import { describe, expect, it } from 'vitest';
import { type Explanation, explain, explanationLines } from '../../src/sizing/explain.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from './shop.ts';

const values = `
values:
  busiest: { formula: visits * 1.5, unit: visits/s, source: Peaks }
  unused: { formula: visits * 9, source: Nothing }
  pods: { formula: busiest / 100 }
`;

const sizings = `
sizings:
  - id: formula
    source: Sizes
    component: web
    replicas: max(2, ceil(pods))
    pod: { cpuMillicores: 100 + busiest / 3, memoryMi: 1024, memoryLimitMi: 1536 }
    alongside: { worker: { replicas: (replicas + 1) / 2 } }
`;

function explained(
  visits: number,
  more: string,
  other: Parameters<typeof shop>[1] = { sizings },
): readonly Explanation[] {
  const profile = shop(more, other);
  const { recommended, sizings: sized, inputs } = ask(profile, { visits });
  const [first] = sized;
  if (first === undefined) throw new Error('nothing is sized');
  return explain(profile, recommended ?? first, inputs);
}

const figures = (explanations: readonly Explanation[]) =>
  explanations.map(({ figure, result, source }) => `${figure}: ${result} (${source})`);

const whyNot = (explanations: readonly Explanation[]) =>
  explanations.flatMap(({ whyNotLess }) => (whyNotLess === undefined ? [] : [whyNotLess]));

describe('an explanation', () => {
  it('has each number that a formula gives, what it builds on first, and nothing else', () => {
    expect(figures(explained(430, values))).toEqual([
      'busiest: 645 visits/s (Peaks)',
      'pods: 6.45 (The guide of the shop)',
      'replicas of web: 7 (Sizes)',
      'CPU request of a web pod: 315m (Sizes)',
      'memory request of a web pod: 1Gi (Sizes)',
      'memory limit of a web pod: 1536Mi (Sizes)',
      'replicas of worker: 4 (Sizes)',
    ]);
  });

  it('has formula, numbers and steps, down to the number before it is rounded', () => {
    const replicas = explained(430, values).find(({ figure }) => figure === 'replicas of worker');
    expect(replicas).toEqual({
      figure: 'replicas of worker',
      formula: '(replicas + 1) / 2',
      values: { replicas: 7 },
      steps: [
        { text: 'replicas + 1', value: 8 },
        { text: '(replicas + 1) / 2', value: 4 },
      ],
      result: '4',
      source: 'Sizes',
    });
  });

  it('says nothing about a pod that is another sizing’s', () => {
    expect(figures(explained(430, '', {}))).toEqual(['replicas of web: 5 (Sizes)']);
  });

  it('tells of a split what its number of parts comes from', () => {
    const regions = sizings.replace(
      '    replicas: max',
      `    split:
      into: regions
      count: "visits > 400 ? visits / 300 : 1"
      share: { visits: visits / shards }
      source: Regions
    replicas: max`,
    );
    const [split, busiest, ...rest] = explained(900, values, { sizings: regions });
    expect(split).toMatchObject({
      figure: 'regions',
      result: '3 regions',
      values: { visits: 900 },
      source: 'Regions',
    });
    // One region sees 300 visits.
    expect(busiest).toMatchObject({ values: { visits: 300 }, result: '450 visits/s' });
    expect(whyNot(rest)).toEqual([]);
    expect(figures(explained(400, values, { sizings: regions }))[0]).toBe(
      'regions: not split (Regions)',
    );
  });

  it('of a sizing without a number has no steps that lead nowhere', () => {
    const table = `
sizings:
  - { id: table, source: Sizes, component: web, replicas: "step(visits, {100: 2})" }
`;
    expect(explained(101, values, { sizings: table })).toEqual([]);
  });
});

describe('why one pod fewer is not enough', () => {
  // biome-ignore format: a table
  it.each([
    // visits for pods of 100
    [10,  ['2 is the least it may have']],
    [200, ['2 is the least it may have']],
    [201, ['2 are enough up to 200 visits/s; here are 201']],
    [300, ['2 are enough up to 200 visits/s; here are 300']],
    [301, ['3 are enough up to 300 visits/s; here are 301']],
    [2500, ['24 are enough up to 2400 visits/s; here are 2500']],
  ])('for %i visits', (visits, expected) => {
    expect(whyNot(explained(visits, '', {}))).toEqual(expected);
  });

  it('is told of one', () => {
    const components = `
components:
  web:
    workload: { kind: Deployment, namespace: shop, name: web, container: web }
    replicas: { min: 1, max: 20, baseline: 2, source: Sizes }
    pod: { cpu: 500m, memory: 1Gi, source: Pods }
`;
    const one = 'sizings: [{ id: one, source: Sizes, component: web, replicas: visits / 100 }]';
    expect(whyNot(explained(150, '', { components, sizings: one }))).toEqual([
      '1 is enough up to 100 visits/s; here are 150',
    ]);
  });

  it('is told in whole amounts also of what need not be whole', () => {
    const inputs = `
inputs:
  visits: { type: number, unit: visits/s, min: 0.5, max: 10000, required: true }
`;
    const reasons = (visits: number) => whyNot(explained(visits, '', { inputs }));
    expect(reasons(200.25)).toEqual(['2 are enough up to 200 visits/s; here are 200.25']);
    expect(reasons(300)).toEqual(['2 are enough up to 200 visits/s; here are 300']);
    expect(reasons(199.75)).toEqual(['2 is the least it may have']);
  });

  it('names the demand that decides, with what follows from it', () => {
    const inputs = `
inputs:
  staff: { type: integer, default: 3 }
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, required: true }
  orders: { type: integer, unit: orders/s, default: visits / 10 }
`;
    const byOrders =
      'sizings: [{ id: orders, source: Sizes, component: web, replicas: orders / 10 }]';
    expect(whyNot(explained(500, '', { inputs, sizings: byOrders }))).toEqual([
      // Orders are counted whole: 404 visits are 40 orders.
      '4 are enough up to 404 visits/s; here are 500',
    ]);
  });

  it('is not told of what is no demand, and where no amount would need fewer', () => {
    const inputs = `
inputs:
  visits: { type: integer, unit: visits/s, min: 10, max: 10000, required: true, demand: false }
`;
    expect(whyNot(explained(500, '', { inputs }))).toEqual([]);
    const fixed = 'sizings: [{ id: fixed, source: Sizes, component: web, replicas: 5 }]';
    expect(whyNot(explained(500, '', { sizings: fixed }))).toEqual([]);
  });
});

it('as lines it can be read on a terminal', () => {
  expect(explanationLines(explained(430, values)).slice(0, 16)).toEqual([
    'busiest: 645 visits/s',
    '  = visits * 1.5',
    '  with visits = 430',
    '  Peaks',
    'pods: 6.45',
    '  = busiest / 100',
    '  with busiest = 645',
    '  The guide of the shop',
    'replicas of web: 7',
    '  = max(2, ceil(pods))',
    '  with pods = 6.45',
    '    ceil(pods) = 7',
    '  6 are enough up to 400 visits/s; here are 430',
    '  Sizes',
    'CPU request of a web pod: 315m',
    '  = 100 + busiest / 3',
  ]);
});
