// What is asked of a whole cluster beside the namespaces of systems: room, watches of all namespaces, and who puts changes back.

import type { ObjectKind } from '../change/kinds.ts';
import { type Asked, asked, type Right, resourceOf } from './right.ts';

/** Room for more pods is a matter of the whole cluster. */
const ofCluster: readonly Asked[] = [
  {
    group: '',
    resource: 'nodes',
    verbs: ['list'],
    why: 'nodes belong to no namespace, and what they hold says whether more pods fit',
  },
  {
    group: '',
    resource: 'pods',
    verbs: ['list'],
    why: 'pods of every namespace take room on the nodes; only their requests are looked at',
  },
];

/** With these a kind takes one watch, however many namespaces there are; without them each takes its own, up to ten. */
const watchedKinds = [
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'ScaledObject',
] as const satisfies readonly ObjectKind[];

const whyPutBack = 'whether it puts back what plans change, and when';
/** Argo CD has its applications in one namespace; the objects of Flux stand where the labels of a workload say. */
const whoPutsBack = [
  {
    shared: 'argo-cd',
    namespace: 'argocd',
    group: 'argoproj.io',
    resource: 'applications',
    why: whyPutBack,
  },
  {
    shared: 'flux',
    namespace: undefined,
    group: 'kustomize.toolkit.fluxcd.io',
    resource: 'kustomizations',
    why: whyPutBack,
  },
  {
    shared: 'flux',
    namespace: undefined,
    group: 'helm.toolkit.fluxcd.io',
    resource: 'helmreleases',
    why: whyPutBack,
  },
] as const;

/** The same for every system of the cluster, and all of it optional. */
export function clusterRights(cluster: string): readonly Right[] {
  return [
    ...ofCluster
      .flatMap((each) => asked(each, { cluster, namespace: undefined }, 'read-only'))
      .map((right) => ({ ...right, shared: 'room' }) as const),
    ...watchedKinds
      // A server that does not stream its lists is asked for them first.
      .map((kind) => ({
        ...resourceOf(kind),
        verbs: ['list', 'watch'] as const,
        why: 'one watch for all namespaces',
      }))
      .flatMap((each) => asked(each, { cluster, namespace: undefined }, 'read-only'))
      .map((right) => ({ ...right, shared: 'watch' }) as const),
    ...whoPutsBack.map(({ shared, namespace, ...each }) => ({
      ...each,
      tier: 'read-only' as const,
      cluster,
      namespace,
      shared,
      verb: 'get' as const,
    })),
    {
      tier: 'read-only',
      shared: 'room',
      cluster,
      namespace: 'kube-system',
      group: '',
      resource: 'configmaps',
      verb: 'get',
      name: 'cluster-autoscaler-status',
      why: 'whether nodes come by themselves',
    },
  ];
}
