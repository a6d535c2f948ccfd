// Talks to Kubernetes clusters: reads what a plan needs and sends one conditional patch, each call with a deadline.

import {
  AppsV1Api,
  AutoscalingV2Api,
  type Configuration,
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  ServerConfiguration,
  type V2HorizontalPodAutoscaler,
  VersionApi,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import type { WorkloadRef } from '../change/change.ts';
import { assert, OperationError } from '../errors.ts';
import type { Clusters } from '../ports.ts';
import { areAllReady, clusterState, scaledBy } from './cluster-state.ts';
import { budgetsIn, mayGrowIn, mayIn } from './kubernetes-checks.ts';
import { type ClusterAddress, loadKubeconfig } from './kubernetes-config.ts';
import { reuseConnections, sendWithin, withCredentials } from './kubernetes-connection.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { tellOf } from './kubernetes-events.ts';
import {
  Follower,
  type FollowerParts,
  type FollowTimes,
  floorAt,
  followTimes,
} from './kubernetes-follow.ts';
import { orMissing, readObjectAt, sendWrite } from './kubernetes-objects.ts';
import { podReason, podSelector, scales } from './kubernetes-state.ts';
import { Pace } from './pace.ts';
import { findScaledObject } from './scaled-object.ts';
import { readSyncSettings } from './sync-settings.ts';
import { notServed, verticalAutoscaler } from './vertical-autoscaler.ts';

/** One answer may take this long; a write without an answer by then is unknown. */
export const deadlineMsDefault = 10_000;
const podsMax = 500;
/** A kind that a cluster did not have a moment ago is not there yet. */
const absentMs = 60_000;
/** What cannot be watched is read at this pace: the first of a burst at once, and nobody waits longer than a card may. */
const readsInstead = { perSecond: 1, burst: 10, waitMaxMs: 2_000 };

export interface RunningClusters extends Clusters {
  /** Ends every watch; what waits for its turn to read is let go. */
  close(): Promise<void>;
}

interface ClustersOptions {
  /** For one answer. (Default: 10 s.) */
  readonly deadlineMs?: number;
  /** (Default: nothing is said.) */
  readonly log?: FollowerParts['log'];
  /** Other clocks for what is followed, for tests. */
  readonly following?: Partial<FollowTimes>;
}

const silent: FollowerParts['log'] = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};

/**
 * @param kubeconfig path of a kubeconfig file; without it the service account of the pod is used.
 * @throws Error at once, in words, for what `kubeconfigMistakes` finds.
 */
export function createClusters(
  addresses: readonly ClusterAddress[],
  kubeconfig: string | undefined,
  { deadlineMs = deadlineMsDefault, log = silent, following }: ClustersOptions = {},
): RunningClusters {
  const times = { ...followTimes, deadlineMs, ...following };
  const reached = new Map(
    addresses.map((address) => {
      const apis = apisOf(address, kubeconfig, deadlineMs);
      return [address.id, reachedCluster(address.id, apis, { times, log })];
    }),
  );
  const of = (cluster: string): ReachedCluster => {
    const found = reached.get(cluster);
    if (found !== undefined) return found;
    throw new OperationError(`cluster ${cluster} is not in headroom.yaml`, {
      code: 'refused',
      retryable: false,
    });
  };
  return {
    observe: async (workload) => observeAndNote(of(workload.cluster), workload),
    async follow(workload, signal) {
      const cluster = of(workload.cluster);
      const told = await cluster.follower.state(workload, signal);
      if (told !== undefined) return told;
      await cluster.pace.turn(2, signal);
      return observeAndNote(cluster, workload);
    },
    async read(object) {
      const { configuration, follower } = of(object.cluster);
      const seen = await readObjectAt(configuration, object);
      follower.note(object, floorAt(seen?.resourceVersion));
      return seen;
    },
    vertical: async (workload) => of(workload.cluster).vertical(workload),
    async scaledObject(workload) {
      const { follower, pace, configuration } = of(workload.cluster);
      const told = await follower.scaledObject(workload);
      if (told !== undefined) return told;
      await pace.turn(1);
      return findScaledObject(configuration, workload);
    },
    syncSettings: async (cluster, source) => readSyncSettings(of(cluster).configuration, source),
    async autoscaled(place) {
      const cluster = of(place.cluster);
      const told = await cluster.follower.autoscaled(place.namespace);
      if (told !== undefined) return told;
      await cluster.pace.turn(1);
      return autoscaled(cluster, place);
    },
    may: async (right) => mayIn(of(right.cluster).configuration, right),
    disruptionBudgets: async (place) => budgetsIn(of(place.cluster).configuration, place),
    mayGrow: async (storageClass) =>
      mayGrowIn(of(storageClass.cluster).configuration, storageClass),
    async write(write, { dryRun }) {
      const { configuration, follower } = of(write.object.cluster);
      const { answer, floor } = await sendWrite(configuration, write, dryRun);
      if (floor !== undefined) follower.note(write.object, floor);
      return answer;
    },
    async tell(event) {
      const { configuration, follower } = of(event.object.cluster);
      await tellOf(configuration, event, follower.uid(event.object));
    },
    health: () =>
      Promise.all(
        [...reached].map(async ([cluster, { version }]) => {
          try {
            await version.getCode();
            return { cluster };
          } catch (error) {
            const trouble = readTrouble('asking for its version', error);
            if (!(trouble instanceof OperationError)) throw trouble;
            return { cluster, problem: trouble.message };
          }
        }),
      ),
    async close() {
      await Promise.all(
        [...reached.values()].map(async ({ follower, pace }) => {
          pace.close();
          await follower.close();
        }),
      );
    },
  };
}

