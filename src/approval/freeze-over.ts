// Which freeze of headroom.yaml counts for a plan now.

import type { Case } from './condition.ts';

/** Its words; undefined without one. What has begun before a freeze is ended rather than left half done. */
export function freezeOver({
  state,
  freezes = [],
}: Pick<Case, 'state' | 'freezes'>): string | undefined {
  return state === 'proposed' || state === 'approved' ? freezes[0] : undefined;
}
