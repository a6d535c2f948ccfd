// An application at work beside a change: it reads and writes without a pause, and tells how long it had to wait.

import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Target } from './target.ts';

const role = 'shop_app';

export interface Load {
  /** Each is sent by a connection of its own, over and over; several statements in one text are one transaction. */
  readonly statements: readonly string[];
}

export interface Felt<T> {
  readonly result: T;
  /** How many statements the application ran while the work was done. */
  readonly statements: number;
  /** The longest that one took, by the application's clock, in ms. */
  readonly longestMs: number;
  /** The longest that one was seen to wait for a lock, by the server's clock, in ms; 0 when none did. */
  readonly longestLockMs: number;
  /** What the server said to those that failed. */
  readonly failures: readonly string[];
}

interface Seen {
  statements: number;
  longestMs: number;
  longestLockMs: number;
  readonly failures: string[];
}

/**
 * Does the work while an ordinary role reads and writes: all connections have run something before it begins, and run
 * something after it. What tables it may use must be there, and are granted to it here.
 */
export async function underLoad<T>(
  target: Target,
  { statements }: Load,
  work: () => Promise<T>,
): Promise<Felt<T>> {
  await makeApplication(target);
  const seen: Seen = { statements: 0, longestMs: 0, longestLockMs: 0, failures: [] };
  const ending = new AbortController();
  const rounds = statements.map(() => 0);
  const workers = statements.map((text, index) =>
    session(target.urlAs(role, role), ending.signal, async (client) => {
      await runOnce(client, text, seen);
      rounds[index] = (rounds[index] ?? 0) + 1;
    }),
  );
  const watcher = session(target.server.url('shop'), ending.signal, (client) =>
    watchLocks(client, seen),
  );
  const another = async () => {
    const before = [...rounds];
    while (rounds.some((count, index) => count <= (before[index] ?? 0))) {
      const broken = await Promise.race([...workers, watcher, sleep(5, 'going on')]);
      if (broken !== 'going on') throw new Error(`the load ended early: ${broken}`);
    }
  };
  try {
    await another();
    Object.assign(seen, { statements: 0, longestMs: 0, longestLockMs: 0 });
    const result = await work();
    await another();
    return { result, ...seen };
  } finally {
    ending.abort();
    await Promise.allSettled([...workers, watcher]);
  }
}

async function makeApplication({ admin }: Target): Promise<void> {
  await admin.query(`do $$ begin
      if not exists (select from pg_roles where rolname = '${role}') then
        create role ${role} login password '${role}';
      end if;
    end $$`);
  await admin.query(`grant usage on schema public to ${role}`);
  await admin.query(`grant all on all tables in schema public to ${role}`);
  await admin.query(`grant all on all sequences in schema public to ${role}`);
}

/** Repeats until it is told to end; whether it ended before is the caller's to see. */
async function session(
  connectionString: string,
  ending: AbortSignal,
  round: (client: Client) => Promise<void>,
): Promise<string> {
  const client = new Client({ connectionString });
  client.on('error', () => undefined);
  try {
    await client.connect();
    while (!ending.aborted) {
      await round(client);
      // The machine has other work, too.
      await sleep(2);
    }
    return 'told to';
  } catch (error) {
    return error instanceof Error ? error.message : 'it gave no reason';
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function runOnce(client: Client, text: string, seen: Seen): Promise<void> {
  const from = performance.now();
  try {
    await client.query(text);
  } catch (error) {
    // Without a code it is the connection that broke, which ends the session.
    if (!(error instanceof Error && 'code' in error)) throw error;
    seen.failures.push(error.message);
    await client.query('rollback');
  }
  seen.statements += 1;
  seen.longestMs = Math.max(seen.longestMs, performance.now() - from);
}

async function watchLocks(client: Client, seen: Seen): Promise<void> {
  const { rows } = await client.query<{ ms: number }>(
    `select coalesce(max(extract(epoch from clock_timestamp() - waitstart)) * 1000, 0)::float8 as ms
       from pg_locks join pg_stat_activity using (pid)
      where not granted and usename = $1 and wait_event_type = 'Lock'`,
    [role],
  );
  seen.longestLockMs = Math.max(seen.longestLockMs, rows[0]?.ms ?? 0);
}
