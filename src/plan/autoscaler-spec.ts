// Writes a HorizontalPodAutoscaler as a profile describes it, with what a server would fill in, so that its undo finds what was written.

import type { FieldValue, WorkloadRef } from '../change/change.ts';
import type { Component, ScalingPolicy } from '../profile/profile.ts';
import type { Tree } from '../sizing/step-values.ts';

type Map = { readonly [key: string]: FieldValue };

/** Limits and metrics of an autoscaler, worked out; the metrics as a planned step names them. */
export interface WantedAutoscaler {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly metrics: Tree;
}

/** The whole spec; undefined where a metric has a form that is not known. */
export function autoscalerSpec(
  { kind, name }: WorkloadRef,
  { minReplicas, maxReplicas, metrics }: WantedAutoscaler,
  component: Component | undefined,
): Map | undefined {
  const all = Array.isArray(metrics) ? metrics.map(metricOf) : [];
  if (all.length === 0 || all.includes(undefined)) return undefined;
  const { up, down } = component?.autoscaling ?? {};
  const hasBehavior = up !== undefined || down !== undefined;
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind, name },
    minReplicas,
    maxReplicas,
    metrics: all.flatMap((metric) => metric ?? []),
    ...(hasBehavior && {
      behavior: {
        scaleUp: up === undefined ? usualUp : behaviorOf(up),
        scaleDown: down === undefined ? usualDown : behaviorOf(down),
      },
    }),
  };
}

/** The resources of the pods that it scales by, such as cpu. */
export function resourcesOf(metrics: unknown): readonly string[] {
  if (!Array.isArray(metrics)) return [];
  type Of = string | { name?: string };
  return metrics.flatMap((metric: { resource?: Of; containerResource?: Of }) => {
    const resource = metric.resource ?? metric.containerResource;
    const name = typeof resource === 'object' ? resource.name : resource;
    return name === undefined ? [] : [name];
  });
}

/** What a server fills in for the direction that is not given as soon as the other one is. */
const usualUp: Map = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const usualDown: Map = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

function behaviorOf({ percent, pods, periodSeconds, select, windowSeconds }: ScalingPolicy): Map {
  return {
    stabilizationWindowSeconds: windowSeconds,
    selectPolicy: select,
    policies: [
      ...(pods === undefined ? [] : [{ type: 'Pods', value: pods, periodSeconds }]),
      ...(percent === undefined ? [] : [{ type: 'Percent', value: percent, periodSeconds }]),
    ],
  };
}

function metricOf(metric: Tree): Map | undefined {
  if (typeof metric !== 'object' || metric === null) return undefined;
  const { resource, percent, pods, external, average } = metric as Readonly<Record<string, Tree>>;
  if (typeof resource === 'string' && typeof percent === 'number') {
    const target = { type: 'Utilization', averageUtilization: percent };
    return { type: 'Resource', resource: { name: resource, target } };
  }
  if (typeof average !== 'number') return undefined;
  const target = { type: 'AverageValue', averageValue: canonicalCount(average) };
  if (typeof pods === 'string') return { type: 'Pods', pods: { metric: { name: pods }, target } };
  if (typeof external === 'string') {
    return { type: 'External', external: { metric: { name: external }, target } };
  }
  return undefined;
}

/** A number in the text a server keeps: `1500`, `2k`, `500m`. */
export function canonicalCount(value: number): string {
  const milli = Math.ceil(value * 1000 - 1e-6);
  if (milli % 1000 !== 0) return `${milli}m`;
  let count = milli / 1000;
  let suffix = '';
  for (const next of ['k', 'M', 'G']) {
    if (count === 0 || count % 1000 !== 0) break;
    count /= 1000;
    suffix = next;
  }
  return `${count}${suffix}`;
}
