// Checks the database, the forecast and the costs of THERMALIQ against the figures of its guide.
import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../src/profile/formula.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { explain } from '../../src/sizing/explain.ts';
import { forecast } from '../../src/sizing/forecast.ts';
import { type CapacityPlan, whatIf } from '../../src/sizing/what-if.ts';
import { readProfile } from './read-profile.ts';

const profile = readProfile('gl-009');

function plan(calculations_per_hour: number, of: Profile = profile): CapacityPlan {
  const given = new Map([['calculations_per_hour', String(calculations_per_hour)]]);
  const result = whatIf(of, given);
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

describe('the database of gl-009', () => {
  // biome-ignore format: a table
  it.each([
    // calculations an hour, connections of a shard, stage, shards, GiB
    [58,     150, 'primary + 2 replicas',              1, 300], // (4 + 1) × 30
    [66,     210, 'primary + 2 replicas + PgBouncer',  1, 300], // (5 + 2) × 30
    [1000,   450, 'primary + 2 replicas + PgBouncer',  1, 300], // (12 + 3) × 30
    [4800,   600, 'primary + 2 replicas + PgBouncer',  1, 300], // (16 + 4) × 30
    [5000,   660, 'primary + 1 replica + PgBouncer',   4, 400], // (17 + 5) × 30
    [6001,   240, 'primary + 1 replica + PgBouncer',   4, 400], // (6 + 2) × 30
    [25_000, 420, 'primary + 1 replica + PgBouncer',   8, 800], // (11 + 3) × 30
  ])('at %i an hour has %i connections: %s', (perHour, count, stage, shards, provisioned) => {
    const { recommended, database } = plan(perHour);
    expect(recommended?.values['connections']).toBe(count);
    expect(database).toMatchObject({ stage, shards, storageGib: { provisioned } });
  });

  it('takes at most 200 connections, and two poolers of 50 and 10 in reserve', () => {
    expect(plan(1000).database).toMatchObject({
      connections: { max: 200, reserve: 3 },
      pooler: { replicas: 2, maxClients: 2000, serverConnections: 60 },
      settings: { shared_buffers: '2GB', work_mem: '5242kB', effective_io_concurrency: 200 },
    });
  });

  it('cannot serve 12 pods without the pooler', () => {
    if (profile.database === undefined) throw new Error('no database');
    const { pooler: _, ...database } = profile.database;
    const direct = { title: 'direct', replicas: compileFormula('2'), pooler: false };
    const without: Profile = { ...profile, database: { ...database, stages: [direct] } };
    expect(plan(1000, without).sizings[0]?.reasons).toEqual([
      'pods may open 450 database connections, 197 are free (max_connections 200 less 3 in reserve)',
    ]);
  });
});

describe('the forecast of gl-009', () => {
  const ahead = (...words: readonly (readonly [string, string])[]) => {
    const answer = forecast(profile, new Map(words));
    if (answer.kind !== 'forecast') throw new Error(answer.mistakes.join('\n'));
    return answer;
  };

  it('grows 50 an hour by 15 % a month to 116 in half a year, and 268 in a year where 267 is printed', () => {
    const { rows, per } = ahead(['calculations_per_hour', '50']);
    expect(per).toBe('month');
    expect(rows.map(({ amount }) => amount)).toEqual([
      50, 58, 66, 76, 87, 101, 116, 133, 153, 176, 202, 233, 268,
    ]);
    expect(rows.map(({ replicas }) => replicas)).toEqual([
      4, 4, 5, 6, 8, 8, 8, 12, 12, 12, 12, 12, 12,
    ]);
  });

  it('has the actions of the guide in months 2, 6 and 12, and the pooler from month 2 on', () => {
    const { milestones } = ahead(['calculations_per_hour', '50']);
    expect(milestones.map(({ id, period, level }) => [id, period, level])).toEqual([
      ['scale-up', 2, 66],
      ['database-stage', 2, undefined],
      ['optimize', 6, 116],
      ['raise-maximum', 12, 267],
    ]);
  });

  it('says that the maximum of 8 in month 2 is below the one in force', () => {
    const [scaleUp] = ahead(['calculations_per_hour', '50']).milestones;
    expect(scaleUp?.say).toBe(
      "Scale up: 5 pods. The guide raises the autoscaler's maximum to 8 here; the one in force has 12 already",
    );
  });
});

describe('what gl-009 costs', () => {
  it('is counted at the rates of another guide, and that is said', () => {
    const { recommended, storageUsdPerMonth, warnings, perUnit } = plan(58);
    // (2 cores × $0.05 + 4 GB × $0.01) × 730 h = $102.20 a pod; 3 × 100 GB × $0.10.
    expect(recommended?.costUsdPerMonth).toBe(408.8);
    expect(storageUsdPerMonth).toBe(30);
    expect(perUnit).toEqual({ input: 'calculations_per_hour', usdPerMonth: 7.57 });
    expect(warnings.at(-1)).toMatch(/^The GL-009 guide has no rates/);
  });

  it('shows both ways to size with their costs, so that the difference is seen', () => {
    expect(plan(1000).sizings.map((each) => [each.sizing.id, each.costUsdPerMonth])).toEqual([
      ['projection-table', 1226.4],
      ['formula', 408.8],
    ]);
  });

  it('is explained by the same numbers as the plan has', () => {
    const { recommended, inputs } = plan(4200);
    if (recommended === undefined) throw new Error('nothing fits');
    const figures = explain(profile, recommended, inputs).map(({ figure, result }) => [
      figure,
      result,
    ]);
    expect(figures).toContainEqual(['pods', '14 pods']);
    expect(figures).toContainEqual(['replicas of thermaliq', '14']);
    expect(figures).toContainEqual(['memory limit of a thermaliq pod', '8Gi']);
  });
});
