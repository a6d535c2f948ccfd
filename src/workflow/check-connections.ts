// Whether a database, and the pooler before it, have connections for the pods, pools and poolers that a plan leaves.

import type { SeenObject } from '../change/compare.ts';
import { connectionsNow, serverNow } from '../database/health.ts';
import { poolsNow } from '../database/pools-now.ts';
import { OperationError } from '../errors.ts';
import { connectingMoments, type PoolReading } from '../plan/connecting-moments.ts';
import { connectionLimitAfter } from '../plan/connection-limit.ts';
import {
  type Connecting,
  isGrowing,
  judgeConnections,
  type PoolerSet,
} from '../plan/judge-connections.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import type { WorkloadChanges } from '../plan/plan-pods.ts';
import { poolerName } from '../plan/pooler-objects.ts';
import {
  isAboutPooler,
  objectsOfPooler,
  type PoolerPlace,
  poolerAfter,
  poolerIn,
  type SeenPooler,
} from '../plan/pooler-seen.ts';
import type { System } from '../plan/system.ts';
import type { Evaluated } from '../profile/formula.ts';
import { type ConnectionsUse, poolOf, usualValues } from '../sizing/connection-growth.ts';
import { type PoolsNow, poolerRoom } from '../sizing/pooler-room.ts';
import type { Parts } from './parts.ts';

type Asking = Pick<Parts, 'databases' | 'clusters'>;

/**
 * Nothing where neither pods, pools or poolers change that the profile says connect, nor max_connections, or the system's
 * database is not connected. What cannot be known is said and stands in nobody's way.
 */
export async function connectionChecks(
  system: System | undefined,
  workloads: readonly WorkloadChanges[],
  parts: Asking,
): Promise<readonly PlanCheck[]> {
  const database = system && connectedDatabase(system);
  if (system === undefined || database === undefined) return [];
  const about = `connections of database ${database}`;
  try {
    return await checksOf(system, database, workloads, parts);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [unknown(`${about}: ${error.message}`)];
  }
}

async function checksOf(
  system: System,
  database: string,
  workloads: readonly WorkloadChanges[],
  parts: Asking,
): Promise<readonly PlanCheck[]> {
  const place = placeOfPooler(system, database);
  const connecting = await connectingIn(workloads, system, parts);
  const changes = workloads.flatMap((each) => each.changes);
  const isOfPooler = place !== undefined && changes.some((each) => isAboutPooler(each, place));
  const limit = connectionLimitAfter(workloads, { system, database });
  const isConnecting = connecting.some((each) => isGrowing(each) || isRouted(each));
  if (limit === undefined && !isOfPooler && !isConnecting) return [];
  const use = await askUse({ system: system.id, name: database }, parts);
  if ('because' in use) return [unknown(`connections of database ${database}: ${use.because}`)];
  const lowered = limit !== undefined && limit < use.max ? limit : undefined;
  if (lowered === undefined && !isOfPooler && !isConnecting) return [];
  const objects = place === undefined ? [] : await objectsAt(place, parts);
  const now = place && poolerIn(objects, place);
  const after = place && poolerAfter(objects, changes, place);
  const isChanged = after !== undefined && JSON.stringify(after) !== JSON.stringify(now);
  const others =
    now || after || lowered !== undefined ? await othersOf(system, connecting, parts) : [];
  const set = (seen: SeenPooler) => poolerSet(seen, system, use.pools);
  return judgeConnections({
    database,
    profile: system.profile,
    use,
    ...(lowered !== undefined && { lowered }),
    connecting,
    others,
    pooler: {
      name: `${place?.kind ?? 'Deployment'} ${poolerName}`,
      ...(now && { now: set(now) }),
      ...(isChanged && { after: set(after) }),
    },
  });
}

/** The one that is connected; of several, the one that profiles call `main`. */
function connectedDatabase({ databases }: System): string | undefined {
  const connected = [...databases].flatMap(([name, { connection }]) =>
    connection === undefined ? [] : [name],
  );
  return connected.length === 1 || !connected.includes('main') ? connected[0] : 'main';
}

function placeOfPooler(system: System, database: string): PoolerPlace | undefined {
  const place = system.databases.get(database);
  const [first] = system.workloads.values();
  const namespace = place?.namespace ?? first?.namespace;
  if (namespace === undefined) return undefined;
  const kind = place?.operated === undefined ? 'Deployment' : 'Pooler';
  return { cluster: system.cluster, namespace, kind };
}

/** The cut-over itself: where its pods connect to changes. */
function isRouted({ moments: [now, ...after] }: Connecting): boolean {
  return after.some(({ isPooled }) => isPooled !== now.isPooled);
}

