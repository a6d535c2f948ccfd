// The kinds of objects that plans may read and write, in one table: everything else about a kind is general.

/**
 * `holds` is where the values of a kind stand that plans may write; nothing else of the object is ever written but the
 * annotation with the plan's id. The group and version are those that are written.
 */
export const objectKinds = {
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments', holds: 'spec', word: 'deployment' },
  StatefulSet: {
    apiVersion: 'apps/v1',
    plural: 'statefulsets',
    holds: 'spec',
    word: 'statefulset',
  },
  HorizontalPodAutoscaler: {
    apiVersion: 'autoscaling/v2',
    plural: 'horizontalpodautoscalers',
    holds: 'spec',
    word: 'hpa',
  },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps', holds: 'data', word: 'configmap' },
  PersistentVolumeClaim: {
    apiVersion: 'v1',
    plural: 'persistentvolumeclaims',
    holds: 'spec',
    word: 'pvc',
  },
  Service: { apiVersion: 'v1', plural: 'services', holds: 'spec', word: 'service' },
  PodDisruptionBudget: {
    apiVersion: 'policy/v1',
    plural: 'poddisruptionbudgets',
    holds: 'spec',
    word: 'pdb',
  },
  Job: { apiVersion: 'batch/v1', plural: 'jobs', holds: 'spec', word: 'job' },
  VerticalPodAutoscaler: {
    apiVersion: 'autoscaling.k8s.io/v1',
    plural: 'verticalpodautoscalers',
    holds: 'spec',
    word: 'verticalpodautoscaler',
  },
  ScaledObject: {
    apiVersion: 'keda.sh/v1alpha1',
    plural: 'scaledobjects',
    holds: 'spec',
    word: 'scaledobject',
  },
  Cluster: {
    apiVersion: 'postgresql.cnpg.io/v1',
    plural: 'clusters',
    holds: 'spec',
    word: 'cluster.postgresql.cnpg.io',
  },
  Pooler: {
    apiVersion: 'postgresql.cnpg.io/v1',
    plural: 'poolers',
    holds: 'spec',
    word: 'pooler.postgresql.cnpg.io',
  },
  RedisCluster: {
    apiVersion: 'redis.redis.opstreelabs.in/v1beta2',
    plural: 'redisclusters',
    holds: 'spec',
    word: 'rediscluster',
  },
} as const;

export type ObjectKind = keyof typeof objectKinds;

/** Where an object stands. Names come from headroom.yaml and profiles, never from an alert's text. */
export interface ObjectRef {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: ObjectKind;
  readonly name: string;
}

/** The name under which an object is found again: `cluster/namespace/kind/name`. */
export function objectKey({ cluster, namespace, kind, name }: ObjectRef): string {
  return `${cluster}/${namespace}/${kind}/${name}`;
}

/** Whether plans may speak of this kind in this version. */
export function isObjectKind(kind: string, apiVersion: string): kind is ObjectKind {
  return (
    Object.hasOwn(objectKinds, kind) && objectKinds[kind as ObjectKind].apiVersion === apiVersion
  );
}

/** `/apis/apps/v1/namespaces/shop/deployments`, or with a name the object itself. */
export function objectPath(
  kind: ObjectKind,
  { namespace, name }: { readonly namespace: string; readonly name?: string },
): string {
  const { apiVersion, plural } = objectKinds[kind];
  const root = apiVersion.includes('/') ? 'apis' : 'api';
  const parts = [root, apiVersion, 'namespaces', encodeURIComponent(namespace), plural];
  return `/${[...parts, ...(name === undefined ? [] : [encodeURIComponent(name)])].join('/')}`;
}
