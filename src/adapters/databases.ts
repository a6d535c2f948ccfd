// Asks databases of headroom.yaml and has them do deeds by SQL: one connection for each piece of work, so nothing of one session leaks into the next.

import pg from 'pg';
import { OperationError } from '../errors.ts';
import { whyNotInDatabase } from '../plan/allowed-deed.ts';
import type { SecretSource, Systems } from '../plan/system.ts';
import type { DatabaseAddress, Databases, WriteAnswer } from '../ports.ts';
import type { Secret } from '../secret.ts';
import { readProblem } from './database-errors.ts';
import { readAll, type Session } from './database-session.ts';
import { writeDeed } from './database-write.ts';
import { waitingClients } from './pooler-console.ts';

const connectMs = 5_000;

export interface DatabasesOptions {
  readonly systems: Systems;
  /** @throws OperationError when it is not there. */
  readonly secretOf: (source: SecretSource) => Promise<Secret>;
  /** The system_identifier of the server Headroom keeps its own state on: that one is never changed. */
  readonly ownServer: () => Promise<string>;
}

/** Nothing is connected before it is needed. */
export function createDatabases(options: DatabasesOptions): Databases {
  const { systems } = options;
  return {
    read: (address, queries) =>
      withSession(address, options, 'asking', (session) => readAll(session, address, queries)),
    waitingClients: (address) => waitingClients(address, options),
    write: async (write, writing) => {
      const because = whyNotInDatabase(write, systems);
      if (because !== undefined) {
        throw new OperationError(because, { code: 'refused', retryable: false });
      }
      const { server } = write.database;
      if (server === (await options.ownServer())) {
        return refused(
          'it is the server that Headroom keeps its own state on, which it never changes',
        );
      }
      return withSession(write.database, options, 'changing', (session) =>
        writeDeed(session, write, writing),
      );
    },
  };
}

async function withSession<T>(
  address: DatabaseAddress,
  { systems, secretOf }: DatabasesOptions,
  doing: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const place = systems.get(address.system)?.databases.get(address.name);
  const { standby } = address;
  const source = standby === undefined ? place?.connection : place?.standbys.get(standby);
  const called = `database ${standby === undefined ? address.name : `${address.name}, standby ${standby}`}`;
  if (source === undefined) {
    throw new OperationError(`${doing} ${called}: headroom.yaml names no connection for it`, {
      code: 'refused',
      retryable: false,
    });
  }
  const connectionString = (await secretOf(source)).reveal();
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectMs,
    application_name: 'headroom',
    keepAlive: true,
  });
  // A connection that breaks is met by the statement on it; unheard, its error would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw readProblem(`connecting to ${called}`, error);
  }
  try {
    return await work({ client, role: place?.role, called, connectionString });
  } finally {
    // Whatever became of the work, its answer stands.
    await client.end().catch(() => {});
  }
}

function refused(because: string): WriteAnswer {
  return { kind: 'refused', because };
}
