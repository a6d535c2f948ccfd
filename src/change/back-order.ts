// The order in which what a plan wrote is taken back.

import type { Change } from './change.ts';

/** Last written, first taken back; but what pods read when they start is back before they start anew. */
export function inBackOrder<T extends { readonly change: Change }>(
  written: readonly T[],
): readonly T[] {
  const backwards = written.toReversed();
  return [
    ...backwards.filter(({ change }) => isReadByPods(change)),
    ...backwards.filter(({ change }) => !isReadByPods(change)),
  ];
}

/** Pods have it from their start on, so a change of it is nothing to them until they start anew. */
export function isReadByPods(change: Change): boolean {
  return change.kind === 'patch' && change.object.kind === 'ConfigMap';
}
