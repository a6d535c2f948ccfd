// What is to be known of a server before it gets another replica: how much there is to copy, and how its standbys are.

import { z } from 'zod';
import { formatNumber } from '../profile/amount.ts';
import { type StandbyNow, standbysNow } from './health.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** A base backup copies the whole server, all its databases. */
export const replicaQueries: readonly Query[] = [
  {
    text: 'select sum(pg_database_size(oid))::float8 as bytes from pg_database',
  },
  standbysNow.query,
];

const size = z.object({ bytes: z.number() });

/** What the server says of itself and its standbys. */
export interface ReplicaFacts {
  readonly bytes: number;
  readonly standbys: readonly StandbyNow[];
}

/** From the answers to those questions. */
export function replicaFacts(answers: Answers): ReplicaFacts {
  const [row = { bytes: 0 }] = rowsOf(size, answers, 0);
  return { ...row, standbys: standbysNow.read(answers[1] ?? []) };
}

/** Ours: what a base backup moves over an ordinary network from a disk that has other work to do. */
const backupBytesPerSecond = 100 * 1_000_000;

/** "A base backup of 730 GB takes about 2 h at 100 MB/s …". */
export function backupWords({ bytes }: ReplicaFacts): string {
  const minutes = bytes / backupBytesPerSecond / 60;
  const time =
    minutes < 1
      ? 'less than a minute'
      : minutes < 90
        ? `about ${Math.ceil(minutes)} min`
        : `about ${formatNumber(Math.ceil(minutes / 6) / 10)} h`;
  return `A base backup of ${formatNumber(Math.ceil(bytes / 1e8) / 10)} GB takes ${time} at 100 MB/s, which is assumed; the server is read from meanwhile.`;
}

/** "Standbys now: one (streaming, sync, 0 s behind)." */
export function standbyWords({ standbys }: ReplicaFacts): string {
  if (standbys.length === 0) return 'No standby receives anything from it now.';
  const each = standbys.map(({ name, state, sync, lagSeconds }) => {
    const parts = [
      state ?? 'state not shown',
      ...(sync === undefined ? [] : [sync]),
      lagSeconds === undefined ? 'lag not known' : `${formatNumber(lagSeconds)} s behind`,
    ];
    return `${name} (${parts.join(', ')})`;
  });
  return `Standbys now: ${each.join('; ')}.`;
}

/** Which standbys commits wait for, as their primary says it. */
export interface ReplicationNow {
  /** How many of them a commit waits for. */
  readonly needed: number;
  readonly standbys: readonly StandbyNow[];
}

const waiting = z.object({ names: z.string(), standby: z.boolean() });

/** Asked of a primary, because a standby knows only those behind itself. */
export const replicationNow = {
  queries: [
    {
      text: `select current_setting('synchronous_standby_names') as names, pg_is_in_recovery() as standby`,
    },
    standbysNow.query,
  ] satisfies readonly Query[],
  read: (answers: Answers): ReplicationNow | { readonly because: string } => {
    const [row] = rowsOf(waiting, answers, 0);
    if (row === undefined || row.standby) {
      return { because: 'its address leads to a standby, not to the primary' };
    }
    return { needed: neededOf(row.names), standbys: standbysNow.read(answers[1] ?? []) };
  },
};

/** `ANY 2 (a, b, c)`, `FIRST 1 (*)`, `2 (a, b)`; a bare list asks for one of it, and nothing for none. */
function neededOf(names: string): number {
  if (names.trim() === '') return 0;
  const number = /^\s*(?:(?:first|any)\s+)?(\d+)\s*\(/i.exec(names)?.[1];
  return number === undefined ? 1 : Number(number);
}
