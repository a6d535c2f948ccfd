// Counts what Headroom asks of a cluster while rollouts run and alerts come in, beside asking each time, as it did before it watched.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { ClusterControl } from '../sandbox/cluster/control.ts';
import {
  adminToken,
  type Cluster,
  headroomAccount,
  startCluster,
} from '../sandbox/cluster/server.ts';
import { createClusters } from '../src/adapters/kubernetes.ts';
import type { ClusterChange, WorkloadRef } from '../src/change/change.ts';
import { clusterWrite } from '../src/change/cluster-write.ts';
import type { ClusterState } from '../src/change/compare.ts';
import { objectPath } from '../src/change/kinds.ts';
import type { Clusters } from '../src/ports.ts';
import { limits } from '../src/workflow/limits.ts';
import { followInCluster, observeChange } from '../src/workflow/observe-change.ts';
import { rolloutOf } from '../src/workflow/verify-change.ts';

export interface LoadTimes {
  readonly workloads: number;
  readonly rollouts: number;
  /** Of the cluster's time; the machine's is shorter. */
  readonly seconds: number;
}

/** One line: what was counted, what is wanted of it, and how it stands to the baseline of the same run. */
export interface LoadRow {
  readonly what: string;
  readonly target: string;
  readonly measured: number;
  readonly unit: string;
  readonly baseline: { readonly what: string; readonly measured: number };
  /** The measured number by the baseline's. */
  readonly ratio: number;
  readonly note: string;
}

/** How a process sees the cluster while it waits and when it draws plans. */
interface Sight {
  readonly wait: (change: ClusterChange, clusters: Clusters) => Promise<ClusterState>;
  readonly draw: (workload: WorkloadRef, clusters: Clusters) => Promise<unknown>;
}

const never = new AbortController().signal;

const watching: Sight = {
  wait: (change, clusters) => followInCluster(change, { clusters }, never),
  draw: async (workload, clusters) => {
    await clusters.follow(workload);
    await clusters.scaledObject(workload);
  },
};

/** What it did before: the same questions, each of them asked. */
const asking: Sight = {
  wait: (change, clusters) => observeChange(change, { clusters }),
  draw: async (workload, clusters) => {
    await clusters.observe(workload);
    // The list of ScaledObjects that a card needs, as one request of the same kind.
    await clusters.read({ ...workload, kind: 'ScaledObject' });
  },
};

/** A rollout takes this long: 24 looks or 48. */
const rolloutMs = 120_000;

interface Counted {
  readonly requestsPerSecond: number;
  /** Requests of the first look. */
  readonly atOnce: number;
  readonly watches: number;
  readonly heldMib: number;
}

/** Two rows: requests a second and watches. The baseline does the same work in a cluster of the same content. */
export async function clusterLoadRows(times: LoadTimes): Promise<readonly LoadRow[]> {
  const before = await countedWith(asking, times);
  const now = await countedWith(watching, times);
  const { workloads, rollouts, seconds } = times;
  const what = `${workloads} workloads, ${rollouts} rollouts, 1 alert a second`;
  const baselineIs = 'asking each time';
  return [
    {
      what: `requests: ${what}`,
      target: 'at most 1 a second',
      measured: now.requestsPerSecond,
      unit: 'a second',
      baseline: { what: baselineIs, measured: before.requestsPerSecond },
      ratio: now.requestsPerSecond / before.requestsPerSecond,
      note: `requests: ${seconds} s of rollouts of ${rolloutMs / 60_000} minutes each, looked at every ${limits.rolloutPollMs / 1000} s, with the looks before their writes, the writes and their events; each alert draws a plan for another workload. Not counted: the first look at all that is on its way when it begins (${now.atOnce} requests), the look for room, which has a limit of its own, and that watches end and go on every five to ten minutes`,
    },
    {
      what: `watches: ${what}`,
      target: 'at most 10',
      measured: now.watches,
      unit: 'at once',
      baseline: { what: 'one for each rollout', measured: rollouts },
      ratio: now.watches / rollouts,
      note: `watches: they hold ${now.heldMib.toFixed(1)} MiB for these workloads and as many autoscalers`,
    },
  ];
}

