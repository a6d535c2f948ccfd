// Works out what one step of a procedure does to a database, with every value in place.
import { assert } from '../errors.ts';
import type { Details } from '../profile/procedure.ts';
import type { DatabaseDeed, PlannedAggregate } from './planned-step.ts';
import { filled, type Scope, type StepValues, textsOf } from './step-values.ts';

type DatabaseStep = Details<'database'>;

/** The one thing the step does; settings may come with a restart. */
export function databaseDeed(step: DatabaseStep, values: StepValues, scope: Scope): DatabaseDeed {
  const { settings, restart, indexes, partitions, dropDetached } = step;
  const { hypertable, tables, replicas } = step;
  if (settings !== undefined) {
    return {
      deed: 'settings',
      settings: textsOf(settings, values),
      restart: restart === true,
    };
  }
  if (restart === true) return { deed: 'restart' };
  if (indexes !== undefined) return { deed: 'indexes', indexes: indexes.map(withoutEmpty) };
  if (partitions !== undefined) return partitionsDeed(partitions, values);
  if (dropDetached !== undefined) return dropDeed(dropDetached, values);
  if (hypertable !== undefined) return hypertableDeed(hypertable, values);
  if (tables !== undefined) {
    const entries = Object.entries(tables).map(([name, set]) => [name, textsOf(set, values)]);
    return { deed: 'tables', tables: Object.fromEntries(entries) };
  }
  if (replicas !== undefined) return { deed: 'replicas', replicas: values.whole(replicas) };
  return poolerOrShards(step, values, scope);
}

type IndexFile = NonNullable<DatabaseStep['indexes']>[number];

/** A key that is not given is absent, and not there without a value. */
function withoutEmpty({ include, where, ...rest }: IndexFile) {
  return { ...rest, ...(include && { include }), ...(where !== undefined && { where }) };
}

function partitionsDeed(
  { table, column, every, ahead, keep, through }: NonNullable<DatabaseStep['partitions']>,
  { whole }: StepValues,
): DatabaseDeed {
  return {
    deed: 'partitions',
    table,
    column,
    every,
    ahead: whole(ahead),
    ...(keep !== undefined && { keep: whole(keep) }),
    ...(through && { through }),
  };
}

function dropDeed(
  { table, column, keep, backup }: NonNullable<DatabaseStep['dropDetached']>,
  { whole }: StepValues,
): DatabaseDeed {
  assert(backup !== undefined, 'a checked step says how its backup is measured');
  const { hours, promql } = backup;
  return {
    deed: 'dropDetached',
    table,
    column,
    keep: whole(keep),
    backup: { hours, ...(promql !== undefined && { promql }) },
  };
}

type HypertableFile = NonNullable<DatabaseStep['hypertable']>;

function hypertableDeed(
  { table, chunkHours, compress, keepDays, aggregates }: HypertableFile,
  values: StepValues,
): DatabaseDeed {
  return {
    deed: 'hypertable',
    table,
    ...(chunkHours !== undefined && { chunkHours: values.whole(chunkHours) }),
    ...(compress && {
      compress: {
        afterDays: values.whole(compress.afterDays),
        ...(compress.segmentBy && { segmentBy: compress.segmentBy }),
        ...(compress.orderBy && { orderBy: compress.orderBy }),
      },
    }),
    ...(keepDays !== undefined && { keepDays: values.whole(keepDays) }),
    aggregates: aggregates.map((each) => aggregateOf(each, values)),
  };
}

function aggregateOf(
  file: HypertableFile['aggregates'][number],
  { whole }: StepValues,
): PlannedAggregate {
  return {
    name: file.name,
    bucketMinutes: whole(file.bucketMinutes),
    refreshEveryMinutes: whole(file.refreshEveryMinutes),
    fromMinutesAgo: whole(file.fromMinutesAgo),
    toMinutesAgo: whole(file.toMinutesAgo),
    ...(file.keepDays !== undefined && { keepDays: whole(file.keepDays) }),
    groupBy: file.groupBy,
    figures: file.figures,
  };
}

function poolerOrShards(
  { pooler, shards }: DatabaseStep,
  values: StepValues,
  scope: Scope,
): DatabaseDeed {
  if (pooler !== undefined) {
    const replicas = values.whole(pooler.replicas);
    return { deed: 'pooler', replicas, settings: textsOf(pooler.settings, values) };
  }
  assert(shards !== undefined, 'a checked database step does something');
  const { count, by, instances, gib, load, rebalanceAbovePercent, map } = shards;
  return {
    deed: 'shards',
    count: values.whole(count),
    by,
    ...(instances !== undefined && { instances: values.whole(instances) }),
    ...(gib !== undefined && { gib: values.whole(gib) }),
    ...(load !== undefined && { load: values.whole(load) }),
    ...(rebalanceAbovePercent !== undefined && {
      rebalanceAbovePercent: values.number(rebalanceAbovePercent),
    }),
    ...(map && { map: { configMap: filled(map.config, scope), key: map.key } }),
  };
}
