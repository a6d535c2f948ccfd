// Connections to somebody else's database of which nothing waits for ever: neither a question, nor a commit, nor the end.

import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { OperationError } from '../errors.ts';
import { connectProblem } from './database-errors.ts';

const connectMs = 5_000;
const endMs = 1_000;
/** A machine that vanished is noticed by probes of the system from then on, also while nothing else is said. */
const probeAfterMs = 30_000;

export interface ClientOptions {
  readonly connectionString: string;
  /** For people: "connecting to database main". */
  readonly doing: string;
  /** How long a server may say nothing to a statement that sets no query_timeout of its own. */
  readonly silenceMs: number;
}

/**
 * Whatever becomes of the work, its answer stands, and the connection is closed.
 * @throws OperationError when there is no connection; else whatever the work throws.
 */
export async function withClient<T>(
  { connectionString, doing, silenceMs }: ClientOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = clientFor(connectionString, { doing, silenceMs });
  // A connection that breaks is met by the statement on it; unheard, its error would end the process.
  client.on('error', () => {});
  try {
    await client.connect().catch((error: unknown) => {
      throw connectProblem(doing, error);
    });
    return await work(client);
  } finally {
    await closeClient(client);
  }
}

function clientFor(
  connectionString: string,
  { doing, silenceMs }: Pick<ClientOptions, 'doing' | 'silenceMs'>,
): pg.Client {
  try {
    return new pg.Client({
      connectionString,
      connectionTimeoutMillis: connectMs,
      query_timeout: silenceMs,
      application_name: 'headroom',
      keepAlive: true,
      keepAliveInitialDelayMillis: probeAfterMs,
    });
  } catch {
    // Its own words may hold the address, and with it the password.
    throw new OperationError(
      `${doing}: what headroom.yaml points to is no address of a database (postgresql://user:password@host:port/name), or names a file that cannot be read`,
      { code: 'refused', retryable: false },
    );
  }
}

/** A server that does not close its side is not waited for. */
export async function closeClient(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => {});
  const waited = new AbortController();
  const late = pause(endMs, true, { signal: waited.signal }).catch(() => false);
  if ((await Promise.race([ended, late])) === true) client.connection.stream.destroy();
  waited.abort();
}
