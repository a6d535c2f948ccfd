// What of each kind of deed is killed in the middle, and what holds it there; a kind without an entry does not compile.

import type { SqlStep } from '../../../src/database/draw-deed.ts';
import type { SqlDeed } from '../../../src/database/sql-deed.ts';
import { hourly } from '../timescale/readings.ts';

export interface Killed {
  readonly setUp?: string;
  readonly step: SqlStep;
  /** How many of the deeds that are drawn, from the first of the kind on. (Default: that one.) */
  readonly deeds?: number;
  /** Carried out before it is drawn. */
  readonly after?: SqlStep;
  /** Holds it up; said after it is drawn, when all is there that it needs. */
  readonly hold?: string;
  /** Its rows must be the same before and after. */
  readonly remains?: string;
  /** Somebody's open write into it holds the build up, which else is held up by `holdsUp`. */
  readonly writtenTo?: string;
  /** Somebody who reads that table is waited for when the app is killed; later it is held up by `holdsUp`. */
  readonly lockedBy?: string;
  /** The server goes on with it when nobody listens any more, and the next process waits for that. */
  readonly goesOn?: true;
  /** On the stand-in of TimescaleDB. */
  readonly isOnStandIn?: true;
}

const heldOnRows = (table: string) =>
  `create trigger held after insert or update on _stand_in.${table} execute function killed.on_rows()`;

const months = `
  create table readings (id int, at timestamptz not null) partition by range (at);
  create table readings_2026_10 partition of readings for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
  create table readings_2026_11 partition of readings for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
  insert into readings select i, '2026-11-01' from generate_series(1, 500) i;
  alter database shop set timezone = 'UTC'`;
const september = `;
  create table readings_2026_09 partition of readings for values from ('2026-09-01 00:00+00') to ('2026-10-01 00:00+00');
  insert into readings select i, '2026-09-02' from generate_series(1, 500) i`;
const plain = `create table calculations (id int, at timestamptz not null);
  create index on calculations (at);
  insert into calculations select i, '2026-11-01' from generate_series(1, 500) i`;

const index = {
  name: 'by_id',
  table: 'calculations',
  columns: ['id'],
  how: 'concurrently',
} as const;
const partitions = { deed: 'partitions', column: 'at', every: 'month' } as const;
const hypertable = { deed: 'hypertable', table: 'readings', aggregates: [] } as const;
const aggregate = {
  ...hourly,
  figures: { pressure: 'avg(pressure)' },
};

const kinds: Readonly<Record<SqlDeed['deed'], Readonly<Record<string, Killed>>>> = {
  setting: {
    // What a server that is killed has written is in effect when it is back, so there are two.
    'two of them': {
      step: {
        deed: 'settings',
        settings: { work_mem: '20MB', random_page_cost: '1.1' },
        restart: false,
      },
      deeds: 2,
    },
  },
  index: {
    'of a table': {
      setUp: plain,
      step: { deed: 'indexes', indexes: [index] },
      writtenTo: 'calculations',
      goesOn: true,
    },
    'of partitions': {
      setUp: months,
      step: { deed: 'indexes', indexes: [{ ...index, table: 'readings', how: 'per-partition' }] },
      writtenTo: 'readings_2026_11',
      goesOn: true,
    },
  },
  table: {
    'one setting': {
      setUp: plain,
      step: { deed: 'tables', tables: { calculations: { fillfactor: '90' } } },
    },
  },
  partition: {
    'the next month': { setUp: months, step: { ...partitions, table: 'readings', ahead: 1 } },
  },
  partitioned: {
    'a new table': {
      setUp: plain,
      step: {
        ...partitions,
        table: 'calculations',
        ahead: 1,
        through: { table: 'calculations_new', key: ['id', 'at'] },
      },
    },
  },
  detachment: {
    'an old month': {
      setUp: months,
      step: { ...partitions, table: 'readings', ahead: 0, keep: 0 },
    },
  },
  drop: {
    'one month of several': {
      setUp: months + september,
      after: { ...partitions, table: 'readings', ahead: 0, keep: 1 },
      step: {
        deed: 'dropDetached',
        table: 'readings',
        column: 'at',
        keep: 1,
        backup: { hours: 24 },
      },
      lockedBy: 'readings_2026_09',
      remains: `select relname, relispartition, (select count(*) from readings) as rows from pg_class
                 where relnamespace = 'public'::regnamespace and relname <> 'readings_2026_09' order by relname`,
    },
  },
  // From here on the database has the stand-in.
  'timescale-chunks': {
    'another interval': {
      hold: heldOnRows('hypertable'),
      step: { ...hypertable, chunkHours: 1 },
      isOnStandIn: true,
    },
  },
  'timescale-compression': {
    'how rows are laid out': {
      hold: heldOnRows('hypertable'),
      step: {
        ...hypertable,
        compress: { afterDays: 7, segmentBy: ['meter_id'], orderBy: ['timestamp DESC'] },
      },
      isOnStandIn: true,
    },
  },
  'timescale-policy': {
    retention: {
      hold: heldOnRows('job'),
      step: { ...hypertable, keepDays: 365 },
      isOnStandIn: true,
    },
  },
  'timescale-aggregate': {
    'without data': {
      hold: heldOnRows('hypertable'),
      step: { ...hypertable, aggregates: [aggregate] },
      isOnStandIn: true,
    },
  },
  'timescale-refresh': {
    'the first window': {
      step: { ...hypertable, aggregates: [aggregate] },
      // Like the real one it goes on when its client is gone: it has sent nothing yet that could not be received.
      hold: heldOnRows('_materialized_hypertable_1'),
      goesOn: true,
      isOnStandIn: true,
    },
  },
};

/** The kind, what of it, and how. */
export const cases = (Object.keys(kinds) as readonly SqlDeed['deed'][]).flatMap((kind) =>
  Object.entries(kinds[kind]).map(([what, killed]) => [kind, what, killed] as const),
);
