// Asks databases what must be known before objects of the cluster change what stands around them.

import type { Answers, Query } from '../database/query.ts';
import { OperationError } from '../errors.ts';
import { type BesideLook, type BesideQuestions, questionsBeside } from '../plan/beside-deed.ts';
import type { System } from '../plan/system.ts';
import type { DatabaseAddress } from '../ports.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import type { Parts } from './parts.ts';

/**
 * By the number of the step; those of a database without a connection are not among them. A database that does not answer
 * is not seen: what that means, each kind of deed decides for itself.
 */
export async function lookBesideDeeds(
  { steps }: ProcedurePlan,
  system: System,
  parts: Pick<Parts, 'databases'>,
): Promise<ReadonlyMap<number, BesideLook>> {
  const looks = new Map<number, BesideLook>();
  for (const { number, change } of steps) {
    if (change?.kind !== 'database') continue;
    const place = system.databases.get(change.database);
    const questions = place?.connection && questionsBeside(change, place);
    if (questions === undefined) continue;
    const address = { system: system.id, name: change.database };
    looks.set(number, await ask(address, questions, parts));
  }
  return looks;
}

async function ask(
  address: DatabaseAddress,
  { first, second }: BesideQuestions,
  { databases }: Pick<Parts, 'databases'>,
): Promise<BesideLook> {
  try {
    const answers = await databases.read(address, first);
    const more = second?.(answers) ?? [];
    if (more.length === 0) return { kind: 'seen', answers };
    return { kind: 'seen', answers: [...answers, ...(await askMore(address, more, databases))] };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'unseen', because: error.message };
  }
}

/** What was seen stays seen where the rest cannot be asked, such as an extension whose library is not loaded. */
async function askMore(
  address: DatabaseAddress,
  queries: readonly Query[],
  databases: Parts['databases'],
): Promise<Answers> {
  try {
    return await databases.read(address, queries);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [];
  }
}
