// Keeps plans off the server that Headroom keeps its own state on, also where objects of the cluster would change or restart it.

import { OperationError } from '../errors.ts';
import { placeOfDeed } from '../plan/place-of-deed.ts';
import type { System } from '../plan/system.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import type { Parts } from './parts.ts';

/**
 * In words; undefined where no such server is touched. What SQL does is refused by the database itself. A server that does
 * not answer is another one: ours has just answered.
 */
export async function whyOwnServer(
  { steps }: ProcedurePlan,
  system: System,
  { databases, restarts }: Pick<Parts, 'databases'> & { readonly restarts: readonly string[] },
): Promise<string | undefined> {
  const inCluster = steps.flatMap(({ change }) =>
    change?.kind === 'database' && placeOfDeed(change, system)?.database.operated !== undefined
      ? [change.database]
      : [],
  );
  for (const name of new Set([...restarts, ...inCluster])) {
    if (system.databases.get(name)?.connection === undefined) continue;
    try {
      if (await databases.isOwn({ system: system.id, name })) {
        return `database ${name} is on the server that Headroom keeps its own state on, which it never changes`;
      }
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
    }
  }
  return undefined;
}
