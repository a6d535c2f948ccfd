// Counts what Headroom asks of a cluster while rollouts run and alerts come in, beside asking each time, as it did before it watched.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Cluster, headroomAccount, startCluster } from '../sandbox/cluster/server.ts';
import { createDatabases } from '../src/adapters/databases.ts';
import { createClusters } from '../src/adapters/kubernetes.ts';
import { createRoomReader } from '../src/adapters/kubernetes-room.ts';
import type { ClusterChange, WorkloadRef } from '../src/change/change.ts';
import { clusterWrite } from '../src/change/cluster-write.ts';
import type { Plan } from '../src/plan/plan.ts';
import { whyRefused } from '../src/plan/plan-check.ts';
import type { Clusters } from '../src/ports.ts';
import { checkPlan } from '../src/workflow/check-plan.ts';
import { limits } from '../src/workflow/limits.ts';
import { followInCluster, observeChange } from '../src/workflow/observe-change.ts';
import type { Parts } from '../src/workflow/parts.ts';
import { rolloutOf } from '../src/workflow/verify-change.ts';
import { podsEach, progress, refOf, seedWorkloads } from './load-scene.ts';

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

const never = new AbortController().signal;

/** What it did before it watched: the same questions, each of them asked. */
function asking(clusters: Clusters): Clusters {
  return {
    ...clusters,
    follow: (workload) => clusters.observe(workload),
    async scaledObject(workload) {
      // The list of ScaledObjects that a card needs, as one request of the same kind.
      const object = await clusters.read({ ...workload, kind: 'ScaledObject' });
      return object === undefined ? { kind: 'none' } : { kind: 'seen', object };
    },
  };
}

type Sight = (clusters: Clusters) => Clusters;

const watching: Sight = (clusters) => clusters;

/** Nothing here is in a database. */
const noDatabases = createDatabases({
  systems: new Map(),
  secretOf: () => Promise.reject(new Error('nobody asks for a secret here')),
  ownServer: async () => 'none',
});

/** A rollout takes this long: 96 looks. With 20 at a time, five begin a minute, so each of 3,000 workloads is changed twice a day and more. */
const rolloutMs = 240_000;

interface Counted {
  readonly requestsPerSecond: number;
  /** Of those, what no card and no run asked for. */
  readonly waitingPerSecond: number;
  /** Requests of the first look. */
  readonly atOnce: number;
  /** Requests for a card that is drawn, and for a run until its pods are waited for. */
  readonly aCard: number;
  readonly aRun: number;
  readonly watches: number;
  readonly heldMib: number;
}

