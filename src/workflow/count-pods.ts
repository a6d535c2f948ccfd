// Counts the pods of the components that a procedure scales, before it is worked out.

import { OperationError } from '../errors.ts';
import type { System } from '../plan/system.ts';
import type { Procedure } from '../profile/procedure.ts';
import type { Parts } from './parts.ts';

/** Pods of each component that the procedure scales; one whose cluster does not answer is left out, and the answer says so. */
export async function countPods(
  system: System,
  { steps }: Procedure,
  { clusters, log }: Pick<Parts, 'clusters' | 'log'>,
): Promise<ReadonlyMap<string, number>> {
  const scaled = steps.flatMap((step) => (step.kind === 'scale' ? [step.details.component] : []));
  const seen = await Promise.all(
    [...new Set(scaled)].map(async (component): Promise<readonly (readonly [string, number])[]> => {
      const workload = system.workloads.get(component);
      if (workload === undefined) return [];
      try {
        const { workload: found } = await clusters.follow(workload);
        return found === undefined ? [] : [[component, found.replicas]];
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        log.warn({ system: system.id, component, err: error }, 'counting pods for a procedure');
        return [];
      }
    }),
  );
  return new Map(seen.flat());
}
