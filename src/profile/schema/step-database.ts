// The form of a database step: settings, indexes, partitions, hypertables, table settings, replicas, a pooler or shards, as data.
import { z } from 'zod';
import { promqlString, sentence, template, typedName } from './parts.ts';
import { commonOfChanges, stepNumber, stepText } from './step-parts.ts';

/** Names of tables, columns, indexes and settings, which are looked up and quoted before anything is made of them. */
const databaseName = z
  .string()
  .max(63)
  .regex(
    /^[a-z_][a-z0-9_.]*$/,
    'expected a name of lower-case letters, digits, underscores and dots',
  );

const settingsOf = z.record(databaseName, stepText);

const column = z
  .string()
  .max(80)
  .regex(/^[a-z_][a-z0-9_]*( (ASC|DESC))?$/, 'expected a column, such as meter_id or at DESC');

const index = z.strictObject({
  name: databaseName,
  table: databaseName,
  columns: z.array(column).min(1).max(32),
  include: z.array(databaseName).max(32).optional(),
  where: sentence.optional().meta({ description: 'The condition of a partial index, as SQL.' }),
  how: z.enum(['concurrently', 'per-chunk', 'per-partition']).default('concurrently').meta({
    description:
      'Plain tables build concurrently, hypertables one chunk a transaction, partitioned tables one partition after the other.',
  }),
});

const partitions = z.strictObject({
  table: databaseName,
  column: databaseName,
  every: z.literal('month').default('month'),
  ahead: stepNumber.meta({ description: 'How many coming months have their partition.' }),
  keep: stepNumber.optional().meta({
    description: 'How many past months stay attached; older ones are detached, never dropped.',
  }),
  through: z
    .strictObject({ table: databaseName, key: z.array(databaseName).min(1).max(32) })
    .optional()
    .meta({ description: 'The new partitioned table, with its key, when the old one is plain.' }),
});

const backup = z
  .strictObject({
    hours: z.number().positive().max(168),
    promql: promqlString.optional().meta({
      description: 'The age of the newest backup in hours. (Default: what CloudNativePG says)',
    }),
  })
  .meta({
    description:
      'Needed: how old the newest backup may be. Measured before people see the plan and before each drop; what is not known stops it.',
  });

const dropDetached = z
  .strictObject({
    table: databaseName,
    column: databaseName,
    keep: stepNumber.meta({ description: 'How many past months stay, attached or not.' }),
    // Asked for in words of its own, which say why a person does not stand in for it.
    backup: backup.optional(),
  })
  .meta({
    description:
      'Drops detached months with their rows, for good: a procedure of its own, by the stricter rule.',
  });

const aggregate = z.strictObject({
  name: databaseName,
  bucketMinutes: stepNumber,
  refreshEveryMinutes: stepNumber,
  fromMinutesAgo: stepNumber,
  toMinutesAgo: stepNumber,
  keepDays: stepNumber.optional(),
  groupBy: z.array(databaseName).max(32),
  figures: z
    .record(databaseName, z.string().max(200))
    .meta({ description: 'Columns by name, as SQL over the hypertable.' }),
});

const hypertable = z.strictObject({
  table: databaseName,
  chunkHours: stepNumber.optional(),
  compress: z
    .strictObject({
      afterDays: stepNumber,
      segmentBy: z.array(databaseName).max(32).optional(),
      orderBy: z.array(column).max(32).optional(),
    })
    .optional(),
  keepDays: stepNumber.optional(),
  aggregates: z.array(aggregate).max(20).default([]).meta({
    description: 'Created without data and refreshed in steps; one that is there is kept.',
  }),
});

const pooler = z.strictObject({
  replicas: stepNumber,
  settings: settingsOf.meta({ description: 'By PgBouncer’s own names.' }),
});

const shards = z.strictObject({
  count: stepNumber,
  by: databaseName.meta({ description: 'What decides on the shard.' }),
  instances: stepNumber.optional().meta({ description: 'Servers of each shard.' }),
  gib: stepNumber.optional().meta({ description: 'Storage of each shard.' }),
  load: stepNumber.optional().meta({ description: 'How many units one shard shall hold.' }),
  rebalanceAbovePercent: stepNumber.optional(),
  map: z
    .strictObject({ component: z.string(), config: template, key: z.string().max(253) })
    .optional()
    .meta({ description: 'The ConfigMap that holds who belongs to which shard.' }),
});

/** What a database step does; exactly one, but settings may come with a restart. */
export const databaseDeeds = {
  settings: settingsOf.optional(),
  restart: z.literal(true).optional().meta({
    description: 'A plan of its own: it needs somebody for databases, and a window.',
  }),
  indexes: z.array(index).min(1).max(30).optional(),
  partitions: partitions.optional(),
  dropDetached: dropDetached.optional(),
  hypertable: hypertable.optional(),
  tables: z.record(databaseName, settingsOf).optional().meta({
    description: 'Settings of tables.',
  }),
  replicas: stepNumber.optional().meta({ description: 'Read replicas beside the primary.' }),
  pooler: pooler.optional(),
  shards: shards.optional(),
};

/** A database step. */
export const databaseStep = z.strictObject({
  name: typedName.default('main').meta({ description: 'A database named in headroom.yaml.' }),
  component: z.string().optional().meta({ description: 'The component that is the database.' }),
  ...databaseDeeds,
  ...commonOfChanges,
});
