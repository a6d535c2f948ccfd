// Whether a server comes back from its next restart with other settings, and whether its standbys go on beside it.

import { z } from 'zod';
import { assert } from '../errors.ts';
import { amountOf } from './amounts.ts';
import type { ServerFacts } from './drawing.ts';
import { type ParameterName, parameters } from './parameters.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** A setting, and the value that it shall have. */
export interface WantedSetting {
  readonly name: ParameterName;
  readonly after: string;
}

const inUse = z.object({
  connections: z.number(),
  reserved: z.number(),
  slots: z.number(),
  prepared: z.number(),
  standbys: z.number(),
  senders: z.number(),
  idleSlots: z.number(),
  walLevel: z.string(),
  walSegment: z.number(),
  keptBack: z.number(),
  own: z.array(z.object({ name: z.string(), whose: z.string() })),
});
export type InUse = z.infer<typeof inUse>;

/**
 * What a restart with less would stumble over: connections, and what the server finds again on its disk; and which roles and
 * databases have settings of their own, which win over those of the server.
 */
export const inUseNow: Query = {
  text: `select (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as connections,
                current_setting('superuser_reserved_connections')::int
                  + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
                (select count(*) from pg_replication_slots)::int as slots,
                (select count(*) from pg_prepared_xacts)::int as prepared,
                (select count(*) from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid
                  where r.state = 'streaming' and s.slot_type is distinct from 'logical')::int as standbys,
                (select count(*) from pg_stat_replication)::int as senders,
                (select count(*) from pg_replication_slots where not active)::int as "idleSlots",
                current_setting('wal_level') as "walLevel",
                pg_size_bytes(current_setting('wal_segment_size'))::float8 as "walSegment",
                (select coalesce(max(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
                                                          else pg_current_wal_lsn() end, restart_lsn)), 0)
                   from pg_replication_slots)::float8 as "keptBack",
                (select coalesce(jsonb_agg(jsonb_build_object('name', lower(split_part(c, '=', 1)), 'whose', coalesce(nullif(concat_ws(' in ',
                          'role ' || nullif(s.setrole, 0)::regrole::text, 'database ' || d.datname), ''), 'every role'))), '[]')
                   from pg_db_role_setting s cross join unnest(s.setconfig) c
                   left join pg_database d on d.oid = s.setdatabase) as own`,
};

/** By the answer to that question. */
export function inUseOf(answers: Answers, index: number): InUse {
  const [busy] = rowsOf(inUse, answers, index);
  assert(busy !== undefined, 'a select without a table has one row');
  return busy;
}

/** With fewer of these than there are now the server does not come back from its restart, or refuses those who work. */
export function whyNotStarting(
  wanted: readonly WantedSetting[],
  { connections, reserved, slots, prepared, senders, idleSlots, walLevel, ...wal }: InUse,
  facts: ServerFacts,
): string | undefined {
  const some = 'some would be refused';
  const none = 'the server would not start';
  const least = new Map<ParameterName, readonly [number, string, string]>([
    [
      'max_connections',
      [
        connections + Math.max(reserved, 1),
        `${connections} connections are open now and ${reserved} are kept for superusers`,
        some,
      ],
    ],
    [
      'max_wal_senders',
      [
        senders + idleSlots,
        `${senders} standbys and others stream now and ${idleSlots} slots wait for theirs`,
        some,
      ],
    ],
    ['max_replication_slots', [slots, `there are ${slots} replication slots now`, none]],
    ['max_prepared_transactions', [prepared, `${prepared} transactions are prepared now`, none]],
  ]);
  for (const { name, after } of wanted) {
    const now = facts.settings.get(name);
    const [needed, because, then] = least.get(name) ?? [];
    const amount = amountOf(after, now?.unit) ?? 0;
    if (needed !== undefined && amount < needed) {
      return `${because}; with ${name} ${after} ${then}`;
    }
    if (name === 'max_wal_senders' && amount > 0 && walLevel === 'minimal') {
      return `wal_level is minimal, and with max_wal_senders ${after} the server would not start`;
    }
    // It takes less while it runs, and does not start with it.
    if ((name === 'min_wal_size' || name === 'max_wal_size') && amount < 2 * wal.walSegment) {
      return `a segment of the WAL is ${wal.walSegment / 1024 ** 2} MB on this server; with a ${name} of less than two of them it would not start`;
    }
    // The next checkpoint drops what they need, and whoever reads from them begins anew.
    if (name === 'max_slot_wal_keep_size' && amount < wal.keptBack) {
      return `a replication slot keeps back ${Math.ceil(wal.keptBack / 1024 ** 2)} MB now; with ${name} ${after} it would be lost`;
    }
  }
  return undefined;
}

/**
 * A StatefulSet restarts its last server first, which is a standby: with less than its primary runs with it does not start.
 * @param coming what others have written, which the restart brings into effect.
 */
export function whyStandbyFirst(
  coming: readonly WantedSetting[],
  { settings, namedStandbys = 0 }: ServerFacts,
): string | undefined {
  const less = coming.find(({ name, after }) => {
    const now = settings.get(name);
    const [from, to] = [amountOf(now?.setting ?? '', now?.unit), amountOf(after, now?.unit)];
    return parameters[name].standbyFirst && from !== undefined && to !== undefined && to < from;
  });
  return less === undefined || namedStandbys === 0
    ? undefined
    : `${less.name} ${less.after} waits for the restart: for less the primary must be restarted before its standbys, and a StatefulSet restarts it last; have somebody do this by hand`;
}

/** A standby that nobody named is not given more before its primary, and then it stops replaying. */
export function whyStandbysStop(
  wanted: readonly WantedSetting[],
  standbys: number,
  { settings, namedStandbys = 0 }: ServerFacts,
): string | undefined {
  if (standbys <= namedStandbys) return undefined;
  const raised = wanted.find(({ name, after }) => {
    const now = settings.get(name);
    const [from, to] = [amountOf(now?.setting ?? '', now?.unit), amountOf(after, now?.unit)];
    return parameters[name].standbyFirst && from !== undefined && to !== undefined && to > from;
  });
  return (
    raised &&
    `${standbys} standbys stream from this server and headroom.yaml names ${namedStandbys}: without as much ${raised.name} of their own they stop replaying; name all of them under standbys`
  );
}
