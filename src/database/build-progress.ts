// How far PostgreSQL is with an index, in words; asked by who builds and by who finds somebody building.

/** A row of pg_stat_progress_create_index, as it is selected with `progressColumns`. */
export interface BuildProgress {
  readonly phase: string | null;
  readonly percent: number | null;
  /** Transactions that it waits for. */
  readonly waits: number | null;
  /** Whose is the one that it waits for now. */
  readonly holder: string | null;
}

/** Of `pg_stat_progress_create_index p`; which columns count depends on the phase. */
export const progressColumns = `p.phase,
  case when p.blocks_total > 0 then (100 * p.blocks_done / p.blocks_total)::int
       when p.tuples_total > 0 then (100 * p.tuples_done / p.tuples_total)::int end as percent,
  (p.lockers_total - p.lockers_done)::int as waits,
  (select format('%s (%s, pid %s)', coalesce(a.usename, 'somebody'), coalesce(nullif(a.application_name, ''), 'no application name'), a.pid)
     from pg_stat_activity a where a.pid = p.current_locker_pid) as holder`;

/** "building index: scanning table, 40 %". */
export function progressWords({ phase, percent, waits, holder }: BuildProgress): string {
  const whose = holder === null ? '' : `, now that of ${holder}`;
  const parts = [
    phase ?? 'the server is at it',
    ...(percent === null ? [] : [`${percent} %`]),
    ...(waits !== null && waits > 0
      ? [`waiting for ${waits} older ${waits === 1 ? 'transaction' : 'transactions'}${whose}`]
      : []),
  ];
  return parts.join(', ');
}
