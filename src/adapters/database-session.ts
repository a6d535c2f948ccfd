// What is said on a connection to somebody else's database: reads of one moment, and how long anything may wait.

import type pg from 'pg';
import type { Answers, Query } from '../database/query.ts';
import { neededFor, type SqlDeed } from '../database/sql-deed.ts';
import { OperationError } from '../errors.ts';
import type { DatabaseAddress } from '../ports.ts';
import { brokenOff, readProblem } from './database-errors.ts';
import { checkSight } from './database-rights.ts';
import { serverIdentity } from './server-identity.ts';

/** Reads are small; one that is not must not stay. */
export const readMs = 5_000;
/** What waits for a lock makes everybody behind it wait, so it gives way before a second has passed. */
export const lockMs = 500;
/** A machine or network that vanishes in a transaction says nothing; the server must not keep its locks until it notices. */
const idleMs = 5_000;

export interface Session {
  readonly client: pg.Client;
  readonly role: string | undefined;
  /** For people: "database main". */
  readonly called: string;
  readonly connectionString: string;
  /** A statement of a build that takes longer is ended. */
  readonly buildMs: number;
}

export async function readAll(
  { client, called }: Session,
  { server }: DatabaseAddress,
  queries: readonly Query[],
): Promise<Answers> {
  const doing = `asking ${called}`;
  try {
    await client.query('begin isolation level repeatable read read only');
    await settle(client, { local: true, lock: lockMs, statement: readMs });
    await checkSight(client, called);
    if (server !== undefined) await checkServer(client, server, called);
    const answers: Answers[number][] = [];
    for (const query of queries) answers.push(await rows(client, query));
    await client.query('rollback');
    return answers;
  } catch (error) {
    await rollBack(client, error);
    throw readProblem(doing, error);
  }
}

/** So that the session can go on; one that broke has nothing to take back, and would not answer. */
export async function rollBack(client: pg.Client, because: unknown): Promise<void> {
  if (!brokenOff(because)) await client.query('rollback').catch(() => {});
}

export async function rows(
  client: pg.Client,
  { text, values = [], needs }: Query,
): Promise<Answers[number]> {
  if (needs !== undefined) {
    const question = { text: 'select to_regclass($1) is not null as there', values: [needs] };
    const [answer] = await rows(client, question);
    if (answer?.['there'] !== true) return [];
  }
  return (await client.query<Record<string, unknown>>({ text, values: [...values] })).rows;
}

interface Settled extends Limits {
  readonly local: boolean;
}

/**
 * Also through a pooler all of it holds where it is local to the transaction. What a moment without a zone means, and how
 * values are shown, is the same for looks and for builds, whatever the database or the role is set to; and no deadline of
 * theirs for a transaction (PostgreSQL 17) ends the connection in the middle of a build. A commit keeps its locks for as
 * long as it waits for standbys, which no timeout ends, so it waits for the server's own disk alone.
 */
export async function settle(
  client: pg.Client,
  { local, lock, statement }: Settled,
): Promise<void> {
  await client.query(
    `select set_config('lock_timeout', $1, $3), set_config('statement_timeout', $2, $3),
            set_config('search_path', 'pg_catalog', $3), set_config('timezone', 'UTC', $3),
            set_config('datestyle', 'ISO, YMD', $3), set_config('intervalstyle', 'postgres', $3),
            set_config('extra_float_digits', '1', $3), set_config('idle_in_transaction_session_timeout', $4, $3),
            set_config('synchronous_commit', 'local', $3),
            case when current_setting('transaction_timeout', true) is not null then set_config('transaction_timeout', '0', $3) end`,
    [String(lock), String(statement), local, String(idleMs)],
  );
}

/** How long one waits for a lock, and how long all of it may take, in ms. */
export interface Limits {
  readonly lock: number;
  readonly statement: number;
}

/**
 * Whoever waits behind the first lock waits until the end, so all the waits that follow, and the work, share what one
 * statement may take: a limit for each would let ten of them add up.
 */
export function withinAll(
  client: pg.Client,
  limits: Limits,
): (query: Query) => Promise<Answers[number]> {
  const until = performance.now() + limits.statement;
  return async (query) => {
    const left = Math.floor(until - performance.now());
    if (left <= 0) {
      throw new OperationError(
        'the database did not take it: it took too long in all; Headroom gives way before others have to wait',
        { code: 'contended', retryable: true },
      );
    }
    const lock = Math.min(limits.lock, left);
    await client.query(`set local lock_timeout = ${lock}; set local statement_timeout = ${left}`);
    return rows(client, query);
  };
}

/**
 * From here on the session is the owner of the tables, so that what it makes belongs to it. It looks before as itself, who
 * may see other sessions; settings are written so as well, and an owner needs no right to either.
 */
export async function becomeOwner(
  { client, role }: Session,
  deed: SqlDeed,
  { local }: Pick<Settled, 'local'>,
): Promise<void> {
  if (role === undefined || neededFor(deed) === 'settings') return;
  await client.query('select set_config($1, $2, $3)', ['role', role, local]);
}

/** An address that leads elsewhere by now, such as to one restored from a dump, is not the one people agreed on. */
export async function checkServer(
  client: pg.Client,
  server: string,
  called: string,
): Promise<void> {
  const now = await serverIdentity(client);
  if (now !== server) {
    throw new OperationError(
      `${called} is another server than the plan saw (system_identifier ${now} in place of ${server}); draw the plan anew`,
      { code: 'refused', retryable: false },
    );
  }
}
