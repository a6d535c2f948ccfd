// What every kind of deed is measured by, in one table: what there is, what is asked, who is in the way, and what that comes to.

import type { SqlStep } from '../../src/database/draw-deed.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { hourly } from './timescale/readings.ts';

/** What becomes of a deed while somebody's transactions use its tables. */
export type Beside =
  /** It is done, because it takes no lock that they hold. */
  | 'goes through'
  /** It is given up, so that nobody queues behind it, and done when they have ended. */
  | 'gives way'
  /** It is waited for, and nobody queues behind that. */
  | 'waits';

export interface Case {
  readonly setUp?: string;
  /** Carried out before; only the last deed of its step is. */
  readonly after?: SqlStep;
  readonly step: SqlStep;
  /** Each sent by a connection of its own, over and over, before, beside and after it. */
  readonly application: readonly string[];
  /** Open transactions: a long reader, and a writer that went idle. (Default: the application.) */
  readonly open?: readonly string[];
  readonly beside: Beside;
  /** The same of what takes it back; nothing does without. */
  readonly back?: { readonly open?: readonly string[]; readonly beside: Beside };
  /** On a hypertable of the stand-in for TimescaleDB. */
  readonly isOnStandIn?: true;
  /** Its statement is one that only TimescaleDB's own library reads: what is measured ends there. */
  readonly isNotRead?: true;
  /** Carried out before, on the stand-in: everything of that kind in the step. */
  readonly afterKind?: SqlDeed['deed'];
}

const months = `
  create table meter (id int primary key);
  insert into meter values (1);
  create table readings (id int, at timestamptz not null, meter int references meter, value real) partition by range (at);
  create table readings_2026_09 partition of readings for values from ('2026-09-01 00:00+00') to ('2026-10-01 00:00+00');
  create table readings_2026_10 partition of readings for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
  create table readings_2026_11 partition of readings for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
  insert into readings select i, '2026-09-01'::timestamptz + i * interval '20 minutes', 1, i from generate_series(1, 5000) i;
  alter database shop set timezone = 'UTC';`;
const rest = 'create table rest partition of readings default;';
const plain = `
  create table calculations (id int, at timestamptz not null);
  create index on calculations (at);
  insert into calculations select i, '2026-11-01' from generate_series(1, 500) i;`;

const ofMonths = [
  'select count(*) from readings',
  `begin; insert into readings values (1, '2026-11-22', 1); commit`,
];
const ofSeptember = [
  'select count(*) from readings_2026_09',
  `insert into readings_2026_09 values (1, '2026-09-22', 1)`,
];
const ofPlain = [
  'select count(*) from calculations',
  `insert into calculations values (1, '2026-11-22')`,
];
const ofHypertable = [
  'select count(*) from readings',
  'insert into readings values (1, now(), 1, 1)',
];

const index = { name: 'by_id', columns: ['id'] } as const;
const partitions = { deed: 'partitions', table: 'readings', column: 'at', every: 'month' } as const;
const detached = { ...partitions, ahead: 0, keep: 1 } as const;
const dropDetached = {
  deed: 'dropDetached',
  table: 'readings',
  column: 'at',
  keep: 1,
  backup: { hours: 24 },
} as const;
const hypertable = { deed: 'hypertable', table: 'readings', aggregates: [] } as const;
const aggregate = {
  ...hourly,
  figures: { rows: 'count(*)' },
};
const through = { beside: 'goes through' } as const;
const givesWay = { beside: 'gives way' } as const;

