// The pods of a sizing as they would be made: its figures in place of those of the container it speaks of.

import type { Pod } from '../profile/profile.ts';
import {
  type AmountName,
  amountNames,
  type ContainerShape,
  type PodShape,
  requestsOf,
  type Stated,
} from './pod-need.ts';

const miBytes = 2 ** 20;

/** A pod of one container and nothing else. */
const plainest: Omit<PodShape, 'containers'> = {
  initContainers: [],
  overhead: {},
  whole: { requests: {}, limits: {} },
  tolerations: [],
  nodeSelector: {},
  unread: [],
};

/**
 * @param container the one the sizing speaks of; what other containers have counts towards the pod's size.
 * @param live what runs now; where its size is the planned one, it stays as it is.
 */
export function plannedShape(pod: Pod, container: string, live?: PodShape): PodShape {
  const requests: Required<Stated> = {
    cpuMillicores: pod.cpuMillicores,
    memoryBytes: pod.memoryMi * miBytes,
  };
  const limits: Stated = {
    ...(pod.cpuLimitMillicores !== undefined && { cpuMillicores: pod.cpuLimitMillicores }),
    ...(pod.memoryLimitMi !== undefined && { memoryBytes: pod.memoryLimitMi * miBytes }),
  };
  if (live === undefined) {
    return { ...plainest, containers: [{ name: container, requests, limits }] };
  }
  if (amountNames.every((name) => isSame(name, requestsOf(live)[name], requests[name])))
    return live;
  const own = live.containers.find(({ name }) => name === container) ?? live.containers[0];
  const others = live.containers.filter((each) => each !== own);
  const planned: ContainerShape = {
    name: own?.name ?? container,
    requests: without(requests, others, 'requests'),
    limits: { ...own?.limits, ...without(limits, others, 'limits') },
  };
  return { ...live, containers: [raised(planned), ...others] };
}

/** Sizings speak of whole Mi. */
function isSame(name: AmountName, one: number, other: number): boolean {
  const unit = name === 'memoryBytes' ? miBytes : 1;
  return Math.ceil(one / unit) === Math.ceil(other / unit);
}

/** What is left for one container of what the pod is to have. */
function without(
  whole: Stated,
  others: readonly ContainerShape[],
  kind: 'requests' | 'limits',
): Stated {
  const left = amountNames.flatMap((name) => {
    const amount = whole[name];
    if (amount === undefined) return [];
    const taken = others.reduce((sum, each) => sum + (each[kind][name] ?? 0), 0);
    return [[name, Math.max(0, amount - taken)] as const];
  });
  return Object.fromEntries(left);
}

/** A limit is never below its request. */
function raised(container: ContainerShape): ContainerShape {
  const limits = amountNames.flatMap((name) => {
    const limit = container.limits[name];
    return limit === undefined
      ? []
      : [[name, Math.max(limit, container.requests[name] ?? 0)] as const];
  });
  return { ...container, limits: Object.fromEntries(limits) };
}
