// How a database server fares: what is asked of its own views, and what the answers say. Small reads, without any lock.

import { z } from 'zod';
import type { Query, Row } from './query.ts';

/** One question about a server, and what its rows say. */
export interface HealthRead<T> {
  readonly query: Query;
  read(rows: readonly Row[]): T;
}

export interface ServerNow {
  /** Such as `18.0`. */
  readonly version: string;
  readonly database: string;
  readonly isStandby: boolean;
  readonly maxConnections: number;
  /** Of max_connections: kept for superusers and for roles that may use them. */
  readonly reserved: number;
}

const server = z.object({
  version: z.string(),
  database: z.string(),
  standby: z.boolean(),
  max: z.number(),
  reserved: z.number(),
});

/** Who it is. `reserved_connections` came with version 16. */
export const serverNow: HealthRead<ServerNow> = {
  query: {
    text: `select current_setting('server_version') as version, current_database() as database, pg_is_in_recovery() as standby,
                  current_setting('max_connections')::int as max,
                  current_setting('superuser_reserved_connections')::int
                    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved`,
  },
  read: (rows) => {
    const { version, database, standby, max, reserved } = onlyOne(server, rows);
    return { version, database, isStandby: standby, maxConnections: max, reserved };
  },
};

export interface ConnectionsNow {
  /** All that count against max_connections, of every database of the server; not the one that asks. */
  readonly used: number;
  /** Most first. Sessions that our role may not look into are without a state. */
  readonly byState: readonly Counted[];
  readonly byApplication: readonly Counted[];
}

/** How many of one name. */
export interface Counted {
  readonly name: string;
  readonly count: number;
}

const sessions = z.object({ state: z.string(), application: z.string(), count: z.number() });

/** Without pg_read_all_stats the kind and state of others' sessions are null; their database tells them from the server's own. */
export const connectionsNow: HealthRead<ConnectionsNow> = {
  query: {
    text: `select coalesce(state, 'in a state that is not shown') as state,
                  coalesce(nullif(application_name, ''), 'without a name') as application, count(*)::int as count
             from pg_stat_activity
            where (backend_type = 'client backend' or (backend_type is null and datid is not null)) and pid <> pg_backend_pid()
            group by 1, 2`,
  },
  read: (rows) => {
    const all = rows.map((row) => sessions.parse(row));
    return {
      used: all.reduce((sum, { count }) => sum + count, 0),
      byState: summed(all.map(({ state, count }) => ({ name: state, count }))),
      byApplication: summed(all.map(({ application, count }) => ({ name: application, count }))),
    };
  },
};

function summed(all: readonly Counted[]): readonly Counted[] {
  const counts = new Map<string, number>();
  for (const { name, count } of all) counts.set(name, (counts.get(name) ?? 0) + count);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}

export interface StandbyNow {
  /** Its application_name, which standbys are called by. */
  readonly name: string;
  /** `streaming`, `catchup`, …; absent where our role may not look. */
  readonly state?: string;
  /** `async`, `sync`, `quorum`, `potential`. */
  readonly sync?: string;
  /** How long ago it was here what is shown there; absent where nobody knows. */
  readonly lagSeconds?: number;
  readonly lagBytes?: number;
}

const sender = z.object({
  name: z.string(),
  state: z.string().nullable(),
  sync: z.string().nullable(),
  seconds: z.number().nullable(),
  bytes: z.number().nullable(),
});

/**
 * Who receives the write-ahead log of this server in order to replay it: no base backups, archivers or subscribers. No
 * bytes are no seconds: a standby that has caught up reports no time any more, and the server goes on showing its last one
 * for a while. A server that is a standby itself may have more from the archive than it has received.
 */
export const standbysNow: HealthRead<readonly StandbyNow[]> = {
  query: {
    text: `select application_name as name, state, sync_state as sync, extract(epoch from replay_lag)::float8 as seconds,
                  pg_wal_lsn_diff(
                    case when pg_is_in_recovery() then greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                         else pg_current_wal_lsn() end, replay_lsn
                  )::float8 as bytes
             from pg_stat_replication as sender
            where (state is null or (state <> 'backup' and replay_lsn is not null))
              and not exists (select from pg_replication_slots as slot
                               where slot.active_pid = sender.pid and slot.slot_type = 'logical')
            order by 1`,
  },
  read: (rows) =>
    rows
      .map((row) => sender.parse(row))
      .map(({ name, state, sync, seconds, bytes }) => {
        const lag = bytes !== null && bytes <= 0 ? 0 : seconds;
        return {
          name,
          ...(state !== null && { state }),
          ...(sync !== null && { sync }),
          ...(lag !== null && { lagSeconds: lag }),
          ...(bytes !== null && { lagBytes: Math.max(0, bytes) }),
        };
      }),
};

/** A standby about itself. */
export interface ReplayNow {
  /** It is connected to its primary. */
  readonly isReceiving: boolean;
  /** Absent where it has replayed nothing since it started. */
  readonly lagSeconds?: number;
  /** Received and not replayed yet. */
  readonly lagBytes?: number;
}

const replay = z.object({
  receiving: z.boolean(),
  seconds: z.number().nullable(),
  bytes: z.number().nullable(),
});

