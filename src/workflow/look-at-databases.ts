// Asks the databases of a procedure what its steps must know before they can be drawn.

import { furtherQuestions, isSqlStep, questionsFor, type SqlStep } from '../database/draw-deed.ts';
import { serverFacts, serverQueries } from '../database/server-facts.ts';
import { OperationError } from '../errors.ts';
import { memoryOfServer, objectOfServer } from '../plan/database-memory.ts';
import { type DatabaseStep, placeOfDeed } from '../plan/place-of-deed.ts';
import type { DatabaseLook, ServerLook } from '../plan/sql-changes.ts';
import type { DatabasePlace, System } from '../plan/system.ts';
import type { DatabaseAddress } from '../ports.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import type { Parts } from './parts.ts';

type Asking = Pick<Parts, 'databases' | 'clock'> & {
  readonly clusters: Pick<Parts['clusters'], 'read'>;
};

/**
 * By the number of the step. Steps that objects of the cluster do are not among them, nor those of a database without a
 * connection.
 * @throws OperationError when a database cannot be asked.
 */
export async function lookAtDatabases(
  { steps }: ProcedurePlan,
  system: System,
  parts: Asking,
): Promise<ReadonlyMap<number, DatabaseLook>> {
  const looks = new Map<number, DatabaseLook>();
  for (const { number, change } of steps) {
    if (change?.kind !== 'database' || !isSqlStep(change)) continue;
    const place = system.databases.get(change.database);
    if (place?.connection === undefined || placeOfDeed(change, system) !== undefined) continue;
    looks.set(number, await lookAtOne(change, { system, place }, parts));
  }
  return looks;
}

async function lookAtOne(
  step: DatabaseStep & SqlStep,
  { system, place }: { readonly system: System; readonly place: DatabasePlace },
  parts: Asking,
): Promise<DatabaseLook> {
  const address = { system: system.id, name: step.database };
  const memoryBytes = await memoryOf(place, system, parts);
  const server = { place, ...(memoryBytes !== undefined && { memoryBytes }) };
  const primary = await lookAtServer(step, address, server, parts);
  const standbys = new Map<string, ServerLook>();
  // Only the settings of a standby are its own; everything else it has from its primary.
  const isOfEach = step.deed === 'settings' && Object.keys(step.settings).length > 0;
  for (const standby of isOfEach ? place.standbys.keys() : []) {
    standbys.set(standby, await lookAtServer(step, { ...address, standby }, server, parts));
  }
  return { primary, standbys };
}

async function lookAtServer(
  step: SqlStep,
  address: DatabaseAddress,
  { place, memoryBytes }: { readonly place: DatabasePlace; readonly memoryBytes?: number },
  { databases, clock }: Asking,
): Promise<ServerLook> {
  const seen = serverFacts(await databases.read(address, serverQueries), {
    ...(place.platform && { stated: place.platform }),
    ...(place.schema !== undefined && { schema: place.schema }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    now: clock.now(),
  });
  const facts = { ...seen, allow: place.allow };
  const at = { ...address, server: facts.server };
  const answers = await databases.read(at, questionsFor(step, facts));
  const further = furtherQuestions(step, answers, facts);
  if (further.length === 0) return { facts, answers };
  return { facts, answers: [...answers, ...(await databases.read(at, further))] };
}

/** Where the cluster cannot be asked it is not known, and the plan says so where it matters. */
async function memoryOf(
  place: DatabasePlace,
  system: System,
  { clusters }: Asking,
): Promise<number | undefined> {
  const ref = objectOfServer(place, system);
  if (ref === undefined) return undefined;
  try {
    const seen = await clusters.read(ref);
    return seen && memoryOfServer(seen);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return undefined;
  }
}
