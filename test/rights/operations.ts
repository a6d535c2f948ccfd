// Everything Headroom asks of the cluster of a system, by its own adapters: what the rights are held against.

import { createClusters } from '../../src/adapters/kubernetes.ts';
import { createWorkloadReader } from '../../src/adapters/kubernetes-live.ts';
import { createRoomReader } from '../../src/adapters/kubernetes-room.ts';
import { sourcesOf } from '../../src/adapters/kubernetes-sources.ts';
import type { CreateChange, PatchChange } from '../../src/change/change.ts';
import { type ClusterWrite, clusterWrite } from '../../src/change/cluster-write.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import { type ObjectKind, type ObjectRef, objectPath } from '../../src/change/kinds.ts';
import type { SyncSource } from '../../src/change/sync-settings.ts';
import { storagePointers } from '../../src/change/volume-growth.ts';
import { OperationError } from '../../src/errors.ts';
import type { System } from '../../src/plan/system.ts';
import type { ObjectEvent, WriteAnswer } from '../../src/ports.ts';
import type { ObjectName } from '../../src/rights/object-name.ts';
import type { Tier } from '../../src/rights/tiers.ts';
import { type WrittenObject, writtenObjects } from '../../src/rights/written-objects.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { makeAutoscalerChange, makePatchChange, makeScaleChange } from '../make.ts';
import type { LimitedCluster } from './limited-cluster.ts';

/** One thing the product does; it ends whether the cluster allows it or not. */
export interface Operation {
  readonly tier: Tier;
  readonly what: string;
  /** It watches all namespaces at once, and nothing narrower takes its place. */
  readonly isWide?: true;
  run(): Promise<void>;
}

/** A name that somebody could have typed. */
const typed = (name: ObjectName): string =>
  name.kind === 'known' ? name.name : name.parts.join('typed-in');

const syncSources: readonly SyncSource[] = [
  { kind: 'argo-cd', name: 'any' },
  { kind: 'Kustomization', namespace: 'flux-system', name: 'any' },
  { kind: 'HelmRelease', namespace: 'flux-system', name: 'any' },
];

/** What the operations need of the cluster they ask. */
type Parts = Pick<LimitedCluster, 'kubeconfig' | 'url' | 'token'>;

/** The name of a ScaledObject that no procedure names. */
export const scaledObjectOf = (workload: string): string => `${workload}-by-nobody`;