/** Undefined on a primary. Where nothing is written on the primary the last transaction grows old without any lag. */
export const replayNow: HealthRead<ReplayNow | undefined> = {
  query: {
    text: `select exists (select from pg_stat_wal_receiver where pid is not null) as receiving,
                  extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp())::float8 as seconds,
                  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::float8 as bytes
            where pg_is_in_recovery()`,
  },
  read: ([row]) => {
    if (row === undefined) return undefined;
    const { receiving, seconds, bytes } = replay.parse(row);
    const isCaughtUp = receiving && bytes !== null && bytes <= 0;
    const lag = isCaughtUp ? 0 : seconds;
    return {
      isReceiving: receiving,
      ...(lag !== null && { lagSeconds: Math.max(0, lag) }),
      ...(bytes !== null && { lagBytes: Math.max(0, bytes) }),
    };
  },
};

export interface CountersNow {
  readonly hits: number;
  readonly reads: number;
  /** Of this database, those rolled back included, since its counters began. */
  readonly transactions: number;
  /** The server's time, in seconds, so that two of them give a rate. */
  readonly atSeconds: number;
  /** When the counters began; absent where they never were reset. */
  readonly since?: Date;
}

const counters = z.object({
  hits: z.number(),
  reads: z.number(),
  transactions: z.number(),
  at: z.number(),
  since: z.date().nullable(),
});

export const countersNow: HealthRead<CountersNow> = {
  query: {
    text: `select blks_hit::float8 as hits, blks_read::float8 as reads, (xact_commit + xact_rollback)::float8 as transactions,
                  extract(epoch from clock_timestamp())::float8 as at, stats_reset as since
             from pg_stat_database where datname = current_database()`,
  },
  read: (rows) => {
    const { at, since, ...rest } = onlyOne(counters, rows);
    return { ...rest, atSeconds: at, ...(since !== null && { since }) };
  },
};

/** Of blocks asked for, those found in the server's own memory; undefined before anything was read. */
export function cacheHitPercent({ hits, reads }: CountersNow): number | undefined {
  return hits + reads === 0 ? undefined : (100 * hits) / (hits + reads);
}

/** Of a later reading against an earlier one; undefined where the counters were reset in between. */
export function transactionsPerSecond(
  earlier: CountersNow,
  later: CountersNow,
): number | undefined {
  const seconds = later.atSeconds - earlier.atSeconds;
  const count = later.transactions - earlier.transactions;
  return seconds > 0 && count >= 0 ? count / seconds : undefined;
}

/** A transaction that has been open for a while, or one that was prepared and forgotten. */
export interface OpenTransaction {
  readonly role: string;
  readonly application: string;
  /** `active`, `idle in transaction`, `prepared`, …; absent where our role may not look. */
  readonly state?: string;
  readonly seconds: number;
}

const open = z.object({
  role: z.string().nullable(),
  application: z.string().nullable(),
  state: z.string().nullable(),
  seconds: z.number(),
});

/** The oldest first, of every database of the server: each holds back vacuum, and concurrent index builds wait for it. */
export const oldestTransactions: HealthRead<readonly OpenTransaction[]> = {
  query: {
    text: `select usename as role, nullif(application_name, '') as application, state,
                  extract(epoch from clock_timestamp() - xact_start)::float8 as seconds
             from pg_stat_activity
            where xact_start is not null and backend_type = 'client backend' and pid <> pg_backend_pid()
            union all
           select owner, null, 'prepared', extract(epoch from clock_timestamp() - prepared)::float8 from pg_prepared_xacts
            order by 4 desc limit 5`,
  },
  read: (rows) =>
    rows
      .map((row) => open.parse(row))
      .map(({ role, application, state, seconds }) => ({
        role: role ?? 'somebody',
        application: application ?? 'without a name',
        ...(state !== null && { state }),
        seconds: Math.max(0, seconds),
      })),
};

const named = z.object({ name: z.string() });

function names(text: string): HealthRead<readonly string[]> {
  return { query: { text }, read: (rows) => rows.map((row) => named.parse(row).name) };
}

/** Indexes that no query uses and every write pays for: left by a build that failed. One being built is none. */
export const invalidIndexes = names(
  `select nspname || '.' || relname as name
     from pg_index join pg_class on pg_class.oid = indexrelid join pg_namespace on pg_namespace.oid = relnamespace
    where not indisvalid and indexrelid not in (select index_relid from pg_stat_progress_create_index where index_relid is not null)
    order by 1`,
);

const built = z.object({ count: z.number() });

/** Indexes that anybody builds anew or again in any database of the server; a row is shown whatever our role may see of it. */
export const indexBuilds: HealthRead<number> = {
  query: { text: 'select count(*)::int as count from pg_stat_progress_create_index' },
  read: (rows) => onlyOne(built, rows).count,
};

/**
 * Settings that are written and take effect with the next restart only. Where the command line gives another value than the
 * files the server calls that pending as well, and no restart ever changes it.
 */
export const settingsPending = names(
  `select name from pg_settings where pending_restart and source <> 'command line' order by 1`,
);

/** @throws ZodError where there is none: a mistake in the query. */
function onlyOne<T>(row: z.ZodType<T>, [first]: readonly Row[]): T {
  return row.parse(first);
}
