// Whether a database has connections for the pods that a plan adds: what is in use now, and what each new pod may open.

import { connectionsNow, serverNow } from '../database/health.ts';
import { OperationError } from '../errors.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import { podCounts, type WorkloadChanges } from '../plan/plan-pods.ts';
import { poolerName } from '../plan/pooler-objects.ts';
import type { System } from '../plan/system.ts';
import type { Evaluated } from '../profile/formula.ts';
import {
  type ConnectionsUse,
  connectionGrowth,
  type Opening,
  poolOf,
  usualValues,
} from '../sizing/connection-growth.ts';
import type { Parts } from './parts.ts';

type Asking = Pick<Parts, 'databases' | 'clusters'>;

/**
 * Nothing where no pods are added that the profile says open connections, or the system's database is not connected. What
 * cannot be known is said and stands in nobody's way.
 */
export async function connectionChecks(
  system: System | undefined,
  workloads: readonly WorkloadChanges[],
  parts: Asking,
): Promise<readonly PlanCheck[]> {
  const database = system && connectedDatabase(system);
  if (system === undefined || database === undefined) return [];
  const growing = workloads.flatMap((each) => growingOf(each, system));
  if (growing.length === 0) return [];
  const about = `connections of database ${database}`;
  try {
    const use = await askUse({ system: system.id, name: database }, parts);
    if ('because' in use) return [unknown(`${about}: ${use.because}`)];
    const pooler = growing.some(({ isPooler }) => !isPooler)
      ? await poolerOf(system, database, parts)
      : undefined;
    return [judged(system, { database, growing, use, pooler })];
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [unknown(`${about}: ${error.message}`)];
  }
}

/** The one that is connected; of several, the one that profiles call `main`. */
function connectedDatabase({ databases }: System): string | undefined {
  const connected = [...databases].flatMap(([name, { connection }]) =>
    connection === undefined ? [] : [name],
  );
  return connected.length === 1 || !connected.includes('main') ? connected[0] : 'main';
}

interface Growing {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  readonly pool: Evaluated<number>;
  readonly isPooler: boolean;
}

/** Pods of the system's own workloads and of its pooler; those of other places have databases of their own. */
function growingOf(each: WorkloadChanges, system: System): readonly Growing[] {
  const { profile, workloads } = system;
  const { cluster, namespace, name } = each.workload;
  const { before, after } = podCounts(each);
  if (after <= before) return [];
  const values = usualValues(profile);
  if (name === poolerName) {
    const pool = profile.database?.pooler?.serverConnections.evaluate(values);
    return pool === undefined ? [] : [{ name, before, after, pool, isPooler: true }];
  }
  const [component] =
    [...workloads].find(
      ([, own]) => own.name === name && own.namespace === namespace && own.cluster === cluster,
    ) ?? [];
  const pool = component === undefined ? undefined : poolOf(profile, component, values);
  return pool === undefined ? [] : [{ name, before, after, pool, isPooler: false }];
}

async function askUse(
  address: { readonly system: string; readonly name: string },
  { databases }: Asking,
): Promise<ConnectionsUse | { readonly because: string }> {
  const [server = [], sessions = []] = await databases.read(address, [
    serverNow.query,
    connectionsNow.query,
  ]);
  const { isStandby, maxConnections: max, reserved } = serverNow.read(server);
  if (isStandby) return { because: 'its address leads to a standby, not to the primary' };
  return { used: connectionsNow.read(sessions).used, max, reserved };
}

/** The pooler in front of a database, where there is one in the cluster. */
async function poolerOf(
  system: System,
  database: string,
  { clusters }: Asking,
): Promise<string | undefined> {
  const place = system.databases.get(database);
  const [first] = system.workloads.values();
  const namespace = place?.namespace ?? first?.namespace;
  if (namespace === undefined) return undefined;
  const kind = place?.operated === undefined ? 'Deployment' : 'Pooler';
  const { cluster } = system;
  const seen = await clusters.read({ cluster, namespace, kind, name: poolerName });
  return seen === undefined ? undefined : `${kind} ${poolerName}`;
}

interface Judging {
  readonly database: string;
  readonly growing: readonly Growing[];
  readonly use: ConnectionsUse;
  readonly pooler: string | undefined;
}

function judged({ profile }: System, { database, growing, use, pooler }: Judging): PlanCheck {
  const about = `connections of database ${database}`;
  const openings: Opening[] = [];
  for (const { name, before, after, pool } of growing) {
    if (!pool.ok) return unknown(`${about}: what a pod of ${name} opens (${pool.because})`);
    openings.push({ name, before, after, perPod: pool.value });
  }
  const { count, free, sum } = connectionGrowth(profile, openings, use);
  const { max, reserved } = use;
  const beside = `${free} may be used (max_connections ${max} less ${reserved} in reserve)`;
  if (count <= free) return check('ok', `${about}: ${sum}, and ${beside}`);
  // Whether the pods go through it, nobody but their own settings knows.
  if (pooler !== undefined) {
    const words = `${about}: ${sum}, and ${beside}; that is too many unless the pods connect through ${pooler}`;
    return check('warning', words);
  }
  const next =
    'raise max_connections first, put a pooler between, or state in the profile what a pod really opens';
  return check('refused', `too few ${about}: ${sum}, and ${beside}; ${next}`);
}

function unknown(text: string): PlanCheck {
  return check('unknown', text);
}

function check(result: PlanCheck['result'], text: string): PlanCheck {
  return { kind: 'connections', result, text };
}
