// What is drawn for a hypertable: the exact statements for each version of TimescaleDB, what is left out, and what is refused.

import { describe, expect, it } from 'vitest';
import { drawDeed, furtherQuestions, questionsFor } from '../../src/database/draw-deed.ts';
import type { HypertableStep } from '../../src/database/find-hypertable.ts';
import {
  isDeedDecrease,
  isDeedTakenBack,
  neededFor,
  type SqlDeed,
  sqlDeedWords,
  statementsOf,
  undoOfDeed,
} from '../../src/database/sql-deed.ts';
import { now } from '../make.ts';
import { stepOf } from '../profile/plan-of.ts';
import { makeAnswers, makeFacts, whole } from './make-hypertable.ts';

const day = 86_400;

function draw(
  version: string | undefined,
  {
    step = whole,
    ...rest
  }: { step?: HypertableStep } & Parameters<typeof makeAnswers>[0] & object = {},
) {
  return drawDeed(step, makeAnswers(rest), makeFacts(version));
}

function deeds(...args: Parameters<typeof draw>): readonly SqlDeed[] {
  const drawn = draw(...args);
  if (drawn.kind !== 'deeds') throw new Error(drawn.because);
  return drawn.deeds;
}

const because = (...args: Parameters<typeof draw>) => {
  const drawn = draw(...args);
  return drawn.kind === 'refused' ? drawn.because : 'it was not refused';
};

const only = (part: Partial<HypertableStep>): HypertableStep => ({
  deed: 'hypertable',
  table: 'readings',
  aggregates: [],
  ...part,
});

const readings = `'"public"."readings"'::regclass`;
const fiveMinutes = `'"public"."readings_5min"'::regclass`;

const interval = `select "ts".set_chunk_time_interval(hypertable => ${readings}, chunk_time_interval => interval '12 hours', dimension_name => 'timestamp')`;
const aggregate = [
  'create materialized view "public"."readings_5min"',
  'with (timescaledb.continuous, timescaledb.materialized_only = true)',
  `as select "ts".time_bucket(interval '5 minutes', "timestamp") as "bucket", "meter_id", avg("pressure") as "avg_pressure", count(*) as "rows"`,
  `from "public"."readings" group by "ts".time_bucket(interval '5 minutes', "timestamp"), "meter_id" with no data`,
].join(' ');
const rest = [
  `select "ts".add_continuous_aggregate_policy(continuous_aggregate => ${fiveMinutes}, start_offset => interval '1 hour', end_offset => interval '5 minutes', schedule_interval => interval '5 minutes', if_not_exists => true)`,
  `select "ts".add_retention_policy(relation => ${fiveMinutes}, drop_after => interval '730 days', if_not_exists => true)`,
  `select "ts".add_retention_policy(relation => ${readings}, drop_after => interval '90 days', if_not_exists => true)`,
];
const compress = [
  `alter table "public"."readings" set (timescaledb.compress = true, timescaledb.compress_segmentby = '"meter_id"', timescaledb.compress_orderby = '"timestamp" desc')`,
  `select "ts".add_compression_policy(hypertable => ${readings}, compress_after => interval '7 days', if_not_exists => true)`,
];
const columnstore = [
  `alter table "public"."readings" set (timescaledb.enable_columnstore = true, timescaledb.segmentby = '"meter_id"', timescaledb.orderby = '"timestamp" desc')`,
  `call "ts".add_columnstore_policy(hypertable => ${readings}, after => interval '7 days', if_not_exists => true)`,
];

