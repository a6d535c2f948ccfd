// Reads a HorizontalPodAutoscaler into what the product wants to know of it: its limits, whether it works, what it looks at.

import type {
  V2HorizontalPodAutoscaler,
  V2HPAScalingRules,
  V2MetricSpec,
  V2MetricStatus,
  V2MetricTarget,
  V2MetricValueStatus,
} from '@kubernetes/client-node';
import type { AutoscalerMetric, AutoscalerState } from '../change/compare.ts';
import type { ScalingPolicy } from '../profile/profile.ts';
import { parseQuantity } from '../profile/quantity.ts';
import { lastManager } from './kubernetes-state.ts';

/** The autoscaler's limits and whether it works. */
export function autoscalerState(object: V2HorizontalPodAutoscaler): AutoscalerState {
  const { metadata, spec, status } = object;
  const condition = (type: string) => status?.conditions?.find((c) => c.type === type);
  const active = condition('ScalingActive');
  const who =
    lastManager(metadata?.managedFields, 'f:maxReplicas') ??
    lastManager(metadata?.managedFields, 'f:minReplicas');
  const up = scaleUpPolicy(spec?.behavior?.scaleUp);
  return {
    name: metadata?.name ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    minReplicas: spec?.minReplicas ?? 1,
    maxReplicas: spec?.maxReplicas ?? 1,
    ...(status?.desiredReplicas !== undefined && { desiredReplicas: status.desiredReplicas }),
    active: active?.status !== 'False',
    ...(active?.status === 'False' && {
      inactiveBecause: active.message ?? active.reason ?? 'no reason given',
    }),
    limited:
      condition('ScalingLimited')?.status === 'True' &&
      status?.desiredReplicas === spec?.maxReplicas,
    metrics: metricsOf(spec?.metrics ?? [], status?.currentMetrics ?? []),
    ...(up && { up }),
    ...(who !== undefined && { lastChangedBy: who }),
  };
}

/** Policies of one kind with different periods: the one that counts under the rule's own choice. */
function scaleUpPolicy(rules: V2HPAScalingRules | undefined): ScalingPolicy | undefined {
  const policies = rules?.policies ?? [];
  const [first] = policies;
  if (rules === undefined || first === undefined) return undefined;
  const select =
    rules.selectPolicy === 'Min' || rules.selectPolicy === 'Disabled' ? rules.selectPolicy : 'Max';
  const pick = select === 'Min' ? Math.min : Math.max;
  const of = (type: string) => policies.filter((p) => p.type === type).map(({ value }) => value);
  const [percents, pods] = [of('Percent'), of('Pods')];
  return {
    ...(percents.length > 0 && { percent: pick(...percents) }),
    ...(pods.length > 0 && { pods: pick(...pods) }),
    periodSeconds: first.periodSeconds,
    select,
    windowSeconds: rules.stabilizationWindowSeconds ?? 0,
  };
}

/** Kubernetes reports metrics in no promised order, and an empty entry for one it cannot read. */
function metricsOf(
  specs: readonly V2MetricSpec[],
  statuses: readonly V2MetricStatus[],
): readonly AutoscalerMetric[] {
  return specs.flatMap((spec) => {
    const wanted = targetOf(spec);
    const seen = statuses.map(currentOf).find((current) => current?.name === wanted?.name);
    const metric = wanted && seen && pairOf(wanted.name, seen.current, wanted.target);
    return metric === undefined ? [] : [metric];
  });
}

function targetOf(
  spec: V2MetricSpec,
): { readonly name: string; readonly target: V2MetricTarget } | undefined {
  const { resource, containerResource, pods, object, external } = spec;
  if (resource) return { name: resource.name, target: resource.target };
  if (containerResource) {
    const name = containerName(containerResource);
    return { name, target: containerResource.target };
  }
  const other = pods ?? object ?? external;
  return other && { name: other.metric.name, target: other.target };
}

function currentOf(
  status: V2MetricStatus,
): { readonly name: string; readonly current: V2MetricValueStatus } | undefined {
  const { resource, containerResource, pods, object, external } = status;
  if (resource) return { name: resource.name, current: resource.current };
  if (containerResource) {
    return { name: containerName(containerResource), current: containerResource.current };
  }
  const other = pods ?? object ?? external;
  return other && { name: other.metric.name, current: other.current };
}

function containerName({ name, container }: { readonly name: string; readonly container: string }) {
  return `${name} of container ${container}`;
}

/** The number the target speaks of; the status may hold others beside it. */
function pairOf(
  name: string,
  current: V2MetricValueStatus,
  target: V2MetricTarget,
): AutoscalerMetric | undefined {
  if (target.averageUtilization !== undefined) {
    return current.averageUtilization === undefined
      ? undefined
      : {
          name,
          current: current.averageUtilization / 100,
          target: target.averageUtilization / 100,
          unit: 'ratio',
        };
  }
  const [is, wanted] =
    target.averageValue === undefined
      ? [current.value, target.value]
      : [current.averageValue, target.averageValue];
  const numbers = [is, wanted].map((text) =>
    text === undefined ? undefined : parseQuantity(text),
  );
  const [now, aim] = numbers;
  return now === undefined || aim === undefined
    ? undefined
    : { name, current: now, target: aim, unit: '' };
}