/** The cluster's APIs, what is followed of it, and how often it may be read where it cannot be followed. */
type ReachedCluster = Apis & {
  readonly follower: Follower;
  readonly pace: Pace;
  readonly vertical: Clusters['vertical'];
};

function reachedCluster(
  cluster: string,
  apis: Apis,
  { times, log }: { readonly times: FollowTimes; readonly log: FollowerParts['log'] },
): ReachedCluster {
  const pace = new Pace(readsInstead);
  const follower = new Follower({
    cluster,
    configuration: apis.configuration,
    times,
    log,
    async readReasons({ namespace, labelSelector }, signal) {
      await pace.turn(1, signal);
      try {
        return await reasonsOf(apis, namespace, labelSelector);
      } catch (error) {
        throw readTrouble(`listing pods of ${namespace} in cluster ${cluster}`, error);
      }
    },
  });
  return { ...apis, follower, pace, vertical: verticalOf(apis) };
}

/** Most clusters do not have the kind; that is not asked for each plan. */
function verticalOf({ custom }: Apis): Clusters['vertical'] {
  let absentUntilMs = 0;
  return async (workload) => {
    if (performance.now() < absentUntilMs) return notServed;
    const answer = await verticalAutoscaler(custom, workload);
    if (answer === notServed) absentUntilMs = performance.now() + absentMs;
    return answer;
  };
}

async function observeAndNote(
  cluster: ReachedCluster,
  workload: WorkloadRef,
): ReturnType<Clusters['observe']> {
  const seen = await observe(cluster, workload);
  cluster.follower.noteState(workload, seen);
  return seen;
}

interface Apis {
  readonly apps: AppsV1Api;
  readonly autoscaling: AutoscalingV2Api;
  readonly core: CoreV1Api;
  readonly custom: CustomObjectsApi;
  readonly version: VersionApi;
  /** How the server is reached, for what is read without the client's models. */
  readonly configuration: Configuration;
}

/** @throws Error in words when the kubeconfig does not lead to the cluster. */
export function apisOf(
  address: ClusterAddress,
  kubeconfig: string | undefined,
  deadlineMs: number,
): Apis {
  const config = loadKubeconfig(address, kubeconfig);
  const server = config.getCurrentCluster()?.server;
  assert(server !== undefined, 'a kubeconfig without a mistake names a cluster');
  reuseConnections(config);
  const configuration: Configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: withCredentials(config, deadlineMs) },
    httpApi: wrapHttpLibrary({ send: (request) => sendWithin(deadlineMs, request) }),
  });
  return {
    apps: new AppsV1Api(configuration),
    autoscaling: new AutoscalingV2Api(configuration),
    core: new CoreV1Api(configuration),
    custom: new CustomObjectsApi(configuration),
    version: new VersionApi(configuration),
    configuration,
  };
}

async function observe(apis: Apis, workload: WorkloadRef): ReturnType<Clusters['observe']> {
  const doing = `reading ${workload.kind} ${workload.namespace}/${workload.name} in cluster ${workload.cluster}`;
  try {
    const { namespace, name } = workload;
    const [object, autoscalers] = await Promise.all([
      orMissing(
        workload.kind === 'Deployment'
          ? apis.apps.readNamespacedDeployment({ namespace, name })
          : apis.apps.readNamespacedStatefulSet({ namespace, name }),
      ),
      autoscalersIn(apis, namespace),
    ]);
    const scaling = autoscalers.filter((item) => scales(item, workload));
    const labelSelector = object === undefined ? '' : podSelector(object);
    const reasons =
      object === undefined || areAllReady(object) || labelSelector === ''
        ? []
        : await reasonsOf(apis, namespace, labelSelector);
    return clusterState(workload, { object, scaling, reasons });
  } catch (error) {
    throw readTrouble(doing, error);
  }
}

async function reasonsOf(
  { core }: Apis,
  namespace: string,
  labelSelector: string,
): Promise<readonly string[]> {
  const { items } = await core.listNamespacedPod({ namespace, labelSelector, limit: podsMax });
  return items.flatMap((pod) => podReason(pod) ?? []);
}

async function autoscalersIn(
  { autoscaling }: Apis,
  namespace: string,
): Promise<readonly V2HorizontalPodAutoscaler[]> {
  return (await autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace })).items;
}

async function autoscaled(
  apis: Apis,
  { cluster, namespace }: Parameters<Clusters['autoscaled']>[0],
): ReturnType<Clusters['autoscaled']> {
  try {
    return (await autoscalersIn(apis, namespace)).flatMap(scaledBy);
  } catch (error) {
    throw readTrouble(`listing the autoscalers of ${namespace} in cluster ${cluster}`, error);
  }
}
