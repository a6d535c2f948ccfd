// What a cluster says about a workload's pods and its autoscaler in full: the facts for sizes by use and for a first profile.
import type { WorkloadRef } from '../change/change.ts';
import type { UtilisationTarget } from './autoscaler-target.ts';
import type { ContainerSize, Resource } from './container-usage.ts';

export interface LiveContainer {
  readonly name: string;
  readonly size: ContainerSize;
}

/** What an autoscaler looks at. */
export type LiveMetric =
  | {
      /** A share of requests: of the whole pod, or of one container. */
      readonly kind: 'share';
      readonly resource: Resource;
      readonly percent: number;
      readonly container?: string;
    }
  | { readonly kind: 'pods'; readonly name: string; readonly average: number }
  | { readonly kind: 'external'; readonly name: string; readonly average: number }
  /** One that the other kinds do not cover, in words. */
  | { readonly kind: 'other'; readonly words: string };

/** How far an autoscaler may go in one direction. Every policy has a period of its own. */
export interface LiveBehaviour {
  readonly select: 'Max' | 'Min' | 'Disabled';
  readonly windowSeconds?: number;
  readonly policies: readonly {
    readonly kind: 'pods' | 'percent';
    readonly value: number;
    readonly periodSeconds: number;
  }[];
}

export interface LiveAutoscaler {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly metrics: readonly LiveMetric[];
  readonly up?: LiveBehaviour;
  readonly down?: LiveBehaviour;
}

export interface LiveWorkload {
  readonly ref: WorkloadRef;
  readonly replicas: number;
  readonly containers: readonly LiveContainer[];
  /** More than one disable each other. */
  readonly autoscalers: readonly LiveAutoscaler[];
}

/** The targets that are shares of what this container requests, alone or with the others of its pod. */
export function utilisationTargets(
  { containers, autoscalers }: LiveWorkload,
  container: string,
): readonly UtilisationTarget[] {
  return autoscalers.flatMap(({ metrics }) =>
    metrics.flatMap((metric): readonly UtilisationTarget[] => {
      if (metric.kind !== 'share') return [];
      const { resource, percent } = metric;
      if (metric.container !== undefined)
        return metric.container === container ? [{ resource, percent }] : [];
      const podRequest = requestedByAll(containers, resource);
      return [{ resource, percent, ...(podRequest !== undefined && { podRequest }) }];
    }),
  );
}

/** What all containers request together; nothing when one of them requests none. */
function requestedByAll(
  containers: readonly LiveContainer[],
  resource: Resource,
): number | undefined {
  let sum = 0;
  for (const { size } of containers) {
    const request = resource === 'cpu' ? size.cpuRequestMillicores : size.memoryRequestMi;
    if (request === undefined) return undefined;
    sum += request;
  }
  return sum;
}

/** The CPU a container is meant to run at. */
export interface CpuTarget {
  readonly millicores: number;
  /** Where it comes from, such as `70 % of its request, by autoscaler api`. */
  readonly words: string;
}

/** Where no autoscaler says it, a pod is meant to run at this share of its request. */
const usualPercent = 70;

/** What the autoscaler aims at for CPU, else the usual share; nothing when the container requests no CPU. */
export function cpuTarget(
  { containers, autoscalers }: LiveWorkload,
  container: string,
): CpuTarget | undefined {
  const size = containers.find(({ name }) => name === container)?.size;
  const request = size?.cpuRequestMillicores;
  if (request === undefined || request <= 0) return undefined;
  const stated = autoscalers.flatMap(({ name, metrics }) =>
    metrics.flatMap((metric) =>
      metric.kind === 'share' &&
      metric.resource === 'cpu' &&
      (metric.container ?? container) === container
        ? [{ name, percent: metric.percent }]
        : [],
    ),
  )[0];
  const percent = stated?.percent ?? usualPercent;
  const wanted = (request * percent) / 100;
  const by =
    stated === undefined ? 'as no autoscaler says another' : `by autoscaler ${stated.name}`;
  const limit = size?.cpuLimitMillicores;
  // Past its limit a container is held back, whatever the autoscaler hopes for.
  return limit !== undefined && limit > 0 && limit < wanted
    ? { millicores: limit, words: `its limit, which is below ${percent} % of its request` }
    : { millicores: wanted, words: `${percent} % of its request, ${by}` };
}
