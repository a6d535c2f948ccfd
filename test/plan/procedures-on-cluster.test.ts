// Every procedure that ships, turned into changes against a sandbox cluster and written there: accepted, reached, and taken back.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { type ClusterChange, isTakenBack, removalOf, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { type ClusterState, compareChange } from '../../src/change/compare.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { afterChange } from '../../src/plan/after-change.ts';
import { changesForDatabaseDeed } from '../../src/plan/database-deed-changes.ts';
import { type ClusterStep, changesForStep, objectOfStep } from '../../src/plan/step-changes.ts';
import type { StepChanges } from '../../src/plan/step-facts.ts';
import type { Clusters } from '../../src/ports.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { now } from '../make.ts';
import { changesOf } from '../profile/plan-of.ts';
import { mistakesIn } from '../published-schemas.ts';
import { clusterSteps, observed, seed, shippedProcedures } from './shipped-procedures.ts';

const procedures = shippedProcedures().flatMap(({ profile, id: name, given }) => {
  const steps = clusterSteps(changesOf(profile.id, name, given));
  return steps.length === 0 ? [] : [{ id: profile.id, name, profile, steps }];
});

/** What cannot be done on a cluster that is as the guide leaves it; everything else can. */
const refusals: Readonly<Record<string, readonly RegExp[]>> = {
  'gl-003 database-resources': [/postgresql is a StatefulSet: a rollout that fails there/],
  // Its usual name is that of the collector the profile knows, whose pods have other labels here.
  'gl-010 edge-collector': [/is there with another selector, which can never change/],
  // A person takes it away before, as the refusal says; see below.
  'gl-010 calculator-by-lag': [/gl-010-calculator-hpa scales gl-010-calculator already/],
};