async function countedWith(sight: Sight, times: LoadTimes): Promise<Counted> {
  const cluster = await startCluster({ autoTick: false });
  const directory = await mkdtemp(join(tmpdir(), 'headroom-bench-'));
  try {
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    const refs = seedWorkloads(cluster.control, times.workloads);
    const clusters = createClusters([{ id: 'bench' }], kubeconfig);
    const emptyMib = heapMib();
    await sight.draw(refs[0] ?? refOf(0), clusters);
    const heldMib = heapMib() - emptyMib;
    const stage = { clusters, cluster, refs };
    const asked = () =>
      cluster.control.requests.all.filter(({ user }) => user === headroomAccount).length;
    for (const ref of refs.slice(0, times.rollouts)) {
      cluster.control.patch(ref, { spec: { replicas: 8 } });
    }
    await play(sight, stage, { ...times, seconds: 0 });
    const atOnce = asked();
    cluster.control.requests.clear();
    const watches = await play(sight, stage, times);
    const requestsPerSecond = asked() / times.seconds;
    await clusters.close();
    return { requestsPerSecond, atOnce, watches, heldMib };
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

interface Stage {
  readonly clusters: Clusters;
  readonly cluster: Cluster;
  readonly refs: readonly WorkloadRef[];
}

/**
 * Lets the time of the cluster pass in steps of one look, without any only the first look; answers how many watches were
 * open at most.
 */
async function play(sight: Sight, stage: Stage, { rollouts, seconds }: LoadTimes): Promise<number> {
  const { clusters, cluster, refs } = stage;
  const stepMs = limits.rolloutPollMs;
  const looks = rolloutMs / stepMs;
  const first = seconds === 0 ? 0 : 1;
  let watches = 0;
  let alerts = 1;
  for (let step = first; step * stepMs <= seconds * 1000; step += 1) {
    for (; alerts * 1000 <= step * stepMs; alerts += 1) {
      await sight.draw(refs[(alerts * 7 + rollouts) % refs.length] ?? refOf(0), clusters);
    }
    await Promise.all(
      Array.from({ length: rollouts }, async (_, slot) => {
        // They are somewhere on their way when it begins, and followed by others when they end.
        const at = step + Math.floor((slot * looks) / rollouts);
        const change = changeOf(refs[(slot + Math.floor(at / looks) * rollouts) % refs.length]);
        if (step > 0 && at % looks === 0) await begin(change, clusters);
        await progress(cluster, change, (at % looks) / looks);
        rolloutOf(change, await sight.wait(change, clusters));
      }),
    );
    watches = Math.max(watches, cluster.control.openWatches);
  }
  return watches;
}

function changeOf(workload = refOf(0)): Extract<ClusterChange, { kind: 'scale' }> {
  return {
    kind: 'scale',
    workload,
    before: { replicas: 5 },
    after: { replicas: 8 },
    floor: true,
    undo: 'exact',
  };
}

async function begin(
  change: Extract<ClusterChange, { kind: 'scale' }>,
  clusters: Clusters,
): Promise<void> {
  await observeChange(change, { clusters });
  await clusters.write(clusterWrite(change, ''), { dryRun: false });
  await clusters.tell({
    object: change.workload,
    name: `${change.workload.name}.p-bench.0`,
    reason: 'HeadroomApplied',
    message: 'replicas 5 → 8 (plan p-bench)',
    at: new Date(),
  });
}

/** As the controllers would say it: some of the new pods are ready. */
async function progress(
  { url }: Cluster,
  { workload }: ClusterChange,
  share: number,
): Promise<void> {
  const path = objectPath(workload.kind, workload);
  const status = statusOf(8, 5 + Math.floor(share * 3));
  const headers = {
    authorization: `Bearer ${adminToken}`,
    'content-type': 'application/merge-patch+json',
  };
  const answer = await fetch(`${url}${path}/status`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ status }),
  });
  if (!answer.ok) throw new Error(`${path}/status: ${await answer.text()}`);
}

function statusOf(replicas: number, readyReplicas: number) {
  return { observedGeneration: 1_000, replicas, readyReplicas, updatedReplicas: replicas };
}

function refOf(index: number): WorkloadRef {
  const namespace = `team-${Math.floor(index / 10)}`;
  return { cluster: 'bench', namespace, kind: 'Deployment', name: `worker-${index}` };
}

function seedWorkloads(control: ClusterControl, count: number): readonly WorkloadRef[] {
  const refs = Array.from({ length: count }, (_, index) => refOf(index));
  control.seed(refs.flatMap(objectsOf));
  control.requests.clear();
  return refs;
}

/** A workload as large as they are, with an autoscaler of something else beside it. */
function objectsOf({ namespace, name }: WorkloadRef) {
  const labels = { app: name, 'app.kubernetes.io/part-of': namespace };
  const amounts = { cpu: '500m', memory: '512Mi' };
  const variables = Array.from({ length: 20 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `value ${index} of ${name}`,
  }));
  const container = {
    name: 'worker',
    image: `registry.example/${name}:1.0.0`,
    env: variables,
    resources: { requests: amounts, limits: amounts },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: 5,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
      status: statusOf(5, 5),
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: `${name}-db`, namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: `${name}-db` },
        maxReplicas: 5,
      },
    },
  ];
}

let collect: (() => void) | undefined;

/** What is in use after everything that can go has gone. */
function heapMib(): number {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  collect();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}
