// Asks databases of headroom.yaml and has them do deeds by SQL: one connection for each piece of work, so nothing of one session leaks into the next.

import { OperationError } from '../errors.ts';
import { whyNotInDatabase } from '../plan/allowed-deed.ts';
import type { SecretSource, Systems } from '../plan/system.ts';
import type { DatabaseAddress, Databases, WriteAnswer } from '../ports.ts';
import type { Secret } from '../secret.ts';
import { withClient } from './database-client.ts';
import { readProblem } from './database-errors.ts';
import type { LagLimits } from './database-lag.ts';
import { buildMs as usualBuildMs } from './database-send.ts';
import { readAll, type Session } from './database-session.ts';
import { writeDeed } from './database-write.ts';
import { waitingClients } from './pooler-console.ts';
import { serverIdentity } from './server-identity.ts';

const usualSilenceMs = 45_000;
/** Each statement of a read has five seconds, and who reads, such as the sweep, has other things to do. */
const readSilenceMs = 10_000;

export interface DatabasesOptions {
  readonly systems: Systems;
  /** @throws OperationError when it is not there. */
  readonly secretOf: (source: SecretSource) => Promise<Secret>;
  /** The system_identifier of the server Headroom keeps its own state on: that one is never changed. */
  readonly ownServer: () => Promise<string>;
  /** How long a server may say nothing before it counts as gone. (Default: 10 seconds for a read and 45 for a write, longer than any statement may take.) */
  readonly silenceMs?: number;
  /** When builds wait for standbys that are behind. (Default: from 60 seconds on, for half an hour) */
  readonly lag?: Partial<LagLimits>;
  /** How long one statement of a build may take. (Default: 12 hours.) */
  readonly buildMs?: number;
}

/** Nothing is connected before it is needed. */
export function createDatabases(options: DatabasesOptions): Databases {
  const { systems } = options;
  return {
    read: (address, queries) =>
      withSession(address, { silenceMs: readSilenceMs, ...options }, 'asking', (session) =>
        readAll(session, address, queries),
      ),
    isOwn: (address) =>
      withSession(
        address,
        { silenceMs: readSilenceMs, ...options },
        'asking',
        async ({ client, called }) => {
          const server = await serverIdentity(client).catch((error: unknown) => {
            throw readProblem(`asking ${called}`, error);
          });
          return server === (await options.ownServer());
        },
      ),
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
        writeDeed(session, write, { ...writing, ...(options.lag && { lag: options.lag }) }),
      );
    },
  };
}

async function withSession<T>(
  address: DatabaseAddress,
  { systems, secretOf, silenceMs = usualSilenceMs, buildMs = usualBuildMs }: DatabasesOptions,
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
  const options = { connectionString, doing: `connecting to ${called}`, silenceMs };
  return withClient(options, (client) =>
    work({ client, role: place?.role, called, connectionString, buildMs }),
  );
}

function refused(because: string): WriteAnswer {
  return { kind: 'refused', because };
}
