// Measures what a gate may ask for without a query: facts of a workload and of its cluster's nodes.

import { unreachable } from '../errors.ts';
import type { Look } from '../plan/step.ts';
import { capacityOf } from '../sizing/cluster-capacity.ts';
import type { Parts } from './parts.ts';

export type FactReading =
  | { readonly kind: 'value'; readonly value: number }
  | { readonly kind: 'missing'; readonly because: string };

/** @throws OperationError when the cluster cannot be asked. */
export async function measureFact(
  { name, cluster, workload }: NonNullable<Look['fact']>,
  { clusters, lookForRoom }: Pick<Parts, 'clusters' | 'lookForRoom'>,
): Promise<FactReading> {
  switch (name) {
    case 'ready-pods':
    case 'autoscaler-active': {
      if (workload === undefined) return missing('it does not say of which workload');
      const state = await clusters.observe(workload);
      if (state.workload === undefined) return missing(`${workload.name} is not there`);
      if (name === 'ready-pods') return value(state.workload.readyReplicas);
      if (state.autoscaler === undefined) return missing(`nothing scales ${workload.name}`);
      return value(state.autoscaler.active ? 1 : 0);
    }
    case 'ready-nodes':
    case 'largest-node-cores':
    case 'largest-node-gib':
    case 'cluster-cpu-free-percent':
    case 'cluster-memory-free-percent': {
      const { nodes } = await lookForRoom(cluster, []);
      return nodes.kind === 'known' ? value(capacityOf(nodes.value)[name]) : missing(nodes.because);
    }
    default:
      return unreachable(name);
  }
}

function value(number: number): FactReading {
  return Number.isFinite(number) ? { kind: 'value', value: number } : missing('it gives no number');
}

function missing(because: string): FactReading {
  return { kind: 'missing', because };
}