/** The system's own workloads that connect; those of other places have databases of their own. */
async function connectingIn(
  workloads: readonly WorkloadChanges[],
  system: System,
  { clusters }: Asking,
): Promise<readonly Connecting[]> {
  const found = await Promise.all(
    workloads.map(async (each): Promise<readonly Connecting[]> => {
      const { cluster, namespace, name } = each.workload;
      const [component] =
        [...system.workloads].find(
          ([, one]) => one.name === name && one.namespace === namespace && one.cluster === cluster,
        ) ?? [];
      const reading = component === undefined ? undefined : readingOf(component, system);
      // SQL that is done for a workload changes nothing of its pods.
      if (reading === undefined || each.changes.every(({ kind }) => kind === 'sql')) return [];
      // Of changes that are about a ConfigMap alone the pods were not looked at.
      const seen =
        each.state.workload !== undefined
          ? each.state
          : withPods(each.state, await clusters.observe(each.workload));
      return [{ name, moments: connectingMoments({ ...each, state: seen }, reading) }];
    }),
  );
  return found.flat();
}

/** Undefined where the profile says nothing of what a pod of it opens. */
function readingOf(component: string, { profile, workloads }: System): PoolReading | undefined {
  const own = workloads.get(component);
  const perPod = poolOf(profile, component, usualValues(profile));
  if (own === undefined || perPod === undefined) return undefined;
  const { settings = [] } = profile.components.get(component)?.connections ?? {};
  return { container: own.container, perPod, settings };
}

type State = WorkloadChanges['state'];

function withPods(state: State, observed: State): State {
  return { ...observed, objects: [...observed.objects, ...state.objects] };
}

/** The components that the plan leaves alone, with the pods they have. */
async function othersOf(
  system: System,
  connecting: readonly Connecting[],
  { clusters }: Asking,
): Promise<readonly Connecting[]> {
  const found = await Promise.all(
    [...system.workloads].map(async ([component, workload]): Promise<readonly Connecting[]> => {
      const reading = readingOf(component, system);
      const { name } = workload;
      if (reading === undefined || connecting.some((each) => each.name === name)) return [];
      const state = await clusters.observe(workload);
      if (state.workload === undefined || state.workload.replicas === 0) return [];
      return [{ name, moments: connectingMoments({ workload, changes: [], state }, reading) }];
    }),
  );
  return found.flat();
}

async function askUse(
  address: { readonly system: string; readonly name: string },
  { databases }: Asking,
): Promise<(ConnectionsUse & { readonly pools: PoolsNow }) | { readonly because: string }> {
  const [server = [], sessions = [], pools = []] = await databases.read(address, [
    serverNow.query,
    connectionsNow.query,
    poolsNow.query,
  ]);
  const { isStandby, maxConnections: max, reserved } = serverNow.read(server);
  if (isStandby) return { because: 'its address leads to a standby, not to the primary' };
  return { used: connectionsNow.read(sessions).used, max, reserved, pools: poolsNow.read(pools) };
}

/** A configuration that may not be looked at is as good as none: then the profile's figures count. */
async function objectsAt(place: PoolerPlace, { clusters }: Asking): Promise<readonly SeenObject[]> {
  const [set, config] = objectsOfPooler(place);
  const seen = set && (await clusters.read(set));
  if (seen === undefined || config === undefined) return seen === undefined ? [] : [seen];
  try {
    const text = await clusters.read(config);
    return text === undefined ? [seen] : [seen, text];
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [seen];
  }
}

/** By its own settings; where those are not to be seen, by what the profile says. */
function poolerSet(
  { replicas, settings }: SeenPooler,
  { profile }: System,
  pools: PoolsNow,
): Evaluated<PoolerSet> {
  if (settings !== undefined) {
    const room = poolerRoom(settings, pools);
    return 'because' in room
      ? { ok: false, because: room.because }
      : { ok: true, value: { replicas, ...room } };
  }
  const values = usualValues(profile);
  const [clients, servers] = [
    profile.database?.pooler?.maxClients.evaluate(values),
    profile.database?.pooler?.serverConnections.evaluate(values),
  ];
  if (clients === undefined || servers === undefined) {
    return { ok: false, because: 'its configuration is not to be seen' };
  }
  if (!clients.ok) return clients;
  if (!servers.ok) return servers;
  const words = 'as the profile says';
  return { ok: true, value: { replicas, clients: clients.value, servers: servers.value, words } };
}

function unknown(text: string): PlanCheck {
  return { kind: 'connections', result: 'unknown', text };
}
