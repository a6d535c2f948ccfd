// What our field manager comes to own, as the sandbox cluster records it after every kind of write: the fields written, no more.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import type {
  ClusterChange,
  CreateChange,
  FieldValue,
  PatchField,
} from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import type { ObjectKind } from '../../src/change/kinds.ts';
import { markOf, planAnnotationPointer } from '../../src/change/plan-mark.ts';
import { escaped, valueAt } from '../../src/change/pointer.ts';
import { writtenFields } from '../../src/change/written-fields.ts';
import type { Clusters } from '../../src/ports.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { deployment } from '../bot.ts';
import { scaledObjectKind } from '../custom-kinds.ts';
import { makeAutoscalerChange, makePatchChange, makeScaleChange, makeWorkload } from '../make.ts';

const ref = makeWorkload({ cluster: 'main' });
const { namespace } = ref;
const container = '/spec/template/spec/containers/0';
let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-owned-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

function seed(): void {
  const { control } = cluster;
  control.reset();
  control.seed([scaledObjectKind]);
  control.settle();
  control.seed(
    [
      deployment('worker', 5),
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'worker-hpa', namespace },
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
          minReplicas: 2,
          maxReplicas: 20,
        },
      },
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'worker', namespace },
        spec: { scaleTargetRef: { name: 'worker' }, minReplicaCount: 2, maxReplicaCount: 20 },
      },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'settings', namespace, annotations: { team: 'plants' } },
        data: { shards: '4', mode: 'fast' },
      },
    ],
    'argocd-controller',
  );
}

const patch = (kind: ObjectKind, name: string, fields: readonly PatchField[]) =>
  makePatchChange({
    workload: ref,
    object: { cluster: 'main', namespace, kind, name },
    guards: [],
    fields,
    rollout: false,
  });

const limits = fc
  .tuple(fc.integer({ min: 3, max: 50 }), fc.boolean(), fc.integer({ min: 1, max: 50 }))
  .map(([minReplicas, both, more]) => ({
    before: { minReplicas: 2, maxReplicas: 20 },
    after: { minReplicas: both ? minReplicas : 2, maxReplicas: Math.max(21, minReplicas + more) },
  }));
const requests = fc.subarray(
  [
    {
      pointer: `${container}/resources/requests/cpu`,
      what: 'cpu request',
      before: '2',
      after: '3',
    },
    {
      pointer: `${container}/resources/requests/memory`,
      what: 'memory request',
      before: '4Gi',
      after: '5Gi',
    },
    {
      pointer: `${container}/resources/limits`,
      what: 'limits',
      after: { cpu: '6', memory: '8Gi' },
    },
  ] satisfies PatchField[],
  { minLength: 1 },
);
const created: CreateChange = {
  kind: 'create',
  workload: ref,
  object: { cluster: 'main', namespace, kind: 'PodDisruptionBudget', name: 'worker' },
  fields: { spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
  rollout: false,
  floor: false,
  undo: 'exact',
};

const autoscaler = { cluster: 'main', namespace, name: 'worker-hpa' };
const changes: fc.Arbitrary<ClusterChange> = fc.oneof(
  fc
    .integer({ min: 6, max: 60 })
    .map((replicas) => makeScaleChange({ workload: ref, after: { replicas } })),
  limits.map((moved) => makeAutoscalerChange({ workload: ref, autoscaler, ...moved })),
  limits.map((moved) =>
    makeAutoscalerChange({ workload: ref, autoscaler, scaledObject: 'worker', ...moved }),
  ),
  requests.map((fields) => patch('Deployment', 'worker', fields)),
  fc.constant(
    patch('ConfigMap', 'settings', [
      { pointer: '/data/shards', what: 'shards', before: '4', after: '8' },
      { pointer: '/data/zones.new', what: 'zones.new', after: 'b' },
    ]),
  ),
  fc.constant(created),
);

it('after any write it owns the fields written and the mark of the plan, whoever owned them before', async () => {
  await fc.assert(
    fc.asyncProperty(changes, async (change) => {
      seed();
      const state = await observeChange(change, { clusters });
      const mark = markOf(change, 'p-1', state);
      const written = await clusters.write(clusterWrite(change, '', mark), { dryRun: false });
      expect(written).toEqual({ kind: 'written' });
      const { object, fields } = writtenFields(change);
      const wanted =
        change.kind === 'create'
          ? leaves(change.fields, '')
          : fields.flatMap(({ pointer, after }) => leaves(after, pointer));
      const owned = ownedBy('headroom', object.kind, object.name);
      expect(owned.toSorted()).toEqual(
        [...wanted, ...(mark === undefined ? [] : [planAnnotationPointer])].toSorted(),
      );
    }),
    { numRuns: 30 },
  );
});

/** Every place below a value where something stands that is no map. */
function leaves(value: FieldValue | undefined, at: string): readonly string[] {
  return typeof value === 'object' && !Array.isArray(value)
    ? Object.entries(value).flatMap(([key, part]) => leaves(part, `${at}/${escaped(key)}`))
    : [at];
}

function ownedBy(manager: string, kind: ObjectKind, name: string): readonly string[] {
  const object = cluster.control.get(kind, namespace, name);
  const entries = valueAt(object, '/metadata/managedFields');
  if (!Array.isArray(entries)) throw new Error(`${kind} ${name} has no managed fields`);
  return entries
    .filter((entry) => valueAt(entry, '/manager') === manager)
    .flatMap((entry) => pointersOf(valueAt(entry, '/fieldsV1'), object, ''));
}

/** The set of owned fields as pointers into the object; a map or an item that is owned as such is not counted with its parts. */
function pointersOf(fields: unknown, value: unknown, at: string): readonly string[] {
  const entries = Object.entries(fields ?? {}).filter(([key]) => key !== '.');
  if (entries.length === 0) return [at];
  return entries.flatMap(([name, below]) => {
    const key = name.startsWith('k:') ? indexOf(value, name.slice(2)) : name.slice(2);
    const pointer = `/${escaped(key)}`;
    return pointersOf(below, valueAt(value, pointer), `${at}${pointer}`);
  });
}

function indexOf(list: unknown, text: string): string {
  const key: Readonly<Record<string, unknown>> = JSON.parse(text);
  if (!Array.isArray(list)) throw new Error('only items of lists have keys');
  return String(
    list.findIndex((item: unknown) =>
      Object.entries(key).every(([name, part]) => valueAt(item, `/${escaped(name)}`) === part),
    ),
  );
}
