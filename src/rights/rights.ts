// What Headroom asks of the clusters of a system, one right at a time: read for its cards, write for its plans.

import type { ObjectKind } from '../change/kinds.ts';
import type { System } from '../plan/system.ts';
import { clusterRights } from './cluster-rights.ts';
import { type Asked, asked, type Right, resourceOf, type Verb } from './right.ts';
import { tiers } from './tiers.ts';
import { type WrittenObject, writtenObjects } from './written-objects.ts';

/** Every right that the cards, commands and procedures of a system need. */
export function rightsOf(system: System): readonly Right[] {
  const written = writtenObjects(system);
  const places = placesOf(system, written);
  return withoutRepeats([
    ...[...new Set(places.map(({ cluster }) => cluster))].flatMap(clusterRights),
    ...places.flatMap(namespaceRights),
    ...(system.wholeNamespace === undefined
      ? []
      : anyWorkload({ cluster: system.cluster, namespace: system.wholeNamespace })),
    ...written.flatMap(writeRights),
    ...growthRights(written),
    ...claimRights(written),
  ]);
}

/** Without names that a tier may reach by another rule already: a rule for any name leaves nothing to the others. */
function withoutRepeats(rights: readonly Right[]): readonly Right[] {
  const keyOf = ({ cluster, namespace, group, resource, verb }: Right) =>
    JSON.stringify([cluster, namespace, group, resource, verb]);
  const widest = new Map<string, number>();
  for (const right of rights.filter(({ name }) => name === undefined)) {
    const tier = tiers.indexOf(right.tier);
    widest.set(keyOf(right), Math.min(tier, widest.get(keyOf(right)) ?? tier));
  }
  return rights.filter(
    (right) =>
      right.name === undefined ||
      tiers.indexOf(right.tier) < (widest.get(keyOf(right)) ?? Number.POSITIVE_INFINITY),
  );
}

interface Place {
  readonly cluster: string;
  readonly namespace: string;
}

/** Where the workloads of a system run and where its procedures write. */
function placesOf(system: System, written: readonly WrittenObject[]): readonly Place[] {
  const { cluster, wholeNamespace, workloads } = system;
  const own = wholeNamespace === undefined ? [] : [{ cluster, namespace: wholeNamespace }];
  const all = [...own, ...workloads.values(), ...written];
  return [
    ...new Map(
      all.map(({ cluster: at, namespace }) => [`${at}/${namespace}`, { cluster: at, namespace }]),
    ).values(),
  ];
}

const watched: readonly Verb[] = ['get', 'list', 'watch'];

const ofNamespace: readonly Asked[] = [
  {
    group: 'apps',
    resource: 'deployments',
    verbs: watched,
    why: 'the workloads that cards are about',
  },
  {
    group: 'apps',
    resource: 'statefulsets',
    verbs: watched,
    why: 'the workloads that cards are about',
  },
  {
    group: 'autoscaling',
    resource: 'horizontalpodautoscalers',
    verbs: watched,
    why: 'who else sets replicas',
  },
  {
    group: 'autoscaling.k8s.io',
    resource: 'verticalpodautoscalers',
    verbs: ['list'],
    why: 'who else sets requests',
  },
  {
    group: 'keda.sh',
    resource: 'scaledobjects',
    verbs: watched,
    why: 'who else sets the limits of autoscalers',
  },
  { group: '', resource: 'pods', verbs: ['list', 'watch'], why: 'why pods are not ready' },
  { group: '', resource: 'resourcequotas', verbs: ['list'], why: 'whether more pods are allowed' },
  { group: '', resource: 'limitranges', verbs: ['list'], why: 'whether pods may be that large' },
  {
    group: 'policy',
    resource: 'poddisruptionbudgets',
    verbs: ['list'],
    why: 'how many pods must stay',
  },
];

function namespaceRights(place: Place): readonly Right[] {
  return [
    ...ofNamespace.flatMap((each) => asked(each, place, 'read-only')),
    {
      tier: 'scale',
      ...place,
      ...resourceOf('HorizontalPodAutoscaler'),
      verb: 'patch',
      writes: 'HorizontalPodAutoscaler',
      why: 'the limits of whatever autoscaler owns a workload, by whatever name',
    },
    {
      tier: 'scale',
      ...place,
      ...resourceOf('ScaledObject'),
      verb: 'patch',
      writes: 'ScaledObject',
      why: 'the limits of autoscalers that KEDA makes',
    },
    {
      tier: 'scale',
      ...place,
      group: '',
      resource: 'events',
      verb: 'create',
      why: 'what was changed and by which plan, told on the object',
    },
  ];
}

/** Without a profile nobody knows the names. */
function anyWorkload(place: Place): readonly Right[] {
  const right = {
    ...place,
    ...resourceOf('Deployment'),
    verb: 'patch',
    writes: 'Deployment',
  } as const;
  return [
    { ...right, tier: 'scale', resource: 'deployments/scale', why: '/scale' },
    { ...right, tier: 'templates', why: '/scale' },
  ];
}

/** Classes belong to no namespace, so this is a ClusterRole; only who grows volumes looks at them. */
function growthRights(written: readonly WrittenObject[]): readonly Right[] {
  const clusters = written
    .filter(({ kind, deed }) => kind === 'PersistentVolumeClaim' && deed === 'patch')
    .map(({ cluster }) => cluster);
  return [...new Set(clusters)].map((cluster) => ({
    tier: 'read-only',
    cluster,
    namespace: undefined,
    group: 'storage.k8s.io',
    resource: 'storageclasses',
    verb: 'get',
    why: 'whether volumes of a class can grow',
  }));
}

/**
 * The claims of the instances of an operator's Cluster say whether they have grown. They are called like the instances,
 * which come and go, and a rule cannot hold part of a name.
 */
function claimRights(written: readonly WrittenObject[]): readonly Right[] {
  return written
    .filter(({ kind, keys }) => kind === 'Cluster' && keys?.includes('storage') === true)
    .map(({ cluster, namespace }) => ({
      tier: 'read-only',
      cluster,
      namespace,
      ...resourceOf('PersistentVolumeClaim'),
      verb: 'get',
      why: 'whether the volumes of an operated database have grown',
    }));
}

/** Kinds that are read in every namespace anyway. */
const readAnyway: ReadonlySet<ObjectKind> = new Set([
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'ScaledObject',
]);
/** Kinds whose patches are not narrowed to names. */
const patchedAnyway: ReadonlySet<ObjectKind> = new Set(['HorizontalPodAutoscaler', 'ScaledObject']);

function writeRights(written: WrittenObject): readonly Right[] {
  const { cluster, namespace, kind, name, deed, tier, by, takenBack } = written;
  const { group, resource } = resourceOf(kind);
  const right = {
    tier,
    cluster,
    namespace,
    group,
    resource: deed === 'scale' ? `${resource}/scale` : resource,
    writes: kind,
    why: by,
    // A rule cannot hold part of a name: then it is every name, and the admission policy is narrower.
    ...(name.kind === 'known' && { name: name.name }),
  };
  const verbs: readonly Verb[] = [
    ...(patchedAnyway.has(kind) ? [] : (['patch'] as const)),
    ...(deed === 'make' ? (['create'] as const) : []),
    ...(takenBack ? (['delete'] as const) : []),
  ];
  const { writes: _, ...read } = right;
  return [
    ...(deed === 'scale' || readAnyway.has(kind)
      ? []
      : [{ ...read, tier: 'read-only', verb: 'get' } as const]),
    ...verbs.map((verb) => ({ ...right, verb })),
  ];
}
