// The server settings that plans may write: each with its kind and the bounds we keep to.

/** What kind of value a setting has. Memory and time may be written with the units of PostgreSQL. */
export type ParameterKind = 'memory' | 'time' | 'integer' | 'real' | 'boolean';

export interface Parameter {
  readonly kind: ParameterKind;
  /** The least and the most that is written: bytes, milliseconds or the number itself. The server may allow more. */
  readonly min?: number;
  readonly max?: number;
  /** Some version needs a restart for it; what counts is what the server says, where it can be asked. */
  readonly restart?: true;
  /** A standby must have at least as much as its primary (PostgreSQL manual, 26.4.4), so it gets more first and less last. */
  readonly standbyFirst?: true;
  /** The extension it belongs to. */
  readonly extension?: string;
}

const kiB = 1024;
const miB = 1024 * kiB;
const giB = 1024 * miB;

/**
 * Nothing else is ever written. Bounds are ours where the server's are no help: its most for shared_buffers is 8 TiB.
 * Whether one needs a restart is not the same in
 * all versions, so the server is asked. The kinds are checked against real servers.
 */
const all = {
  max_connections: { kind: 'integer', min: 10, max: 5000, standbyFirst: true, restart: true },
  max_worker_processes: { kind: 'integer', min: 1, max: 256, standbyFirst: true, restart: true },
  max_wal_senders: { kind: 'integer', min: 1, max: 256, standbyFirst: true, restart: true },
  max_prepared_transactions: {
    kind: 'integer',
    min: 0,
    max: 5000,
    standbyFirst: true,
    restart: true,
  },
  max_locks_per_transaction: {
    kind: 'integer',
    min: 10,
    max: 10_000,
    standbyFirst: true,
    restart: true,
  },
  max_replication_slots: { kind: 'integer', min: 1, max: 256, restart: true },
  shared_buffers: { kind: 'memory', min: 16 * miB, max: 512 * giB, restart: true },
  wal_buffers: { kind: 'memory', min: 64 * kiB, max: giB, restart: true },
  autovacuum_max_workers: { kind: 'integer', min: 1, max: 64, restart: true },
  'timescaledb.max_background_workers': {
    kind: 'integer',
    min: 1,
    max: 256,
    // Its library defines it so in every version, and takes it at the start of the server only.
    restart: true,
    extension: 'timescaledb',
  },
  effective_cache_size: { kind: 'memory', min: 16 * miB, max: 4096 * giB },
  maintenance_work_mem: { kind: 'memory', min: miB, max: 64 * giB },
  autovacuum_work_mem: { kind: 'memory', min: miB, max: 64 * giB },
  work_mem: { kind: 'memory', min: 64 * kiB, max: 16 * giB },
  temp_buffers: { kind: 'memory', min: 800 * kiB, max: 16 * giB },
  min_wal_size: { kind: 'memory', min: 32 * miB, max: 1024 * giB },
  max_wal_size: { kind: 'memory', min: 32 * miB, max: 1024 * giB },
  max_slot_wal_keep_size: { kind: 'memory', min: 0, max: 4096 * giB },
  wal_keep_size: { kind: 'memory', min: 0, max: 4096 * giB },
  checkpoint_completion_target: { kind: 'real', min: 0, max: 1 },
  checkpoint_timeout: { kind: 'time', min: 30_000, max: 86_400_000 },
  default_statistics_target: { kind: 'integer', min: 1, max: 10_000 },
  random_page_cost: { kind: 'real', min: 0, max: 100 },
  seq_page_cost: { kind: 'real', min: 0, max: 100 },
  effective_io_concurrency: { kind: 'integer', min: 0, max: 1000 },
  max_parallel_workers: { kind: 'integer', min: 0, max: 1024 },
  max_parallel_workers_per_gather: { kind: 'integer', min: 0, max: 1024 },
  max_parallel_maintenance_workers: { kind: 'integer', min: 0, max: 1024 },
  autovacuum_naptime: { kind: 'time', min: 1000, max: 86_400_000 },
  autovacuum_vacuum_cost_limit: { kind: 'integer', min: 1, max: 10_000 },
  autovacuum_vacuum_cost_delay: { kind: 'time', min: 0, max: 100 },
  autovacuum_vacuum_scale_factor: { kind: 'real', min: 0, max: 100 },
  autovacuum_vacuum_threshold: { kind: 'integer', min: 0, max: 2_147_483_647 },
  autovacuum_analyze_scale_factor: { kind: 'real', min: 0, max: 100 },
  autovacuum_analyze_threshold: { kind: 'integer', min: 0, max: 2_147_483_647 },
  max_standby_streaming_delay: { kind: 'time', min: 0, max: 86_400_000 },
  hot_standby_feedback: { kind: 'boolean' },
  idle_in_transaction_session_timeout: { kind: 'time', min: 0, max: 86_400_000 },
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof all;

/** By name. */
export const parameters: Readonly<Record<ParameterName, Parameter>> = all;

export function isParameter(name: string): name is ParameterName {
  return Object.hasOwn(all, name);
}
