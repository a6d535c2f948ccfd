// The four tiers of rights, each one with all before it, and which kinds of objects each tier writes.

import type { ObjectKind } from '../change/kinds.ts';

/**
 * From looking on, to pods and autoscalers, to what pods are made from, to what holds data. A tier needs those before it.
 */
export const tiers = ['read-only', 'scale', 'templates', 'database'] as const;
export type Tier = (typeof tiers)[number];

/** What a tier is for, in words. */
export const tierWords: Readonly<Record<Tier, string>> = {
  'read-only': 'looks and proposes; writes nothing',
  scale: 'sets replicas, and the limits of autoscalers',
  templates:
    'sets requests, limits, environment and placement of pods, and makes what stands beside them',
  database: 'grows volumes, and sets what database operators and poolers run',
};

/** The tier that writes a kind. */
export const tierOfKind: Readonly<Record<ObjectKind, Tier>> = {
  Deployment: 'templates',
  StatefulSet: 'templates',
  HorizontalPodAutoscaler: 'scale',
  ConfigMap: 'templates',
  PersistentVolumeClaim: 'database',
  Service: 'templates',
  PodDisruptionBudget: 'templates',
  Job: 'templates',
  VerticalPodAutoscaler: 'templates',
  ScaledObject: 'scale',
  Cluster: 'database',
  Pooler: 'database',
  RedisCluster: 'database',
};

/** The tiers up to this one. */
export function tiersUpTo(tier: Tier): readonly Tier[] {
  return tiers.slice(0, tiers.indexOf(tier) + 1);
}