/** Writes are dry runs, which need the same rights and leave the cluster as it is; what they are answered is kept. */
export function operationsOf(
  system: System,
  parts: Parts,
  answers: WriteAnswer[] = [],
): readonly Operation[] {
  const { kubeconfig } = parts;
  const cluster = system.cluster;
  const clusters = createClusters([{ id: cluster }], kubeconfig);
  const write = async (change: ClusterWrite) => {
    answers.push(await clusters.write(change, { dryRun: true }));
  };
  const written = writtenObjects(system);
  const namespaces = [...new Set(written.map(({ namespace }) => namespace))];
  const reading = (what: string, run: () => Promise<unknown>): Operation => ({
    tier: 'read-only',
    what,
    run: () => orRefused(run),
  });
  return [
    ...[...system.workloads].flatMap(([component, workload]) => [
      reading(`observe ${component}`, () => clusters.observe(workload)),
      reading(`look for what sets the requests of ${component}`, () => clusters.vertical(workload)),
      reading(`look for what makes the autoscaler of ${component}`, async () => {
        // Anew each time: what is watched is not asked for twice.
        const own = createClusters([{ id: cluster }], kubeconfig);
        try {
          await own.scaledObject(workload);
        } finally {
          await own.close();
        }
      }),
      reading(`read ${component} as plans see it`, () => clusters.read(workload)),
    ]),
    ...syncSources.map((source) =>
      reading(`ask ${source.kind} whether it puts changes back`, () =>
        clusters.syncSettings(cluster, source),
      ),
    ),
    ...namespaces.flatMap((namespace) => [
      reading(`disruption budgets of ${namespace}`, () =>
        clusters.disruptionBudgets({ cluster, namespace }),
      ),
      reading(`room in ${namespace}`, () =>
        createRoomReader([{ id: cluster }], kubeconfig, { clock: { now: () => new Date() } })(
          cluster,
          [namespace],
        ),
      ),
      ...(['Deployment', 'StatefulSet'] as const).map((kind) =>
        reading(`suggest a ${kind} of ${namespace}`, () =>
          createWorkloadReader(
            { id: cluster },
            kubeconfig,
          )({
            cluster,
            namespace,
            kind,
            name: 'a-slip',
          }),
        ),
      ),
      ...watches(namespace, parts),
      reading(`read a StatefulSet and what scales in ${namespace}`, async () => {
        for (const kind of ['StatefulSet', 'HorizontalPodAutoscaler', 'ScaledObject'] as const) {
          await clusters.read({ cluster, namespace, kind, name: 'any' });
        }
      }),
    ]),
    ...wideWatches(parts),
    ...written
      .filter(({ kind, deed }) => kind === 'PersistentVolumeClaim' && deed === 'patch')
      .map((each) =>
        reading(`whether ${words(each)} can grow`, () =>
          clusters.mayGrow({ cluster, name: 'standard' }),
        ),
      ),
    ...written
      .filter(({ kind, keys }) => kind === 'Cluster' && keys?.includes('storage') === true)
      .map((each) =>
        reading(`whether the volumes of ${words(each)} have grown`, () =>
          observeChange(grownVolumes(refOf(each)), {
            clusters: {
              ...clusters,
              read: async (ref) =>
                ref.kind === 'Cluster' ? operatedCluster(ref.name) : clusters.read(ref),
            },
          }),
        ),
      ),
    ...written
      .filter(({ deed }) => deed !== 'scale')
      .map((each) => reading(`read ${words(each)}`, () => clusters.read(refOf(each)))),
    ...namespaces.flatMap((namespace): readonly Operation[] => [
      {
        tier: 'scale',
        what: `move an autoscaler of ${namespace}`,
        run: () => write(limits({ cluster, namespace })),
      },
      {
        tier: 'scale',
        what: `move a ScaledObject of ${namespace}`,
        run: () =>
          write(patchOf({ cluster, namespace, kind: 'ScaledObject', name: 'any' }, 'spec')),
      },
    ]),
    ...[...system.workloads.values()].map(
      (workload): Operation => ({
        tier: 'scale',
        what: `move the limits KEDA keeps of ${workload.name}`,
        run: () =>
          write(
            clusterWrite(
              makeAutoscalerChange({ workload, scaledObject: scaledObjectOf(workload.name) }),
              '1',
            ),
          ),
      }),
    ),
    ...namespaces.map(
      (namespace): Operation => ({
        tier: 'scale',
        what: `tell in ${namespace} what was changed`,
        run: () => orRefused(() => clusters.tell(told(system, namespace))),
      }),
    ),
    ...written.flatMap((each) => writes(each, write)),
  ];
}

const followed = ['Deployment', 'StatefulSet', 'HorizontalPodAutoscaler', 'ScaledObject'] as const;

/** What is watched where the account may: each is opened, and closed again. */
function watches(namespace: string, parts: Parts): readonly Operation[] {
  return [
    ...followed.flatMap((kind) => opened(objectPath(kind, { namespace }), parts)),
    ...opened(`/api/v1/namespaces/${namespace}/pods`, parts),
  ];
}

/** The same of all namespaces, by the paths that the product asks for. */
function wideWatches(parts: Parts): readonly Operation[] {
  return followed
    .flatMap((kind) => sourcesOf(kind, 'any')[0] ?? [])
    .flatMap(({ path }) => opened(path, parts))
    .map((operation) => ({ ...operation, isWide: true }) as const);
}

/** Where a server does not stream its lists they are asked for first. */
function opened(path: string, { url, token }: Parts): readonly Operation[] {
  return ['', '?watch=true'].map((query) => ({
    tier: 'read-only' as const,
    what: `${query === '' ? 'list' : 'watch'} ${path}`,
    async run() {
      const headers = { authorization: `Bearer ${token}` };
      const { body } = await fetch(`${url}${path}${query}`, { headers });
      await body?.cancel();
    },
  }));
}