/** A new kind of deed does not compile before it has a case here. */
export const everyKind: {
  readonly [N in SqlDeed['deed']]: Readonly<Record<string, Case>>;
} = {
  setting: {
    'of the server': {
      setUp: plain,
      step: { deed: 'settings', settings: { work_mem: '20MB' }, restart: false },
      application: ofPlain,
      ...through,
      back: through,
    },
  },
  index: {
    'of a table': {
      setUp: plain,
      step: {
        deed: 'indexes',
        indexes: [{ ...index, table: 'calculations', how: 'concurrently' }],
      },
      application: ofPlain,
      beside: 'waits',
      back: { beside: 'waits' },
    },
    'of partitions': {
      setUp: months,
      step: { deed: 'indexes', indexes: [{ ...index, table: 'readings', how: 'per-partition' }] },
      application: ofMonths,
      ...givesWay,
      back: givesWay,
    },
    'of a hypertable, up to the statement that only the library reads': {
      step: {
        deed: 'indexes',
        indexes: [{ ...index, columns: ['meter_id'], table: 'readings', how: 'per-chunk' }],
      },
      application: ofHypertable,
      ...givesWay,
      isOnStandIn: true,
      isNotRead: true,
    },
  },
  table: {
    'that is plain': {
      setUp: plain,
      step: { deed: 'tables', tables: { calculations: { fillfactor: '90' } } },
      application: ofPlain,
      ...through,
      back: through,
    },
  },
  partition: {
    'alone with others by range': {
      setUp: months,
      step: { ...partitions, ahead: 1 },
      application: ofMonths,
      ...through,
      back: givesWay,
    },
    'beside a default one': {
      setUp: months + rest,
      step: { ...partitions, ahead: 1 },
      application: [...ofMonths, `insert into readings values (1, '2020-01-01', 1)`],
      ...givesWay,
      back: givesWay,
    },
  },
  partitioned: {
    'beside a plain one': {
      setUp: plain,
      step: {
        ...partitions,
        table: 'calculations',
        ahead: 1,
        through: { table: 'calculations_new', key: ['id', 'at'] },
      },
      application: ofPlain,
      ...through,
      back: { open: ['select from calculations_new', ...ofPlain], ...givesWay },
    },
  },
  detachment: {
    'beside everybody': {
      setUp: months,
      step: detached,
      application: [...ofMonths, ...ofSeptember],
      beside: 'waits',
      back: { open: ofSeptember, ...givesWay },
    },
    'at once, where there is a default partition': {
      setUp: months + rest,
      step: detached,
      application: [...ofMonths, ...ofSeptember],
      ...givesWay,
      back: { open: ofSeptember, ...givesWay },
    },
    // What a foreign key refers to is locked for a moment when one comes back.
    'and the table alone in use, which refers to no other': {
      setUp: months.replace(' references meter', ''),
      step: detached,
      application: [...ofMonths, ...ofSeptember],
      open: [],
      ...through,
      back: { open: ofMonths, ...through },
    },
  },
  drop: {
    'of a month that somebody still reads': {
      setUp: months,
      after: detached,
      step: dropDetached,
      application: ofMonths,
      open: ['select from readings_2026_09'],
      ...givesWay,
    },
    'of a month that refers to a table in use': {
      setUp: months,
      after: detached,
      step: dropDetached,
      application: ofMonths,
      ...givesWay,
    },
  },
  'timescale-chunks': {
    'on the stand-in, whose own locks are not TimescaleDB’s': {
      step: { ...hypertable, chunkHours: 1 },
      application: ofHypertable,
      ...through,
      back: through,
      isOnStandIn: true,
    },
  },
  'timescale-policy': {
    'on the stand-in, whose own locks are not TimescaleDB’s': {
      after: { ...hypertable, keepDays: 90 },
      step: { ...hypertable, keepDays: 365 },
      application: ofHypertable,
      ...through,
      back: through,
      isOnStandIn: true,
    },
  },
  'timescale-compression': {
    'on the stand-in, up to the statement that only the library reads': {
      step: { ...hypertable, compress: { afterDays: 7 } },
      application: ofHypertable,
      ...through,
      isOnStandIn: true,
      isNotRead: true,
    },
  },
  'timescale-aggregate': {
    'on the stand-in, up to the statement that only the library reads': {
      step: { ...hypertable, aggregates: [aggregate] },
      application: ofHypertable,
      ...through,
      isOnStandIn: true,
      isNotRead: true,
    },
  },
  'timescale-refresh': {
    'on the stand-in, whose own locks are not TimescaleDB’s': {
      step: { ...hypertable, aggregates: [aggregate] },
      afterKind: 'timescale-aggregate',
      application: [...ofHypertable, 'select count(*) from readings_hourly'],
      ...through,
      isOnStandIn: true,
    },
  },
};
