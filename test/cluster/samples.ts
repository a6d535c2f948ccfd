// One small object of each kind that plans may write, and a change to it; nothing in them needs a secret or more than one small pod.

import type { CreateChange, FieldValue, PatchField } from '../../src/change/change.ts';
import type { ObjectKind } from '../../src/change/kinds.ts';

/** Runs anywhere: it is small, it is public, and it does nothing. */
export const image = 'registry.k8s.io/pause:3.9';

type Fields = CreateChange['fields'];

interface Sample {
  readonly fields: Fields;
  /** What a plan could change of it, and put back. */
  readonly change: readonly PatchField[];
}

interface PodOptions {
  readonly replicas?: number;
  readonly container?: Fields;
  readonly pod?: Fields;
  readonly spec?: Fields;
}

/** The spec of a Deployment with one container. */
export function pods(
  name: string,
  { replicas = 1, container, pod, spec }: PodOptions = {},
): { readonly [field: string]: FieldValue } {
  const labels = { app: name };
  return {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'app',
            image,
            resources: { requests: { cpu: '10m', memory: '16Mi' } },
            ...container,
          },
        ],
        ...pod,
      },
    },
    ...spec,
  };
}

const cpu = '/spec/template/spec/containers/0/resources/requests/cpu';
const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'nobody' };

function field(
  pointer: string,
  before: FieldValue | undefined,
  after: FieldValue | undefined,
): PatchField {
  return {
    pointer,
    what: pointer,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

const jobTemplate = {
  spec: { restartPolicy: 'Never', containers: [{ name: 'app', image }] },
};

/** By kind; the name is that of the object where it says it again. */
const samples: Readonly<Record<ObjectKind, (name: string) => Sample>> = {
  Deployment: (name) => ({ fields: { spec: pods(name) }, change: [field(cpu, '10m', '20m')] }),
  StatefulSet: (name) => ({
    fields: { spec: pods(name, { spec: { serviceName: name } }) },
    change: [
      field(cpu, '10m', '20m'),
      field('/spec/template/spec/containers/0/env', undefined, [{ name: 'A', value: 'b' }]),
    ],
  }),
  HorizontalPodAutoscaler: () => ({
    fields: { spec: autoscaler('nobody', 2, 6) },
    change: [field('/spec/metrics/0/resource/target/averageUtilization', 70, 60)],
  }),
  ConfigMap: () => ({
    fields: { data: { workers: '8', pool: '20' } },
    change: [
      field('/data/workers', '8', '12'),
      field('/data/pool', '20', undefined),
      field('/data/new.key', undefined, 'x'),
    ],
  }),
  // It never gets a volume, and what has none can only be labelled.
  PersistentVolumeClaim: () => ({
    fields: { spec: claim('1Gi', 'headroom-no-such-class') },
    change: [field('/metadata/labels', undefined, { tier: 'gold' })],
  }),
  Service: (name) => ({
    fields: { spec: { selector: { app: name }, ports: [{ name: 'http', port: 80 }] } },
    change: [field('/spec/selector', { app: name }, { app: `${name}-pooler` })],
  }),
  PodDisruptionBudget: (name) => ({
    fields: { spec: { minAvailable: 1, selector: { matchLabels: { app: name } } } },
    change: [field('/spec/minAvailable', 1, '50%')],
  }),
  Job: () => ({
    fields: { spec: { suspend: true, parallelism: 1, template: jobTemplate } },
    change: [field('/spec/parallelism', 1, 2)],
  }),
  VerticalPodAutoscaler: () => ({
    fields: { spec: { targetRef: target, updatePolicy: { updateMode: 'Off' } } },
    change: [field('/spec/updatePolicy/updateMode', 'Off', 'Initial')],
  }),
  ScaledObject: () => ({
    fields: { spec: scaledObject('nobody') },
    change: [field('/spec/maxReplicaCount', 20, 30)],
  }),
  Cluster: () => ({
    fields: {
      spec: {
        instances: 1,
        storage: { size: '1Gi' },
        postgresql: { parameters: { max_connections: '100' } },
      },
    },
    change: [field('/spec/postgresql/parameters/max_connections', '100', '200')],
  }),
  Pooler: () => ({
    fields: {
      spec: {
        cluster: { name: 'nobody' },
        instances: 1,
        type: 'rw',
        pgbouncer: { poolMode: 'session' },
      },
    },
    change: [field('/spec/instances', 1, 2)],
  }),
  RedisCluster: () => ({
    fields: { spec: { clusterSize: 3, kubernetesConfig: { image: 'redis:7' } } },
    change: [field('/spec/clusterSize', 3, 4)],
  }),
};

/** A small object of a kind, by a name, and what a plan could change of it. */
export function sampleOf(kind: ObjectKind, name: string): Sample {
  return samples[kind](name);
}

/** An autoscaler of a Deployment. */
export function autoscaler(workload: string, minReplicas: number, maxReplicas: number) {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: workload },
    minReplicas,
    maxReplicas,
    metrics: [
      {
        type: 'Resource',
        resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
      },
    ],
  };
}

/** What KEDA scales a Deployment by. */
export function scaledObject(workload: string) {
  return {
    scaleTargetRef: { name: workload },
    minReplicaCount: 1,
    maxReplicaCount: 20,
    triggers: [
      {
        type: 'prometheus',
        metadata: {
          serverAddress: 'http://prometheus.invalid:9090',
          query: 'up',
          threshold: '5',
        },
      },
    ],
  };
}

/** What a volume is asked for with. */
export function claim(storage: string, storageClassName: string) {
  return {
    accessModes: ['ReadWriteOnce'],
    storageClassName,
    resources: { requests: { storage } },
  };
}
