// Makes what is known of a server with TimescaleDB and what it answers about a hypertable, whole but for what a test is about.

import type { ServerFacts } from '../../src/database/drawing.ts';
import type { HypertableStep } from '../../src/database/find-hypertable.ts';
import { now } from '../make.ts';

const day = 86_400;

export function makeFacts(
  version: string | undefined,
  more: Partial<ServerFacts> = {},
): ServerFacts {
  const setting = (value: string) => ({
    setting: value,
    shown: value,
    source: 'default',
    vartype: 'integer',
    isPending: false,
    needsRestart: true,
  });
  return {
    version: 180_004,
    server: '1',
    database: 'shop',
    role: 'shop_owner',
    isStandby: false,
    schema: 'public',
    platform: 'plain',
    extensions: new Map(version === undefined ? [] : [['timescaledb', version]]),
    settings: new Map([
      ['max_connections', setting('100')],
      ['max_prepared_transactions', setting('0')],
      ['max_locks_per_transaction', setting('64')],
    ]),
    now,
    ...more,
  };
}

const hypertable = {
  schema: 'public',
  name: 'readings',
  compressed: false,
  distributed: false,
  column: 'timestamp',
  type: 'timestamp with time zone',
  seconds: day,
  text: '1 day',
};

/** What a database with TimescaleDB answers to the questions about a hypertable, where nothing was done yet. */
export function makeAnswers({
  chunks = { chunks: 30, compressed: 0, oldest: now.getTime() / 1000 - 2 * day },
  time = {},
  license = 'timescale',
  compression = [],
  policies = [],
  columns = ['meter_id', 'zone_id', 'timestamp', 'pressure'],
  aggregates = [[], [], []],
}: {
  chunks?: object;
  time?: Partial<typeof hypertable>;
  license?: string;
  compression?: readonly Record<string, unknown>[];
  policies?: readonly Record<string, unknown>[];
  columns?: readonly string[];
  /** Three answers for each. */
  aggregates?: readonly (readonly Record<string, unknown>[])[];
} = {}) {
  return [
    [
      {
        schema: 'public',
        name: 'readings',
        isPartitioned: false,
        owner: 'shop_owner',
        isOwn: true,
        options: null,
      },
    ],
    [{ schema: 'ts', license }],
    [{ ...hypertable, ...time }],
    [{ ...chunks }],
    compression,
    policies,
    [],
    [{ columns, indexes: 2 }],
    ...aggregates,
  ];
}

/** All that a step can want. */
export const whole: HypertableStep = {
  deed: 'hypertable',
  table: 'readings',
  chunkHours: 12,
  compress: { afterDays: 7, segmentBy: ['meter_id'], orderBy: ['timestamp DESC'] },
  keepDays: 90,
  aggregates: [
    {
      name: 'readings_5min',
      bucketMinutes: 5,
      refreshEveryMinutes: 5,
      fromMinutesAgo: 60,
      toMinutesAgo: 5,
      keepDays: 730,
      groupBy: ['meter_id'],
      figures: { avg_pressure: 'avg(pressure)', rows: 'count(*)' },
    },
  ],
};
