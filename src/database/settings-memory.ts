// Whether the memory that settings allow for fits into the container of the server, before the kernel ends it.

import { formatNumber } from '../profile/amount.ts';

/** What the settings come to with those that stay, in bytes and counts. */
export interface MemorySettings {
  readonly shared_buffers: number;
  readonly wal_buffers: number;
  readonly work_mem: number;
  readonly temp_buffers: number;
  readonly maintenance_work_mem: number;
  readonly autovacuum_work_mem: number;
  readonly autovacuum_max_workers: number;
  readonly max_connections: number;
  readonly max_prepared_transactions: number;
  readonly max_locks_per_transaction: number;
}

export interface MemoryFit {
  readonly problem?: string;
  readonly notes: readonly string[];
}

/** Of a container's memory; more would leave too little for connections and sorts, and the kernel ends the server. */
const sharedShareMax = 0.6;
/** Of shared memory for each lock that there is room for; measured on 15 and 18 (`postgres -C shared_memory_size`). */
const lockBytes = 400;
/** Before PostgreSQL 17 a vacuum keeps at most so much, whatever it may. */
const oldVacuumMax = 1024 ** 3;

/** @param memoryBytes of the server's container; without it only the sums are told. */
export function fittingMemory(
  settings: MemorySettings,
  { memoryBytes, version }: { readonly memoryBytes: number | undefined; readonly version: number },
): MemoryFit {
  const { work_mem: sort, maintenance_work_mem: upkeep, max_connections: connections } = settings;
  // -1 means for WAL: as it sees fit, 16 MiB at most; and for autovacuum: as maintenance_work_mem.
  const wal = Math.max(settings.wal_buffers, 0);
  const holders = connections + settings.max_prepared_transactions;
  const locks = settings.max_locks_per_transaction * holders * lockBytes;
  const shared = settings.shared_buffers + wal + locks;
  const sorts = connections * sort;
  const each = settings.autovacuum_work_mem >= 0 ? settings.autovacuum_work_mem : upkeep;
  const vacuum = version < 170_000 ? Math.min(each, oldVacuumMax) : each;
  const vacuums = vacuum * settings.autovacuum_max_workers;
  const sum = `shared_buffers ${gib(settings.shared_buffers)} and max_connections × work_mem ${gib(sorts)} are ${gib(settings.shared_buffers + sorts)}`;
  if (memoryBytes === undefined) {
    const more =
      vacuums > 0 ? `, and autovacuum may take ${gib(vacuums)} and a build ${gib(upkeep)}` : '';
    return {
      notes: [
        `${sum}${more}; the memory of the server's container is not known, so compare it yourself`,
      ],
    };
  }
  const whole = `the ${gib(memoryBytes)} of the server's container`;
  if (shared > memoryBytes * sharedShareMax) {
    const share = `${formatNumber(sharedShareMax * 100)} %`;
    const parts = [
      'shared_buffers',
      ...(wal > 0 ? ['wal_buffers'] : []),
      // Room for a few is a few megabytes.
      ...(locks > memoryBytes / 100 ? ['max_locks_per_transaction × max_connections'] : []),
    ];
    return refused(
      `${parts.join(' and ')} ${gib(shared)} ${parts.length > 1 ? 'are' : 'is'} more than ${share} of ${whole}; give it more memory first`,
    );
  }
  const alone: readonly (readonly [string, number])[] = [
    ['one sort of work_mem', sort],
    ['the temp_buffers of one connection', settings.temp_buffers],
    ['one build or vacuum of maintenance_work_mem', upkeep],
    ['autovacuum_max_workers × autovacuum_work_mem (or maintenance_work_mem)', vacuums],
  ];
  const over = alone.find(([, bytes]) => shared + bytes > memoryBytes);
  if (over !== undefined) {
    const [what, bytes] = over;
    return refused(
      `${what}, ${gib(bytes)}, and shared_buffers ${gib(settings.shared_buffers)} are more than ${whole}: the kernel would end the server`,
    );
  }
  const isTight = shared + sorts > memoryBytes;
  const notes = `${sum} of the ${gib(memoryBytes)} of its container`;
  return {
    notes: [isTight ? `${notes}: if all connections sort at once it runs out of memory` : notes],
  };
}

function refused(problem: string): MemoryFit {
  return { problem, notes: [] };
}

function gib(bytes: number): string {
  return `${formatNumber(Math.round((bytes / 1024 ** 3) * 10) / 10)} GiB`;
}
