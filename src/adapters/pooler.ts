// Finds out whether a pooler in transaction mode stands before the database: the queue's LISTEN would silently hear nothing.

import pg from 'pg';
import { OperationError } from '../errors.ts';
import { closeClient } from './database-client.ts';
import { codeOf, whyNotConnected } from './database-errors.ts';

const connectTimeoutMs = 5_000;
/** A pooler whose only server connection is taken answers when that one is free again: never, here. */
const queryTimeoutMs = 5_000;

/**
 * Behind such a pooler a connection changes its server process when another one holds the first; a direct one never does.
 * @throws OperationError when there is such a pooler, or when the database cannot be reached.
 */
export async function refusePooler(
  connectionString: string,
  called = 'DATABASE_URL',
): Promise<void> {
  const first = makeClient(connectionString);
  const second = makeClient(connectionString);
  try {
    await connect(first, called);
    await connect(second, called);
    if (await keepsItsServer(first, second)) return;
  } finally {
    await Promise.all([closeClient(first), closeClient(second)]);
  }
  throw new OperationError(
    `${called} leads through a pooler in transaction mode (such as PgBouncer), where LISTEN and session locks do not work; give the address of the server itself, or of a pool in session mode`,
    { code: 'refused', retryable: false },
  );
}

function makeClient(connectionString: string): pg.Client {
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
  });
  // A connection that breaks is met by the next query; unheard, its error would end the process.
  client.on('error', () => {});
  return client;
}

async function connect(client: pg.Client, called: string): Promise<void> {
  try {
    await client.connect();
    await serverProcess(client);
  } catch (error) {
    const code = codeOf(error);
    const because =
      whyNotConnected(code) ?? `it does not answer as a PostgreSQL server${code && ` (${code})`}`;
    throw new OperationError(`connecting to ${called}: ${because}`, {
      code: 'unavailable',
      retryable: true,
      cause: error,
    });
  }
}

/** False also when the pooler refuses or delays what a server does at once. */
async function keepsItsServer(first: pg.Client, second: pg.Client): Promise<boolean> {
  const before = await serverProcess(first);
  try {
    await second.query('begin');
    await serverProcess(second);
    return before === (await serverProcess(first));
  } catch {
    return false;
  }
}

async function serverProcess(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
