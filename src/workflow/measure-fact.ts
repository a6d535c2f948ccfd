// Measures what a gate may ask for without a query: facts of a workload, of its cluster's nodes and of a database.

import type { ObjectRef } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import { factOf, questionsOfFact, type SqlFact } from '../database/fact-reads.ts';
import type { Known } from '../database/health-lines.ts';
import { unreachable } from '../errors.ts';
import { isSqlFact } from '../plan/measured-fact.ts';
import type { Look } from '../plan/step.ts';
import { capacityOf } from '../sizing/cluster-capacity.ts';
import type { Parts } from './parts.ts';

type Outside = Pick<Parts, 'clusters' | 'lookForRoom' | 'databases' | 'clock'>;

/** @throws OperationError when the cluster or the database cannot be asked. */
export async function measureFact(
  fact: NonNullable<Look['fact']>,
  outside: Outside,
): Promise<Known> {
  const { name, cluster, workload } = fact;
  const { clusters, lookForRoom } = outside;
  if (isSqlFact(name)) return askDatabase(name, fact, outside);
  switch (name) {
    case 'pooler-waiting-clients':
      return fact.database === undefined
        ? missing('it does not say of which database')
        : value(await outside.databases.waitingClients(fact.database));
    case 'backup-age-hours':
      return backupAge(fact.database?.operator, outside);
    case 'ready-pods':
    case 'autoscaler-active': {
      if (workload === undefined) return missing('it does not say of which workload');
      const state = await clusters.observe(workload);
      if (state.workload === undefined) return missing(`${workload.name} is not there`);
      if (name === 'ready-pods') return value(state.workload.readyReplicas);
      if (state.autoscaler === undefined) return missing(`nothing scales ${workload.name}`);
      return value(state.autoscaler.active ? 1 : 0);
    }
    case 'ready-nodes':
    case 'largest-node-cores':
    case 'largest-node-gib':
    case 'cluster-cpu-free-percent':
    case 'cluster-memory-free-percent': {
      const { nodes } = await lookForRoom(cluster, []);
      return nodes.kind === 'known' ? value(capacityOf(nodes.value)[name]) : missing(nodes.because);
    }
    default:
      return unreachable(name);
  }
}

async function askDatabase(
  name: SqlFact,
  { database }: NonNullable<Look['fact']>,
  { databases }: Outside,
): Promise<Known> {
  if (database === undefined) return missing('it does not say of which database');
  const { system, name: called, standbys = [] } = database;
  const primary = { system, name: called };
  let sum = 0;
  for (const address of [primary, ...standbys.map((standby) => ({ ...primary, standby }))]) {
    const found = factOf(name, await databases.read(address, questionsOfFact(name)));
    if (typeof found !== 'number') return missing(found.because);
    sum += found;
  }
  return value(sum);
}

/**
 * Hours since the newest backup that CloudNativePG knows of: SQL shows archived segments at best, which are no backup.
 * @throws OperationError when the cluster cannot be asked.
 */
export async function backupAge(
  operator: ObjectRef | undefined,
  { clusters, clock }: Pick<Outside, 'clusters' | 'clock'>,
): Promise<Known> {
  if (operator === undefined) return missing('nobody says when it was last saved');
  const seen = await clusters.read(operator);
  if (seen === undefined) return missing(`Cluster ${operator.name} is not there`);
  const at = valueAt(seen.value, '/status/lastSuccessfulBackup');
  const ms = typeof at === 'string' ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(ms)) return missing(`Cluster ${operator.name} knows of no backup`);
  return value((clock.now().getTime() - ms) / 3_600_000);
}

function value(number: number): Known {
  return Number.isFinite(number) ? { kind: 'value', value: number } : missing('it gives no number');
}

function missing(because: string): Known {
  return { kind: 'missing', because };
}
