// Reads how many pods and how big each shall be: replicas=N cpu=750m memory=2Gi.

import type { PodRequests } from '../plan/choose-resize.ts';
import { parseCpuMillicores, parseMemoryMi } from '../profile/quantity.ts';
import type { Words } from './words.ts';

/** At least one of the two is given. */
export interface Sizes {
  readonly replicas?: number;
  readonly requests?: PodRequests;
}

/** Above these no machine is that big: a unit was forgotten or mistaken. */
const millicoresMax = 1_024_000;
const memoryMiMax = 24 * 1024 * 1024;

/** The sizes, or what is wrong with them. */
export function sizesOf({ pairs }: Words): Sizes | string {
  const [replicas, cpu, memory] = ['replicas', 'cpu', 'memory'].map((key) => pairs.get(key));
  if (replicas === undefined && cpu === undefined && memory === undefined) {
    return 'say how many or how big: replicas=N, cpu=750m, memory=2Gi';
  }
  if (replicas !== undefined && !/^\d{1,5}$/.test(replicas)) {
    return `replicas must be a whole number, not "${replicas}"`;
  }
  const cpuMillicores = cpu === undefined ? undefined : parseCpuMillicores(cpu);
  if (cpu !== undefined && !isWithin(cpuMillicores, millicoresMax)) {
    return `cpu must be an amount such as 750m or 1.5 (cores), not "${cpu}"`;
  }
  // A bare number is bytes for Kubernetes, which nobody means.
  const memoryMi =
    memory === undefined || !/[A-Za-z]$/.test(memory) ? undefined : parseMemoryMi(memory);
  if (memory !== undefined && (memory.endsWith('m') || !isWithin(memoryMi, memoryMiMax))) {
    return `memory must be an amount such as 512Mi or 2Gi, not "${memory}"`;
  }
  return {
    ...(replicas !== undefined && { replicas: Number(replicas) }),
    ...((cpuMillicores !== undefined || memoryMi !== undefined) && {
      requests: {
        ...(cpuMillicores !== undefined && { cpuMillicores }),
        ...(memoryMi !== undefined && { memoryMi }),
      },
    }),
  };
}

function isWithin(amount: number | undefined, most: number): boolean {
  return amount !== undefined && amount >= 1 && amount <= most;
}
