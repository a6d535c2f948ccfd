// Finds out whether a pooler in transaction mode stands before the database: the queue's LISTEN would silently hear nothing.

import pg from 'pg';
import { OperationError } from '../errors.ts';

/**
 * Behind such a pooler a connection changes its server process when another one holds the first; a direct one never does.
 * @throws OperationError when there is such a pooler, or when the database cannot be reached.
 */
export async function refusePooler(connectionString: string): Promise<void> {
  const options = { connectionString, connectionTimeoutMillis: 5_000 };
  const first = new pg.Client(options);
  const second = new pg.Client(options);
  try {
    await first.connect();
    await second.connect();
    const before = await serverProcess(first);
    await second.query('begin');
    await serverProcess(second);
    const after = await serverProcess(first);
    if (before === after) return;
  } catch (error) {
    throw new OperationError(
      'connecting to DATABASE_URL: it does not answer as a PostgreSQL server',
      {
        code: 'unavailable',
        retryable: true,
        cause: error,
      },
    );
  } finally {
    await Promise.allSettled([first.end(), second.end()]);
  }
  throw new OperationError(
    'DATABASE_URL leads through a pooler in transaction mode (such as PgBouncer), where LISTEN and session locks do not work; give the address of the server itself, or of a pool in session mode',
    { code: 'refused', retryable: false },
  );
}

async function serverProcess(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
}
