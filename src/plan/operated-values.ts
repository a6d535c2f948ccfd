// Judges the values of settings that CloudNativePG writes, by its Cluster alone: its servers start with whatever stands there, or do not.

import type { SeenObject } from '../change/compare.ts';
import { valueAt } from '../change/pointer.ts';
import { amountOf } from '../database/amounts.ts';
import { whyNotParameterValue } from '../database/parameter-value.ts';
import { isParameter, type ParameterName } from '../database/parameters.ts';
import { fittingMemory, type MemoryFit } from '../database/settings-memory.ts';
import type { Texts } from '../sizing/planned-step.ts';
import { memoryOfServer } from './database-memory.ts';

/** In what a number without a unit counts (PostgreSQL manual, chapter 19); the same in all versions. */
const units: Partial<Readonly<Record<ParameterName, string>>> = {
  shared_buffers: '8kB',
  wal_buffers: '8kB',
  effective_cache_size: '8kB',
  temp_buffers: '8kB',
  work_mem: 'kB',
  maintenance_work_mem: 'kB',
  autovacuum_work_mem: 'kB',
  min_wal_size: 'MB',
  max_wal_size: 'MB',
  max_slot_wal_keep_size: 'MB',
  wal_keep_size: 'MB',
  checkpoint_timeout: 's',
  autovacuum_naptime: 's',
  autovacuum_vacuum_cost_delay: 'ms',
  max_standby_streaming_delay: 'ms',
  idle_in_transaction_session_timeout: 'ms',
};

/** What holds where the Cluster says nothing: PostgreSQL's own, and CloudNativePG's for workers. */
const usual = {
  shared_buffers: '128MB',
  wal_buffers: '-1',
  work_mem: '4MB',
  temp_buffers: '8MB',
  maintenance_work_mem: '64MB',
  autovacuum_work_mem: '-1',
  autovacuum_max_workers: '3',
  max_connections: '100',
  max_prepared_transactions: '0',
  max_locks_per_transaction: '64',
  max_worker_processes: '32',
  max_parallel_workers: '32',
  'timescaledb.max_background_workers': '0',
} as const satisfies Partial<Record<ParameterName, string>>;

/** Before this one a vacuum keeps less; of an image that does not say its version the newer counts. */
const versionUnknown = 170_000;

/** Why the servers would not start with these values, or not for long; with the sum for people where they do. */
export function fittingValues(settings: Texts, cluster: SeenObject): MemoryFit {
  const wrong = Object.entries(settings)
    .map(([name, value]) => whyNotValue(name, value))
    .find((each) => each !== undefined);
  if (wrong !== undefined) return { problem: wrong, notes: [] };
  const present = valueAt(cluster.value, '/spec/postgresql/parameters') ?? {};
  const texts = new Map<string, unknown>(Object.entries({ ...usual, ...present, ...settings }));
  const of = (name: keyof typeof usual) =>
    amountOf(String(texts.get(name)), units[name]) ?? amountOf(usual[name], units[name]) ?? 0;
  const isWanted = (...names: readonly string[]) =>
    names.some((each) => Object.hasOwn(settings, each));
  const [all, parallel] = [of('max_worker_processes'), of('max_parallel_workers')];
  const timescale = of('timescaledb.max_background_workers');
  const isOfWorkers = isWanted(
    'max_worker_processes',
    'max_parallel_workers',
    'timescaledb.max_background_workers',
  );
  if (isOfWorkers && all < parallel + timescale) {
    const problem = `max_worker_processes ${all} is fewer than the ${parallel + timescale} that max_parallel_workers and timescaledb.max_background_workers ask for together`;
    return { problem, notes: [] };
  }
  const memory = {
    shared_buffers: of('shared_buffers'),
    wal_buffers: of('wal_buffers'),
    work_mem: of('work_mem'),
    temp_buffers: of('temp_buffers'),
    maintenance_work_mem: of('maintenance_work_mem'),
    autovacuum_work_mem: of('autovacuum_work_mem'),
    autovacuum_max_workers: of('autovacuum_max_workers'),
    max_connections: of('max_connections'),
    max_prepared_transactions: of('max_prepared_transactions'),
    max_locks_per_transaction: of('max_locks_per_transaction'),
  };
  if (!isWanted(...Object.keys(memory))) return { notes: [] };
  return fittingMemory(memory, {
    memoryBytes: memoryOfServer(cluster),
    version: versionIn(valueAt(cluster.value, '/spec/imageName')),
  });
}

function whyNotValue(name: string, value: string): string | undefined {
  if (!isParameter(name)) {
    return `${name} is not among the settings that Headroom writes (docs/databases.md)`;
  }
  return whyNotParameterValue(name, value, units[name]);
}

/** `registry.example/postgresql:16.4-1` is 160000. */
function versionIn(image: unknown): number {
  const major = typeof image === 'string' ? /:(\d{2})(?!\d)[^:/]*$/.exec(image)?.[1] : undefined;
  return major === undefined ? versionUnknown : Number(major) * 10_000;
}
