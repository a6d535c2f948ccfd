// Asks the console of a PgBouncer how many clients wait for a connection to the server.

import pg from 'pg';
import { z } from 'zod';
import { OperationError } from '../errors.ts';
import type { DatabaseAddress } from '../ports.ts';
import { withClient } from './database-client.ts';
import { readProblem } from './database-errors.ts';
import type { DatabasesOptions } from './databases.ts';

const consoleMs = 5_000;
/** Behind one address there are several poolers; each connection may lead to another of them. */
const connections = 4;

const pool = z.object({ database: z.string(), cl_waiting: z.coerce.number() });

/** The most that wait at any one of the poolers that answered. */
export async function waitingClients(
  { system, name }: DatabaseAddress,
  { systems, secretOf }: Pick<DatabasesOptions, 'systems' | 'secretOf'>,
): Promise<number> {
  const source = systems.get(system)?.databases.get(name)?.poolerConsole;
  const doing = `asking the pooler of database ${name}`;
  if (source === undefined) {
    throw new OperationError(`${doing}: headroom.yaml names no console for it`, {
      code: 'refused',
      retryable: false,
    });
  }
  const connectionString = (await secretOf(source)).reveal();
  let most = 0;
  for (let count = 0; count < connections; count++) {
    most = Math.max(most, await waitingAt(connectionString, doing));
  }
  return most;
}

async function waitingAt(connectionString: string, doing: string): Promise<number> {
  const asked = {
    connectionString,
    doing: `connecting for ${doing}`,
    silenceMs: consoleMs,
  };
  return withClient(asked, async (client) => {
    try {
      const { rows } = await client.query<Record<string, unknown>>('show pools');
      const pools = rows.map((row) => pool.parse(row));
      return pools
        .filter(({ database }) => database !== 'pgbouncer')
        .reduce((sum, { cl_waiting: waiting }) => sum + waiting, 0);
    } catch (error) {
      // PgBouncer refuses everything by this one code, such as users who are not among its stats_users.
      if (error instanceof pg.DatabaseError && error.code === '08P01') {
        const options = { code: 'refused', retryable: false, cause: error } as const;
        throw new OperationError(`${doing}: ${error.message}`, options);
      }
      throw readProblem(doing, error);
    }
  });
}