/** A word beside a workload that is there. */
function told(system: System, namespace: string): ObjectEvent {
  const object = [...system.workloads.values()].find((each) => each.namespace === namespace);
  if (object === undefined) throw new Error(`no workload in ${namespace}`);
  const { cluster, kind, name } = object;
  return {
    object: { cluster, namespace, kind, name },
    name: `${name}.headroom`,
    reason: 'HeadroomApplied',
    message: 'for a test',
    at: new Date(0),
  };
}

/** Trouble is an answer too: the journal of the cluster says what was refused. */
async function orRefused(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
  }
}

const words = ({ kind, namespace, name }: WrittenObject) => `${kind} ${namespace}/${typed(name)}`;

function refOf({ cluster, namespace, kind, name }: WrittenObject): ObjectRef {
  return { cluster, namespace, kind, name: typed(name) };
}

function limits({ cluster, namespace }: Pick<ObjectRef, 'cluster' | 'namespace'>): ClusterWrite {
  const autoscaler = { cluster, namespace, name: 'whatever-it-is-called' };
  return clusterWrite(makeAutoscalerChange({ autoscaler }), '1');
}

function grownVolumes(object: ObjectRef): PatchChange {
  const fields = [{ pointer: storagePointers.Cluster, what: 'size', before: '1Gi', after: '2Gi' }];
  return makePatchChange({ object, fields, guards: [], rollout: false, undo: 'none' });
}

/** As the operator shows it: each instance has a claim of its name. */
function operatedCluster(name: string): SeenObject {
  const status = { instanceNames: [`${name}-1`, `${name}-7`] };
  return { kind: 'Cluster', name, resourceVersion: '1', value: { status }, writers: [] };
}

function patchOf(object: ObjectRef, field: string): ClusterWrite {
  const fields: PatchChange['fields'] = [
    { pointer: `/${field}`, what: field, before: 1, after: 2 },
  ];
  return clusterWrite(makePatchChange({ object, fields, guards: [] }), '1');
}

function writes(
  each: WrittenObject,
  write: (change: ClusterWrite) => Promise<void>,
): readonly Operation[] {
  const { tier, deed, takenBack, kind } = each;
  const object = refOf(each);
  const operation = (what: string, change: () => ClusterWrite): Operation => ({
    tier,
    what: `${what} ${words(each)}`,
    run: () => write(change()),
  });
  if (deed === 'scale') {
    if (kind !== 'Deployment' && kind !== 'StatefulSet') throw new Error(`${kind} has no scale`);
    return [
      operation('scale', () =>
        clusterWrite(makeScaleChange({ workload: { ...object, kind } }), '1'),
      ),
    ];
  }
  return [
    operation('patch', () => patchOf(object, 'spec')),
    ...(deed === 'make' ? [operation('make', () => creationOf(object))] : []),
    ...(takenBack
      ? [operation('take back', () => ({ how: 'remove', object, resourceVersion: '1' }))]
      : []),
  ];
}

/** The least of each kind that a server takes. */
const pod = { containers: [{ name: 'main', image: 'registry.example/main:1' }] };
const template = { metadata: { labels: { app: 'made' } }, spec: pod };
const selector = { matchLabels: { app: 'made' } };
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'made' };
const least: Readonly<Record<ObjectKind, CreateChange['fields']>> = {
  Deployment: { spec: { selector, template } },
  StatefulSet: { spec: { selector, template, serviceName: 'made' } },
  HorizontalPodAutoscaler: { spec: { scaleTargetRef: target, maxReplicas: 3 } },
  ConfigMap: { data: { key: 'value' } },
  PersistentVolumeClaim: {
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  Service: { spec: { ports: [{ port: 80 }] } },
  PodDisruptionBudget: { spec: { minAvailable: 1, selector } },
  Job: { spec: { template: { spec: { ...pod, restartPolicy: 'Never' } } } },
  VerticalPodAutoscaler: { spec: { targetRef: target } },
  ScaledObject: { spec: { scaleTargetRef: { name: 'made' } } },
  Cluster: { spec: { instances: 3 } },
  Pooler: { spec: { instances: 1 } },
  RedisCluster: { spec: { clusterSize: 3 } },
};

function creationOf(object: ObjectRef): ClusterWrite {
  return clusterWrite(
    {
      kind: 'create',
      workload: { ...object, kind: 'Deployment' },
      object,
      fields: least[object.kind],
      rollout: false,
      floor: false,
      undo: 'exact',
    },
    '1',
  );
}
