// What the nodes of a cluster come to as single numbers, for gates: how many are ready, how large, how much is free.

import type { NodesSeen } from './room.ts';

const bytesOfGi = 2 ** 30;

/** Free is what pods that have not finished do not request of the nodes that are ready. */
export function capacityOf({ nodes, pods }: NodesSeen) {
  const ready = nodes.filter((node) => node.ready);
  const names = new Set(ready.map(({ name }) => name));
  const placed = pods.filter(({ node }) => node !== undefined && names.has(node));
  const percentFree = (of: 'cpuMillicores' | 'memoryBytes'): number => {
    const all = ready.reduce((sum, { allocatable }) => sum + allocatable[of], 0);
    const taken = placed.reduce((sum, { requests }) => sum + requests[of], 0);
    return Math.floor(((all - taken) / all) * 100);
  };
  return {
    'ready-nodes': ready.length,
    'largest-node-cores': Math.max(
      ...ready.map(({ allocatable }) => allocatable.cpuMillicores / 1000),
    ),
    'largest-node-gib': Math.max(
      ...ready.map(({ allocatable }) => allocatable.memoryBytes / bytesOfGi),
    ),
    'cluster-cpu-free-percent': percentFree('cpuMillicores'),
    'cluster-memory-free-percent': percentFree('memoryBytes'),
  } as const;
}
