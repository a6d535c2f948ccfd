// Follows a statement that may take hours from a second connection: tells how far it is, and ends it at its deadline or when Headroom stops.

import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { type BuildProgress, progressColumns, progressWords } from '../database/build-progress.ts';
import { formatDuration } from '../profile/duration.ts';
import { withClient } from './database-client.ts';
import { lockMs, readMs, settle } from './database-session.ts';

/** Soon at first, because most are small. */
const firstLookMs = 250;
const lookEveryMs = 5_000;
/** A server that has not taken a cancel for so long is not reached any more. */
const cancelMs = 15_000;
/** Nor is one that could not be asked for so long. */
const silenceMs = 5 * 60_000;

export interface BuildOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (words: string) => Promise<void>;
}

interface Building {
  /** The server process that builds. */
  readonly pid: number;
  readonly connectionString: string;
  /** Closes its connection, whatever the server says. */
  readonly giveUp: () => void;
}

/** Why a statement was ended. */
export interface Cut {
  readonly by: 'stop' | 'deadline' | 'silence';
  readonly because: string;
}

/**
 * Undefined when the statement has ended well; else why it was ended, and what it left is to be looked at.
 * @throws whatever the statement fails with.
 */
export async function followBuild(
  building: Building,
  statement: Promise<unknown>,
  { deadlineMs, signal, onProgress }: BuildOptions,
): Promise<Cut | undefined> {
  let isOver = false;
  const ended = statement.finally(() => {
    isOver = true;
  });
  // Heard further down; until then it must not count as unheard.
  ended.catch(() => {});
  const end = Date.now() + deadlineMs;
  let heardAt = Date.now();
  for (let everyMs = firstLookMs; ; everyMs = Math.min(everyMs * 2, lookEveryMs)) {
    await restOrEnd(ended, Math.min(everyMs, Math.max(0, end - Date.now())), signal);
    if (isOver) {
      await ended;
      return undefined;
    }
    const cut = whyCut({ isStopped: signal?.aborted === true, end, deadlineMs, heardAt });
    if (cut !== undefined) return (await endBuild(building, ended)) ? undefined : cut;
    const seen = await howFar(building);
    if (seen === undefined) continue;
    heardAt = Date.now();
    await onProgress?.(progressWords(seen));
  }
}

async function restOrEnd(
  ended: Promise<unknown>,
  forMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const woken = new AbortController();
  const either = signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal]);
  const rest = pause(forMs, undefined, { signal: either, ref: false });
  await Promise.race([ended, rest]).catch(() => {});
  woken.abort();
  // Its end by that signal is no trouble.
  await rest.catch(() => {});
}

function whyCut({
  isStopped,
  end,
  deadlineMs,
  heardAt,
}: {
  readonly isStopped: boolean;
  readonly end: number;
  readonly deadlineMs: number;
  readonly heardAt: number;
}): Cut | undefined {
  const now = Date.now();
  if (isStopped)
    return { by: 'stop', because: 'Headroom was stopped while the database was at it' };
  if (now >= end) {
    const took = formatDuration(deadlineMs);
    return { by: 'deadline', because: `it took longer than ${took} and was ended` };
  }
  return now - heardAt > silenceMs
    ? { by: 'silence', because: 'the database could not be asked for minutes while it was at it' }
    : undefined;
}

/** The number alone may be somebody else's by now, such as on the server that took over. */
const endIt = `select pg_cancel_backend(pid) from pg_stat_activity
  where pid = $1 and usename = session_user`;

/** Asks until it has ended. True when it was done all the same. */
async function endBuild(building: Building, ended: Promise<unknown>): Promise<boolean> {
  const until = Date.now() + cancelMs;
  // The end of a statement that was cancelled is an error of its own, and expected here.
  const outcome = ended.then(
    () => true,
    () => false,
  );
  for (;;) {
    await beside(building.connectionString, endIt, building.pid);
    const heard = await Promise.race([outcome, pause(1_000, undefined, { ref: false })]);
    if (heard !== undefined) return heard;
    if (Date.now() > until) {
      building.giveUp();
      return outcome;
    }
  }
}

const progress = `select ${progressColumns} from pg_stat_progress_create_index p where p.pid = $1`;

/** Undefined when the database could not be asked. */
async function howFar({ pid, connectionString }: Building): Promise<BuildProgress | undefined> {
  const rows = await beside<BuildProgress>(connectionString, progress, pid);
  // Only builds tell how far they are, not a drop that waits or a refresh.
  return rows && (rows[0] ?? { phase: null, percent: null, waits: null, holder: null });
}

/** A second connection that fails says nothing: the statement itself says what becomes of it. */
async function beside<T extends pg.QueryResultRow>(
  connectionString: string,
  text: string,
  pid: number,
): Promise<readonly T[] | undefined> {
  const options = { connectionString, doing: 'following a build', silenceMs: lookEveryMs };
  return withClient(options, async (client) => {
    await settle(client, { local: false, lock: lockMs, statement: readMs });
    return (await client.query<T>(text, [pid])).rows;
  }).catch(() => undefined);
}