let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false, timings: { startMs: 0, readyMs: 0, stopMs: 0 } });
  directory = await mkdtemp(join(tmpdir(), 'headroom-procedures-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

describe.each(procedures)('$id $name', ({ id, name, profile, steps }) => {
  it('is accepted by a cluster, leads where it should, and what is exact is taken back', async () => {
    seed(cluster, profile, steps);
    const refused: string[] = [];
    const done: ClusterChange[] = [];
    const first = new Map<string, unknown>();
    for (const step of steps) {
      const state = await stateFor(step);
      const result = turned(step, state, profile);
      if (result.kind === 'refused') refused.push(result.because);
      if (result.kind !== 'changes') continue;
      let expected = state;
      for (const change of result.changes) {
        if (!isServed(change)) continue;
        remember(first, change);
        await carryOut(change);
        done.push(change);
        expected = afterChange(expected, change);
        expect(valuesOf(await stateFor(step), change)).toEqual(valuesOf(expected, change));
      }
    }
    const wanted = refusals[`${id} ${name}`] ?? [];
    expect(refused).toEqual(wanted.map((words) => expect.stringMatching(words)));
    for (const change of done.toReversed()) await takeBack(change);
    for (const [key, value] of first) expect([key, holdingAt(key)]).toEqual([key, value]);
  });
});

it('the calculator scales by lag once its other autoscaler is taken away, as the refusal says how', async () => {
  const found = procedures.find(({ name }) => name === 'calculator-by-lag');
  const [step] = found?.steps ?? [];
  if (found === undefined || step === undefined) throw new Error('no such procedure');
  seed(cluster, found.profile, found.steps);
  const { namespace } = step.target;
  const refused = turned(step, await stateFor(step), found.profile);
  expect(refused).toMatchObject({
    kind: 'refused',
    because: expect.stringContaining(
      `take it away with \`kubectl delete --namespace ${namespace} hpa gl-010-calculator-hpa\` (gl-010-calculator keeps its`,
    ),
  });
  cluster.control.remove('HorizontalPodAutoscaler', namespace, 'gl-010-calculator-hpa');
  const made = turned(step, await stateFor(step), found.profile);
  if (made.kind !== 'changes') throw new Error(JSON.stringify(made));
  expect(made.changes).toMatchObject([{ kind: 'create', object: { kind: 'ScaledObject' } }]);
  for (const change of made.changes) await carryOut(change);
  for (const change of made.changes.toReversed()) await takeBack(change);
});

it('a pooler as a set is accepted, and taken back', async () => {
  const settings = { listen_port: '6432', pool_mode: 'transaction' };
  const place = { cluster: 'main', namespace: 'shop' };
  cluster.control.reset();
  cluster.control.ensureNamespace(place.namespace);
  const made = changesForDatabaseDeed(
    { deed: 'pooler', replicas: 2, settings },
    {
      place,
      workload: { ...place, kind: 'Deployment', name: 'pgbouncer' },
      container: 'pgbouncer',
      state: { workload: undefined, autoscaler: undefined, objects: [] },
      at: now.toISOString(),
      mayScaleStatefulSet: false,
      pooler: { host: 'db.example', port: 5432, image: 'pgbouncer:1', userlist: 'users' },
    },
  );
  const changes = made.kind === 'changes' ? made.changes.filter(isServed) : [];
  expect(changes.length).toBeGreaterThan(2);
  for (const change of changes) await carryOut(change);
  for (const change of changes.toReversed()) await takeBack(change);
});

async function stateFor(step: ClusterStep): Promise<ClusterState> {
  const workload = workloadOf(step);
  const state = await observed(workload, clusters);
  const ref = objectOfStep(step, workload);
  const isSeen = state.objects.some(({ kind, name }) => kind === ref?.kind && name === ref.name);
  const object = ref === undefined || isSeen ? undefined : await clusters.read(ref);
  const objects = [...state.objects, ...(object ? [object] : [])];
  return { ...state, objects };
}

function workloadOf({ target: { kind, namespace, name } }: ClusterStep) {
  return { cluster: 'main', kind, namespace, name };
}

function turned(step: ClusterStep, state: ClusterState, profile: Profile): StepChanges {
  const { container, component: id, name, namespace } = step.target;
  const component = profile.components.get(id);
  return changesForStep(step, {
    place: { cluster: 'main', namespace },
    workload: workloadOf(step),
    container,
    ...(component?.workload.name === name && { component }),
    state,
    at: now.toISOString(),
    mayScaleStatefulSet: false,
    mayGrow: true,
  });
}

/** Whether the sandbox has the kind at all. */
function isServed(change: ClusterChange): boolean {
  try {
    if ('object' in change) cluster.control.list(change.object.kind);
    return true;
  } catch {
    return false;
  }
}

/** The server accepts the change as it stands, first without keeping it; then it is reached. */
async function carryOut(change: ClusterChange): Promise<void> {
  if (change.kind === 'create') {
    const write = clusterWrite(change, '');
    expect(mistakesIn(write.how === 'apply' ? write.body : {})).toEqual([]);
  }
  const comparison = compareChange(change, await observeChange(change, { clusters }));
  expect(comparison).toMatchObject({ kind: 'unchanged' });
  const version = comparison.kind === 'unchanged' ? comparison.resourceVersion : '';
  const write = clusterWrite(change, version);
  expect(await clusters.write(write, { dryRun: true })).toEqual({ kind: 'written' });
  expect(await clusters.write(write, { dryRun: false })).toEqual({ kind: 'written' });
  expect(compareChange(change, await observeChange(change, { clusters }))).toEqual({
    kind: 'reached',
  });
  if (change.kind === 'patch' && change.rollout) cluster.control.settle();
}

async function takeBack(change: ClusterChange): Promise<void> {
  if (!isTakenBack(change)) return;
  if (change.kind === 'patch') {
    const write = clusterWrite(undoOf(change), '');
    expect(await clusters.write(write, { dryRun: false })).toEqual({ kind: 'written' });
    return;
  }
  const seen = await clusters.read(change.object);
  const write = clusterWrite(removalOf(change, 'p_any'), seen?.resourceVersion ?? '');
  expect(await clusters.write(write, { dryRun: false })).toEqual({ kind: 'written' });
}

function remember(first: Map<string, unknown>, change: ClusterChange): void {
  if (!isTakenBack(change)) return;
  const { kind, namespace, name } = change.object;
  const key = [kind, namespace, name].join('/');
  if (!first.has(key)) first.set(key, holdingAt(key));
}

/** What an object holds; replicas and limits are not templates and stay as they were written. */
function holdingAt(key: string): unknown {
  const [kind = '', namespace = '', name = ''] = key.split('/');
  const found = cluster.control.get(kind, namespace, name);
  if (found === undefined || valueAt(found, '/metadata/deletionTimestamp') !== undefined) {
    return undefined;
  }
  const { replicas: _, minReplicas: __, maxReplicas: ___, ...spec } = Object(found['spec'] ?? {});
  return { spec, data: found['data'] };
}

/** What the next step of a plan reads of a state. */
function valuesOf(state: ClusterState, change: ClusterChange): unknown {
  switch (change.kind) {
    case 'scale':
      return state.workload?.replicas;
    case 'autoscaler':
      return [state.autoscaler?.minReplicas, state.autoscaler?.maxReplicas];
    case 'patch':
    case 'create': {
      const { kind, name } = change.object;
      const seen = state.objects.find((each) => each.kind === kind && each.name === name);
      const pointers = change.kind === 'patch' ? change.fields.map(({ pointer }) => pointer) : [];
      return [seen !== undefined, ...pointers.map((pointer) => valueAt(seen?.value, pointer))];
    }
  }
}