/** Three rows: requests a second while waiting and in all, and watches. The baseline does the same work in a cluster of the same content. */
export async function clusterLoadRows(times: LoadTimes): Promise<readonly LoadRow[]> {
  const before = await countedWith(asking, times);
  const now = await countedWith(watching, times);
  const { workloads, rollouts, seconds } = times;
  const what = `${workloads} workloads, ${rollouts} rollouts, 1 alert a second`;
  const baselineIs = 'asking each time';
  const begunPerMinute = rollouts / (rolloutMs / 60_000);
  const requests = (which: (counted: Counted) => number) => ({
    target: 'at most 1 a second',
    measured: which(now),
    unit: 'a second',
    baseline: { what: baselineIs, measured: which(before) },
    ratio: which(now) / which(before),
  });
  const podsOfRun = (now.waitingPerSecond * 60) / begunPerMinute;
  const carried = 60 / (now.aCard + now.aRun + podsOfRun);
  const timesADay = (begunPerMinute * 60 * 24) / workloads;
  return [
    {
      what: `requests while waiting: ${what}`,
      ...requests(({ waitingPerSecond }) => waitingPerSecond),
      note: `while waiting: ${seconds} s of rollouts of ${rolloutMs / 60_000} minutes each, looked at every ${limits.rolloutPollMs / 1000} s, and a look at the workload of each alert. What is left is why pods are not ready, about once a rollout. Not counted: the first look at all that is on its way when it begins (${now.atOnce} requests), and that watches end and go on every five to ten minutes`,
    },
    {
      what: `with ${begunPerMinute.toFixed(0)} cards and ${begunPerMinute.toFixed(0)} runs a minute`,
      ...requests(({ requestsPerSecond }) => requestsPerSecond),
      note: `cards and runs: a card takes ${now.aCard.toFixed(1)} requests and a run ${now.aRun.toFixed(1)} until its write is told: room, dry run, quotas, look, write, event. Each is asked because somebody decides or writes by it, so this grows with what is begun and not with time: here each workload is changed ${timesADay.toFixed(1)} times a day, and one request a second carries ${carried.toFixed(0)} cards and as many runs a minute. Room is that of ${podsEach} pods for each workload, read anew about every ${Math.round((podsEach * workloads) / 500) * 8} s: each 500 pods are one request more a look, and then the look counts for eight seconds longer, so it stays below one in eight seconds`,
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
    const running = createClusters([{ id: 'bench' }], kubeconfig);
    const clock = { nowMs: 0, now: () => new Date(clock.nowMs) };
    const stage: Stage = {
      clusters: sight(running),
      lookForRoom: createRoomReader([{ id: 'bench' }], kubeconfig, { clock }),
      allowed: new Map([['bench', { namespaces: namespacesOf(refs), kinds: ['Deployment'] }]]),
      systems: new Map(),
      databases: noDatabases,
      clock,
      cluster,
      refs,
      asked: () =>
        cluster.control.requests.all.filter(({ user }) => user === headroomAccount).length,
      spent: { cards: [], runs: [] },
    };
    const emptyMib = heapMib();
    await lookAt(refs[0] ?? refOf(0), stage);
    const heldMib = heapMib() - emptyMib;
    for (const ref of refs.slice(0, times.rollouts)) {
      cluster.control.patch(ref, { spec: { replicas: 8 } });
    }
    await play(stage, { ...times, seconds: 0 });
    const atOnce = stage.asked();
    cluster.control.requests.clear();
    const watches = await play(stage, times);
    const all = stage.asked();
    await running.close();
    const { cards, runs } = stage.spent;
    const [forCards, forRuns] = [sum(cards), sum(runs)];
    return {
      requestsPerSecond: all / times.seconds,
      waitingPerSecond: (all - forCards - forRuns) / times.seconds,
      atOnce,
      aCard: forCards / Math.max(1, cards.length),
      aRun: forRuns / Math.max(1, runs.length),
      watches,
      heldMib,
    };
  } finally {
    await cluster.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

const namespacesOf = (refs: readonly WorkloadRef[]) => [
  ...new Set(refs.map(({ namespace }) => namespace)),
];

const sum = (amounts: readonly number[]) => amounts.reduce((all, amount) => all + amount, 0);

interface Stage
  extends Pick<Parts, 'clusters' | 'lookForRoom' | 'allowed' | 'databases' | 'systems'> {
  readonly clock: { nowMs: number };
  readonly cluster: Cluster;
  readonly refs: readonly WorkloadRef[];
  /** Requests so far. */
  readonly asked: () => number;
  readonly spent: { readonly cards: number[]; readonly runs: number[] };
}

/**
 * Lets the time of the cluster pass in steps of one look, without any only the first look; answers how many watches were
 * open at most.
 */
async function play(stage: Stage, { rollouts, seconds }: LoadTimes): Promise<number> {
  const { clusters, cluster, refs, clock } = stage;
  const stepMs = limits.rolloutPollMs;
  const looks = rolloutMs / stepMs;
  const first = seconds === 0 ? 0 : 1;
  let watches = 0;
  let alerts = 1;
  for (let step = first; step * stepMs <= seconds * 1000; step += 1) {
    clock.nowMs = step * stepMs;
    for (; alerts * 1000 <= step * stepMs; alerts += 1) {
      await lookAt(refs[(alerts * 7 + rollouts) % refs.length] ?? refOf(0), stage);
    }
    // They are somewhere on their way when it begins, and followed by others when they end.
    const slots = Array.from({ length: rollouts }, (_, slot) => {
      const at = step + Math.floor((slot * looks) / rollouts);
      const change = changeOf(refs[(slot + Math.floor(at / looks) * rollouts) % refs.length]);
      return { change, at: at % looks };
    });
    // One after the other, so that what each takes can be told.
    for (const { change, at } of slots) if (step > 0 && at === 0) await begin(change, stage);
    await Promise.all(
      slots.map(async ({ change, at }) => {
        await progress(cluster, change, at / looks);
        rolloutOf(change, await followInCluster(change, { clusters }, never));
      }),
    );
    watches = Math.max(watches, cluster.control.openWatches);
  }
  return watches;
}

/** What every alert takes, whether it is listed on a card that is there or a new one is drawn. */
async function lookAt(workload: WorkloadRef, { clusters }: Stage): Promise<void> {
  await clusters.follow(workload);
  await clusters.scaledObject(workload);
}

type ScaleChange = Extract<ClusterChange, { kind: 'scale' }>;

function changeOf(workload = refOf(0)): ScaleChange {
  return {
    kind: 'scale',
    workload,
    before: { replicas: 5 },
    after: { replicas: 8 },
    floor: true,
    undo: 'exact',
  };
}

/** A card is drawn with its checks; approved, its run asks everything again, looks, writes and tells. */
async function begin(change: ScaleChange, stage: Stage): Promise<void> {
  const { clusters, asked, spent } = stage;
  const plan = planOf(change);
  const before = asked();
  const drawn = await checkPlan(plan, { mode: 'apply', isBeforeWrite: false }, stage);
  spent.cards.push(asked() - before);
  const drawnAt = asked();
  const again = await checkPlan(plan, { mode: 'apply', isBeforeWrite: true }, stage);
  const problem = whyRefused([...drawn.checks, ...again.checks]);
  if (problem !== undefined) throw new Error(problem);
  await observeChange(change, { clusters });
  await clusters.write(clusterWrite(change, ''), { dryRun: false });
  await clusters.tell({
    object: change.workload,
    name: `${change.workload.name}.p-bench.0`,
    reason: 'HeadroomApplied',
    message: 'replicas 5 → 8 (plan p-bench)',
    at: new Date(),
  });
  spent.runs.push(asked() - drawnAt);
}

function planOf(change: ScaleChange): Plan {
  return {
    id: 'p-bench',
    revision: 1,
    system: 'bench',
    title: 'Bench',
    component: change.workload.name,
    origin: { kind: 'command', commandId: 'c-bench', by: 'U0BENCH' },
    workload: change.workload,
    replicas: { before: change.before.replicas, after: change.after.replicas },
    observations: [],
    arithmetic: [],
    notes: [],
    limitsMet: [],
    steps: [change],
    decrease: false,
    createdAt: new Date(0).toISOString(),
    expiresAt: new Date(0).toISOString(),
    startWithinSeconds: 900,
  };
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
