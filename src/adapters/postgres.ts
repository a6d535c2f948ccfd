// The connection to PostgreSQL: a pool, transactions, rows parsed at the border, and the driver's errors in our words.

import pg from 'pg';
import { z } from 'zod';
import { OperationError } from '../errors.ts';

/** At most this many connections for the store; BullMQ has its own few. Together they stay below 20 a process. */
const connectionsMax = 10;

/** The server gives up on a statement first; ours is for a server that vanished without a word. */
const statementMs = 10_000;
const silenceMs = 12_000;

/**
 * Opens the pool; nothing is connected until the first query.
 * With `patient` nothing is given up early: a migration may wait for another one, and build an index for hours.
 */
export function createPool(
  connectionString: string,
  onError: (error: Error) => void,
  { patient = false }: { readonly patient?: boolean } = {},
): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max: connectionsMax,
    connectionTimeoutMillis: 2_000,
    ...(!patient && {
      idle_in_transaction_session_timeout: 15_000,
      statement_timeout: statementMs,
      lock_timeout: 5_000,
      query_timeout: silenceMs,
    }),
    keepAlive: true,
    application_name: 'headroom',
  });
  // An idle connection that breaks is replaced by the pool; unheard, its error would end the process.
  pool.on('error', onError);
  return pool;
}

/** Runs SQL inside one transaction. */
export interface Sql {
  /** Rows parsed by `row`; a row that does not fit is a bug in the statement and crashes. */
  rows<T>(row: z.ZodType<T>, text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The number of rows a statement touched. */
  run(text: string, values?: readonly unknown[]): Promise<number>;
}

/**
 * Lends one transaction, commits when `work` returns and rolls back when it throws.
 * @throws OperationError `unavailable` when the database is away; whatever `work` throws otherwise.
 */
export async function withTransaction<T>(
  pool: pg.Pool,
  work: (sql: Sql) => Promise<T>,
): Promise<T> {
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseTrouble('connecting to the database', error);
  });
  let broken = false;
  // A connection that dies between two statements says so here; the next statement fails and is translated.
  const onError = () => {
    broken = true;
  };
  client.on('error', onError);
  try {
    await send(client, 'begin', []);
    const result = await work(sqlOn(client));
    await send(client, 'commit', []);
    return result;
  } catch (error) {
    broken = broken || (error instanceof OperationError && error.code === 'unavailable');
    if (!broken) {
      await client.query('rollback').catch(() => {
        broken = true;
      });
    }
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

function sqlOn(client: pg.PoolClient): Sql {
  return {
    async rows(row, text, values = []) {
      const result = await send(client, text, values);
      return z.array(row).parse(result.rows);
    },
    async run(text, values = []) {
      const result = await send(client, text, values);
      return result.rowCount ?? 0;
    },
  };
}

async function send(
  client: pg.PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<pg.QueryResult<Record<string, unknown>>> {
  try {
    return await client.query<Record<string, unknown>>(text, [...values]);
  } catch (error) {
    throw databaseTrouble('talking to the database', error);
  }
}

/** SQLSTATE classes and codes that say "not now" rather than "not so" (PostgreSQL manual, appendix A). */
const awayCodes =
  /^(08...|53...|57P0[1-5]|55P03|57014|25P03|25006|ECONN.*|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENOTFOUND|EAI_AGAIN)$/;
/** Deadlock and serialisation failure: PostgreSQL chose this transaction to give way. */
const contendedCodes = /^(40001|40P01)$/;

/** The driver's error in our words when it says "not now"; any other is a bug and stays as it is. */
export function databaseTrouble(doing: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (contendedCodes.test(code)) {
    return new OperationError(`${doing}: it gave way to another transaction`, {
      code: 'contended',
      retryable: true,
      cause: error,
    });
  }
  const lostConnection =
    /connection|timeout exceeded|read timeout/i.test(error.message) && code === '';
  if (!awayCodes.test(code) && !lostConnection) return error;
  return new OperationError(`${doing}: it is not available (${code || 'connection lost'})`, {
    code: 'unavailable',
    retryable: true,
    cause: error,
  });
}
