// Moves an autoscaler's targets per pod when pods become ones that hold another number of what it counts.

import type { PatchChange } from '../change/change.ts';
import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import { madeBy } from '../change/scaled-object.ts';
import { parseQuantity } from '../profile/quantity.ts';
import { canonicalCount } from './autoscaler-spec.ts';
import { refIn, type StepFacts, seenIn } from './step-facts.ts';

/**
 * The patch of the targets that differ, and whether one becomes lower; undefined where all is so already, or where
 * nobody here decides on them.
 */
export function averagePatch(
  averages: Readonly<Record<string, number>>,
  facts: StepFacts,
): { readonly patch: PatchChange; readonly falls: boolean } | undefined {
  const name = facts.state.autoscaler?.name ?? '';
  const seen = seenIn(facts, 'HorizontalPodAutoscaler', name);
  const metrics = valueAt(seen?.value, '/spec/metrics');
  if (seen === undefined || madeBy(seen) !== undefined || !Array.isArray(metrics)) return undefined;
  const moved = metrics.flatMap((metric: unknown, index) => {
    const counted = valueAt(metric, '/pods/metric/name');
    const before = valueAt(metric, '/pods/target/averageValue');
    if (typeof counted !== 'string' || typeof before !== 'string') return [];
    const average = averages[counted];
    const is = parseQuantity(before);
    if (average === undefined || is === undefined || is === average) return [];
    const here = `/spec/metrics/${index}/pods`;
    const after = canonicalCount(average);
    return [
      {
        falls: average < is,
        field: { pointer: `${here}/target/averageValue`, what: `${counted} a pod`, before, after },
        guard: { pointer: `${here}/metric/name`, equals: counted },
      },
    ];
  });
  if (moved.length === 0) return undefined;
  const patch = patchOf({
    workload: facts.workload,
    object: refIn(facts, 'HorizontalPodAutoscaler', name),
    fields: moved.map(({ field }) => field),
    guards: moved.map(({ guard }) => guard),
  });
  return { patch, falls: moved.some(({ falls }) => falls) };
}
