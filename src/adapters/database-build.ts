// Follows a statement that may take hours from a second connection: tells how far it is, and ends it at its deadline or when Headroom stops.

import { setTimeout } from 'node:timers/promises';
import pg from 'pg';

const lookEveryMs = 5_000;

export interface BuildOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (words: string) => Promise<void>;
}

interface Building {
  /** The server process that builds. */
  readonly pid: number;
  readonly connectionString: string;
}

/**
 * Undefined when the statement has ended well; else why it was ended, and what it left is to be looked at.
 * @throws whatever the statement fails with.
 */
export async function followBuild(
  { pid, connectionString }: Building,
  statement: Promise<unknown>,
  { deadlineMs, signal, onProgress }: BuildOptions,
): Promise<string | undefined> {
  const end = Date.now() + deadlineMs;
  let isOver = false;
  const ended = statement.finally(() => {
    isOver = true;
  });
  // Heard further down; until then it must not count as unheard.
  ended.catch(() => {});
  let because: string | undefined;
  while (!isOver) {
    await Promise.race([ended, setTimeout(lookEveryMs, undefined, { signal, ref: false })]).catch(
      () => {},
    );
    if (isOver) break;
    if (signal?.aborted) because = 'Headroom was stopped while the database was building';
    else if (Date.now() > end) because = `it took longer than ${deadlineMs / 3_600_000} hours`;
    const told = await beside(connectionString, pid, because !== undefined);
    if (because !== undefined) break;
    if (told !== undefined) await onProgress?.(told);
  }
  if (because === undefined) {
    await ended;
    return undefined;
  }
  // The end of a statement that was cancelled is an error of its own, and expected here.
  return ended.then(
    () => undefined,
    () => because,
  );
}

const progress = `
  select command, phase,
         case when blocks_total > 0 then (100 * blocks_done / blocks_total)::int
              when tuples_total > 0 then (100 * tuples_done / tuples_total)::int end as percent,
         lockers_total - lockers_done as waits
    from pg_stat_progress_create_index where pid = $1`;

/** How far it is, or its end; a second connection that fails says nothing. */
async function beside(
  connectionString: string,
  pid: number,
  isToEnd: boolean,
): Promise<string | undefined> {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: lookEveryMs,
    query_timeout: lookEveryMs,
    application_name: 'headroom',
  });
  client.on('error', () => {});
  try {
    await client.connect();
    if (isToEnd) {
      await client.query('select pg_cancel_backend($1)', [pid]);
      return undefined;
    }
    const { rows } = await client.query<{
      phase: string;
      percent: number | null;
      waits: string | null;
    }>(progress, [pid]);
    const [row] = rows;
    if (row === undefined) return undefined;
    const waits = Number(row.waits ?? 0);
    const behind = waits > 0 ? `, waiting for ${waits} older transactions` : '';
    return `${row.phase}${row.percent === null ? '' : `, ${row.percent} %`}${behind}`;
  } catch {
    // Progress is for people; the statement itself says what becomes of it.
    return undefined;
  } finally {
    await client.end().catch(() => {});
  }
}
