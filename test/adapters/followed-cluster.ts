// A sandbox cluster that is followed through a lane that can go dead, and what was asked of it meanwhile.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalEntry } from '../../sandbox/cluster/control.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters, type RunningClusters } from '../../src/adapters/kubernetes.ts';
import type { FollowTimes } from '../../src/adapters/kubernetes-follow.ts';
import type { WorkloadRef } from '../../src/change/change.ts';
import { type Lane, openLane } from './lane.ts';

export interface Said {
  readonly level: 'debug' | 'info' | 'warn';
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface FollowedCluster {
  readonly cluster: Cluster;
  readonly lane: Lane;
  /** What was logged since the clusters were opened. */
  readonly said: readonly Said[];
  /** The requests since the last reset. */
  asked(): readonly JournalEntry[];
  watchesAsked(): readonly URLSearchParams[];
  /** Opens the adapter; the one before is closed. */
  open(following?: Partial<FollowTimes>): Promise<RunningClusters>;
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing happens here but what a test does. */
export async function startFollowed(): Promise<FollowedCluster> {
  const cluster = await startCluster({
    autoTick: false,
    timings: { startMs: 0, readyMs: 0, stopMs: 0 },
  });
  const lane = await openLane(cluster.url);
  const directory = await mkdtemp(join(tmpdir(), 'headroom-follow-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig().replace(cluster.url, lane.url));
  const said: Said[] = [];
  const say = (level: Said['level']) => (fields: object, message: string) => {
    said.push({ ...fields, level, message });
  };
  const log = { debug: say('debug'), info: say('info'), warn: say('warn') };
  let clusters: RunningClusters | undefined;
  const asked = () => cluster.control.requests.all;
  return {
    cluster,
    lane,
    said,
    asked,
    watchesAsked: () =>
      asked()
        .map(({ query }) => new URLSearchParams(query))
        .filter((query) => query.has('watch')),
    async open(following = {}) {
      await clusters?.close();
      const quick = { backoffMs: 20, backoffMaxMs: 100, openMs: 2_000, ...following };
      clusters = createClusters([{ id: 'main' }], kubeconfig, {
        deadlineMs: 2_000,
        log,
        following: quick,
      });
      return clusters;
    },
    async reset() {
      await clusters?.close();
      said.length = 0;
      cluster.control.reset();
    },
    async stop() {
      await clusters?.close();
      await lane.close();
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

export function refOf(
  name: string,
  { kind = 'Deployment', namespace = 'shop' }: Partial<WorkloadRef> = {},
): WorkloadRef {
  return { cluster: 'main', namespace, kind, name };
}

/** A workload of one container. */
export function workloadOf(ref: WorkloadRef, replicas: number) {
  const { kind, namespace, name } = ref;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, annotations: { [lastApplied]: '{"the": "whole object"}' } },
    spec: {
      replicas,
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name, image: 'shop:1', resources: { requests: { cpu: '250m' } } }] },
      },
    },
  };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function autoscalerOf({ kind, namespace, name }: WorkloadRef) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: `${name}-hpa`, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind, name },
      minReplicas: 2,
      maxReplicas: 20,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
    },
  };
}
