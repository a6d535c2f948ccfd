// Says in words what a step of a procedure does to a database; identifiers and SQL stand there as they will be used.
import { formatNumber } from '../profile/amount.ts';
import type { DatabaseDeed, PlannedIndex, Texts } from './planned-step.ts';

/** One line on what is done, without a full stop. */
export function deedWords(deed: DatabaseDeed): string {
  switch (deed.deed) {
    case 'settings':
      return `${settingsWords(deed.settings)}${deed.restart ? ', then a restart' : ''}`;
    case 'restart':
      return 'restart';
    case 'indexes':
      return deed.indexes.map(indexWords).join('; ');
    case 'partitions': {
      const keep = deed.keep === undefined ? '' : `, ${deed.keep} kept attached`;
      const through =
        deed.through === undefined
          ? ''
          : `, through the new table ${deed.through.table} with the key (${deed.through.key.join(', ')})`;
      return `${deed.table} by ${deed.column}, one partition a ${deed.every}, ${deed.ahead} ahead${keep}${through}`;
    }
    case 'dropDetached':
      return `${deed.table}: its detached months are dropped for good, ${deed.keep} past ones kept; only while a backup is at most ${formatNumber(deed.backup.hours)} h old`;
    case 'hypertable':
      return hypertableWords(deed);
    case 'tables':
      return Object.entries(deed.tables)
        .map(([table, settings]) => `${table}: ${settingsWords(settings)}`)
        .join('; ');
    case 'replicas':
      return deed.replicas === 1 ? '1 read replica' : `${deed.replicas} read replicas`;
    case 'pooler':
      return `PgBouncer with ${deed.replicas} replicas: ${settingsWords(deed.settings)}`;
    case 'shards':
      return shardsWords(deed);
  }
}

function settingsWords(settings: Texts): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}

function indexWords({ name, table, columns, include, where, how }: PlannedIndex): string {
  const including = include === undefined ? '' : ` include (${include.join(', ')})`;
  const partial = where === undefined ? '' : ` where ${where}`;
  const manner = {
    concurrently: 'concurrently',
    'per-chunk': 'one chunk a transaction',
    'per-partition': 'partition by partition',
  }[how];
  return `index ${name} on ${table} (${columns.join(', ')})${including}${partial}, ${manner}`;
}

function hypertableWords(deed: Extract<DatabaseDeed, { deed: 'hypertable' }>): string {
  const { chunkHours, compress, keepDays, aggregates } = deed;
  const by = [
    ...(compress?.segmentBy ? [`by ${compress.segmentBy.join(', ')}`] : []),
    ...(compress?.orderBy ? [`in the order ${compress.orderBy.join(', ')}`] : []),
  ];
  const parts = [
    ...(chunkHours === undefined ? [] : [`chunks of ${hours(chunkHours)}`]),
    ...(compress === undefined
      ? []
      : [[`compressed after ${compress.afterDays} days`, ...by].join(' ')]),
    ...(keepDays === undefined ? [] : [`raw rows kept ${keepDays} days`]),
    ...aggregates.map(({ name, bucketMinutes, refreshEveryMinutes, keepDays: kept }) => {
      const keep = kept === undefined ? '' : `, kept ${kept} days`;
      return `aggregate ${name} of ${hours(bucketMinutes / 60)}, refreshed every ${hours(refreshEveryMinutes / 60)}${keep}`;
    }),
  ];
  return `${deed.table}: ${parts.join('; ')}`;
}

function hours(count: number): string {
  if (count < 1) return `${formatNumber(count * 60)} min`;
  return count % 24 === 0 ? `${count / 24} d` : `${formatNumber(count)} h`;
}

function shardsWords(deed: Extract<DatabaseDeed, { deed: 'shards' }>): string {
  const { count, by, instances, gib, load, rebalanceAbovePercent, map } = deed;
  const each = [
    ...(instances === undefined ? [] : [`${instances} servers`]),
    ...(gib === undefined ? [] : [`${formatNumber(gib)}Gi`]),
    ...(load === undefined ? [] : [`about ${load}`]),
  ];
  const parts = [
    `${count} shards by ${by}`,
    ...(each.length === 0 ? [] : [`each ${each.join(', ')}`]),
    ...(rebalanceAbovePercent === undefined
      ? []
      : [`rebalanced above ${formatNumber(rebalanceAbovePercent)} % imbalance`]),
    ...(map === undefined ? [] : [`the map in ConfigMap ${map.configMap}`]),
  ];
  return parts.join(', ');
}
