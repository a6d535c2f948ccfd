// Asks a database's primary which of its standbys commits wait for, before a plan takes one of its servers away.

import { replicationNow } from '../database/replica-look.ts';
import { OperationError } from '../errors.ts';
import { type FewerServers, fewerServers, judgeFewer } from '../plan/fewer-servers.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import type { WorkloadChanges } from '../plan/plan-pods.ts';
import type { System } from '../plan/system.ts';
import type { Parts } from './parts.ts';

type Asking = Pick<Parts, 'databases'>;

/** Nothing where no database is left fewer servers. What cannot be known is said, with what holds all the same. */
export async function replicaChecks(
  system: System | undefined,
  workloads: readonly WorkloadChanges[],
  parts: Asking,
): Promise<readonly PlanCheck[]> {
  if (system === undefined) return [];
  return Promise.all(
    fewerServers(workloads, system).map(async (fewer) =>
      judgeFewer(fewer, await ask(fewer, system, parts)),
    ),
  );
}

async function ask(
  { database }: FewerServers,
  { id, databases: places }: System,
  { databases }: Asking,
): Promise<Parameters<typeof judgeFewer>[1]> {
  const place = database === undefined ? undefined : places.get(database);
  if (database === undefined || place?.connection === undefined) {
    return { because: 'headroom.yaml names no connection to it' };
  }
  try {
    const answers = await databases.read({ system: id, name: database }, replicationNow.queries);
    return replicationNow.read(answers);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { because: error.message };
  }
}