describe('the statements for a hypertable', () => {
  it.each([
    ['2.10.3', compress],
    ['2.14.2', compress],
    ['2.17.9', compress],
    ['2.18.0', columnstore],
    ['2.20.0-dev', columnstore],
    ['2.27.2', columnstore],
    ['3.0.0', columnstore],
  ])('of TimescaleDB %s are in its own words, what drops rows last', (version, compression) => {
    const all = deeds(version);
    const refreshes = all.filter(({ deed }) => deed === 'timescale-refresh');
    expect(refreshes.length).toBeGreaterThan(1);
    const others = all.filter(({ deed }) => deed !== 'timescale-refresh');
    expect(others.flatMap(statementsOf)).toEqual([interval, ...compression, aggregate, ...rest]);
    expect(all.map(({ deed }) => deed).lastIndexOf('timescale-refresh')).toBe(all.length - 4);
  });

  it('takes what a policy was out and puts another in, in one transaction and at the same pace', () => {
    const policies = [
      {
        procedure: 'policy_compression',
        scheduled: true,
        every: { text: '06:00:00', seconds: 21_600 },
        config: { compress_after: { text: '30 days', seconds: 30 * day } },
      },
    ];
    const compression = [
      { column: 'meter_id', segment: 1, order: null, asc: null },
      { column: 'timestamp', segment: null, order: 1, asc: false },
    ];
    const step = only({ compress: { afterDays: 7, segmentBy: ['meter_id'] } });
    const statements = (version: string) =>
      deeds(version, { step, policies, compression, time: { compressed: true } }).flatMap(
        statementsOf,
      );
    expect(statements('2.14.0')).toEqual([
      `select "ts".remove_compression_policy(hypertable => ${readings}, if_exists => true)`,
      `select "ts".add_compression_policy(hypertable => ${readings}, compress_after => interval '7 days', schedule_interval => interval '06:00:00', if_not_exists => true)`,
    ]);
    expect(statements('2.22.0')).toEqual([
      `call "ts".remove_columnstore_policy(hypertable => ${readings}, if_exists => true)`,
      `call "ts".add_columnstore_policy(hypertable => ${readings}, after => interval '7 days', schedule_interval => interval '06:00:00', if_not_exists => true)`,
    ]);
  });

  it('refreshes whole buckets, oldest first, and up to now at the end', () => {
    const windows = deeds('2.22.0').filter(({ deed }) => deed === 'timescale-refresh');
    const [first, last] = [windows[0], windows.at(-1)];
    if (first === undefined || last === undefined) throw new Error('nothing is refreshed');
    expect(statementsOf(first)[0]).toMatch(
      /^call "ts"\.refresh_continuous_aggregate\(continuous_aggregate => '"public"\."readings_5min"'::regclass, window_start => '[-\dT:]+\.000Z'::timestamp with time zone, window_end => '[-\dT:]+\.000Z'::timestamp with time zone\)$/,
    );
    expect(statementsOf(last)[0]).toMatch(/window_end => now\(\) - interval '5 minutes'\)$/);
    const plain = deeds('2.22.0', { time: { type: 'timestamp without time zone' } }).filter(
      ({ deed }) => deed === 'timescale-refresh',
    );
    expect(plain.flatMap(statementsOf).at(-1)).toMatch(
      /window_start => '[-\dT:]+\.000'::timestamp without time zone, window_end => \(now\(\) at time zone 'UTC'\) - interval '5 minutes'\)$/,
    );
  });
});

describe('a deed for a hypertable', () => {
  it('says what it is, what it needs and how it goes back', () => {
    const table = deeds('2.22.0')
      .filter((deed) => deed.deed !== 'timescale-refresh')
      .map((deed) => [
        sqlDeedWords(deed),
        neededFor(deed),
        undoOfDeed(deed).kind,
        isDeedTakenBack(deed),
        isDeedDecrease(deed),
      ]);
    expect(table).toEqual([
      [
        'chunks of public.readings: 1 day → 12 hours, from the next chunk on',
        'timescale',
        'exact',
        true,
        false,
      ],
      [
        'compression of public.readings: not at all → by meter_id in the order timestamp DESC',
        'timescale',
        'compensating',
        false,
        false,
      ],
      ['compression of public.readings: none → after 7 days', 'timescale', 'exact', true, false],
      [
        'continuous aggregate public.readings_5min of public.readings: 5 minutes by meter_id, 2 figures, without data',
        'timescale',
        'compensating',
        false,
        false,
      ],
      [
        'refresh of public.readings_5min: none → from 1 hour to 5 minutes ago, every 5 minutes',
        'timescale',
        'exact',
        true,
        false,
      ],
      [
        'dropping of public.readings_5min: none → after 730 days',
        'timescale',
        'exact',
        true,
        false,
      ],
      ['dropping of public.readings: none → after 90 days', 'drops', 'none', false, true],
    ]);
  });

  it('of the steam guide is one of two dozen, which a card shows whole', () => {
    const { change } = stepOf(1, 'gl-003', 'timescale');
    if (change?.kind !== 'database' || change.deed !== 'hypertable')
      throw new Error('another step');
    const columns =
      'timestamp meter_id facility_id zone_id pressure_psi temperature_f flow_rate_lbh energy_mmbtu';
    const all = deeds('2.22.0', {
      step: { ...change, table: 'readings', chunkHours: 12 },
      columns: columns.split(' '),
      chunks: { chunks: 90, compressed: 0, oldest: now.getTime() / 1000 - 90 * day },
      aggregates: [[], [], [], [], [], []],
    });
    expect(all).toHaveLength(1 + 2 + 2 * (1 + 6 + 2));
    const shown = all.map((deed) => `${sqlDeedWords(deed)} ${statementsOf(deed).join(' ')}`);
    // Four sections of 3000 characters; a statement is cut at 400 there.
    expect(shown.map((text) => Math.min(text.length, 600)).reduce((a, b) => a + b)).toBeLessThan(
      11_000,
    );
  });

  it('undone twice is itself', () => {
    for (const deed of deeds('2.22.0')) {
      const { by } = undoOfDeed(deed);
      if (by !== undefined) expect(undoOfDeed(by).by ?? by).toEqual(deed);
    }
  });
});

