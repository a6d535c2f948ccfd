// Turns a profile into the Kubernetes objects its guide describes, so that a sandbox cluster starts at the baseline people know.
import type { Component, Profile, ScalingPolicy } from '../src/profile/profile.ts';
import type { JsonObject } from './cluster/json.ts';

/** What the guides' autoscalers aim at. */
const cpuTargetPercent = 70;

/** A workload for every component, at its baseline, and the autoscaler where the profile names one. */
export function profileObjects(profile: Profile): readonly JsonObject[] {
  return [...profile.components.values()].flatMap((component) => [
    workloadOf(component),
    ...autoscalerOf(component),
  ]);
}

function workloadOf({ workload, replicas, pod }: Component): JsonObject {
  const { kind, namespace, name, container } = workload;
  const labels = { 'app.kubernetes.io/name': name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels },
    spec: {
      replicas: replicas.baseline,
      selector: { matchLabels: labels },
      ...(kind === 'StatefulSet' && { serviceName: name }),
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: container,
              image: `registry.example/${name}:1.0.0`,
              resources: {
                requests: { cpu: `${pod.cpuMillicores}m`, memory: `${pod.memoryMi}Mi` },
              },
            },
          ],
        },
      },
    },
  };
}

function autoscalerOf({ workload, autoscaling }: Component): readonly JsonObject[] {
  if (autoscaling?.hpa === undefined) return [];
  const { hpa, up, down } = autoscaling;
  const behavior: JsonObject = {
    ...(up !== undefined && { scaleUp: behaviorOf(up) }),
    ...(down !== undefined && { scaleDown: behaviorOf(down) }),
  };
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: hpa.name, namespace: workload.namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: workload.kind, name: workload.name },
        minReplicas: hpa.min,
        maxReplicas: hpa.max,
        metrics: [
          {
            type: 'Resource',
            resource: {
              name: 'cpu',
              target: { type: 'Utilization', averageUtilization: cpuTargetPercent },
            },
          },
        ],
        behavior,
      },
    },
  ];
}

function behaviorOf({
  percent,
  pods,
  periodSeconds,
  select,
  windowSeconds,
}: ScalingPolicy): JsonObject {
  return {
    stabilizationWindowSeconds: windowSeconds,
    selectPolicy: select,
    policies: [
      ...(percent === undefined ? [] : [{ type: 'Percent', value: percent, periodSeconds }]),
      ...(pods === undefined ? [] : [{ type: 'Pods', value: pods, periodSeconds }]),
    ],
  };
}
