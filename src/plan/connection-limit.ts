// Finds out what a plan makes of max_connections, by whoever keeps the server's settings.

import { seenObjectOf } from '../change/compare-patch.ts';
import { valueAt } from '../change/pointer.ts';
import { afterChange } from './after-change.ts';
import type { WorkloadChanges } from './plan-pods.ts';
import type { System } from './system.ts';

/**
 * max_connections of the primary once all changes are in effect; undefined where none of them is about it, or it is left
 * to what the server's other files say.
 */
export function connectionLimitAfter(
  workloads: readonly WorkloadChanges[],
  { system, database }: { readonly system: System; readonly database: string },
): number | undefined {
  const operated = system.databases.get(database)?.operated;
  const limits = workloads.flatMap(({ changes, state }) =>
    changes.flatMap((change): readonly number[] => {
      if (change.kind === 'sql') {
        const { deed, database: at } = change;
        const isOfPrimary =
          at.system === system.id && at.name === database && at.standby === undefined;
        return isOfPrimary && deed.deed === 'setting' && deed.name === 'max_connections'
          ? numbers(deed.after)
          : [];
      }
      if (change.kind !== 'patch' || change.object.kind !== 'Cluster') return [];
      if (change.object.name !== operated) return [];
      const after = seenObjectOf(change.object, changes.reduce(afterChange, state));
      return numbers(valueAt(after?.value, '/spec/postgresql/parameters/max_connections'));
    }),
  );
  return limits.at(-1);
}

/** A setting that is a number and has no unit. */
function numbers(value: unknown): readonly number[] {
  return typeof value === 'string' && /^\d{1,9}$/.test(value.trim()) ? [Number(value)] : [];
}