describe('a hypertable is refused', () => {
  it('where TimescaleDB is missing, too old or of the Apache edition', () => {
    expect(questionsFor(whole, makeFacts(undefined))).toHaveLength(1);
    expect(furtherQuestions(whole, makeAnswers(), makeFacts(undefined))).toEqual([]);
    expect(because(undefined)).toContain('CREATE EXTENSION timescaledb');
    expect(because('2.9.3')).toContain('ALTER EXTENSION timescaledb UPDATE');
    expect(because('1.7.5')).toContain('older than 2.10');
    expect(because('2.22.0', { license: 'apache' })).toContain('Apache edition');
    const apart = only({ chunkHours: 24 * 7 });
    expect(deeds('2.22.0', { license: 'apache', step: apart })).toHaveLength(1);
  });

  it('on a standby, over data nodes, and with time in whole numbers', () => {
    const facts = makeFacts('2.22.0', { isStandby: true });
    expect(drawDeed(whole, makeAnswers(), facts)).toMatchObject({ kind: 'refused' });
    expect(because('2.12.0', { time: { distributed: true } })).toContain('data nodes');
    const numbers = { seconds: null as never, type: 'bigint' };
    expect(because('2.22.0', { time: numbers })).toContain('whole numbers');
    expect(because('2.22.0', { time: { type: 'date' } })).toContain('is a date');
  });

  it('where compressed chunks stand in the way of an old version', () => {
    const there = {
      time: { compressed: true },
      chunks: { chunks: 9, compressed: 4, oldest: null },
      compression: [{ column: 'zone_id', segment: 1, order: null, asc: null }],
      step: only({ compress: { afterDays: 7, segmentBy: ['meter_id'] } }),
    };
    expect(because('2.13.1', there)).toContain('4 of its chunks are');
    expect(deeds('2.14.0', there)).toHaveLength(2);
  });

  it('where chunks would need more locks than there are, for as long as rows are kept or for 90 days', () => {
    const step = (keepDays?: number) =>
      only({ chunkHours: 1, ...(keepDays !== undefined && { keepDays }) });
    expect(because('2.22.0', { step: step(100) })).toMatch(
      /^2400 chunks in 100 days, and 2 indexes on each: .* takes 7200 of the 6400 locks .* max_locks_per_transaction to 144 or more/,
    );
    expect(because('2.22.0', { step: step() })).toMatch(/^2160 chunks in 90 days \(nothing says/);
    expect(draw('2.22.0', { step: step(10) })).toMatchObject({
      notes: [expect.stringContaining('takes 720 of the 6400 locks')],
    });
    expect(draw('2.22.0', { step: step(60) })).toMatchObject({
      notes: [expect.stringContaining('set max_locks_per_transaction to 87 or more')],
    });
    const isSo = { step: step(100), time: { seconds: 3600, text: '01:00:00' } };
    expect(draw('2.22.0', isSo)).toMatchObject({ deeds: [{ policy: 'retain' }] });
  });

  it('where a new aggregate would put a trigger on more chunks than there are locks', () => {
    const { aggregates } = whole;
    const many = (chunks: number) => ({
      step: only({ aggregates }),
      chunks: { chunks, compressed: 0, oldest: null },
    });
    expect(because('2.22.0', many(6401))).toMatch(/^a new aggregate: .* 6401 chunks .* has 6400/);
    expect(draw('2.22.0', many(6400))).toMatchObject({ kind: 'deeds' });
  });

  it('with more than one policy, or one by when chunks were made', () => {
    const policy = {
      procedure: 'policy_retention',
      scheduled: true,
      every: { text: '1 day', seconds: day },
      config: null,
    };
    const step = only({ keepDays: 90 });
    expect(because('2.22.0', { step, policies: [policy] })).toContain('when chunks were made');
    expect(because('2.22.0', { step, policies: [policy, policy] })).toContain('2 policies');
  });

  it('with a policy that is there and paused, nothing is drawn and that is said', () => {
    const policies = [
      {
        procedure: 'policy_retention',
        scheduled: false,
        every: { text: '1 day', seconds: day },
        config: { drop_after: { text: '3 mons', seconds: 90 * day } },
      },
    ];
    expect(draw('2.22.0', { step: only({ keepDays: 90 }), policies })).toEqual({
      kind: 'deeds',
      deeds: [],
      notes: ['all of it is so already', 'the retention policy of public.readings is paused'],
    });
  });
});
