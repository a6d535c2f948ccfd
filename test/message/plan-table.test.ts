// The table of a plan on a terminal: whose pods a sizing is counted with, and by how much the guide's statements differ.
import { describe, expect, it } from 'vitest';
import { planTable } from '../../src/message/plan-table.ts';
import { ask } from '../profile/ask-profile.ts';
import { shop } from '../sizing/shop.ts';

const cost = `
cost: { cpuCoreHourUsd: 0.1, memoryGbHourUsd: 0.01, hoursPerMonth: 730, source: Prices }
`;
const sizings = `
sizings:
  - { id: first, source: Sizes, component: web, replicas: visits / 100, pod: { cpuMillicores: 1000, memoryMi: 1024 } }
  - { id: second, source: Counts, component: web, replicas: visits / 50 }
`;

const lines = (visits: number, ...more: Parameters<typeof shop>) =>
  planTable('Shop', ask(shop(...more), { visits })).map((line) => line.trimEnd());

describe('the table of a plan', () => {
  it('has what each statement costs more or less than the recommended one', () => {
    // Two and four pods of a core and a GB at 80.30 a month.
    expect(lines(200, cost, { sizings }).slice(2, 5)).toEqual([
      '   sizing  pods   each requests  limits     USD/month  difference',
      '*  first   2 web  1000m 1Gi      2000m 2Gi      160.6',
      '   second  4 web  1000m 1Gi      2000m 2Gi      321.2       160.6',
    ]);
  });

  it('says whose pods a statement without pods is counted with', () => {
    expect(lines(200, cost, { sizings })).toContain(
      '    It states no pods: counted with those of first',
    );
    expect(lines(200, cost)).toContain('    It states no pods: these are the usual ones');
  });
});
