// A plan with what is known of who would undo it: as a note, or as the change to be made in Git in place of a write that would not last.

import type { Mode } from '../approval/condition.ts';
import type { Revert } from '../change/revert.ts';
import type { Finding, Plan } from './plan.ts';
import { changesOf } from './step.ts';
import { findingExpiresAfterSeconds } from './system.ts';

/**
 * What is made from another object is never written. What is put back within minutes is not written either, it is
 * shown for Git; where nobody but a person writes anyway, that is said. Everything else is a note.
 */
export function withReverts(plan: Plan, reverts: readonly Revert[], mode: Mode): Plan {
  const said = [...new Set(reverts.map(({ note }) => note))];
  if (said.length === 0) return plan;
  const owned = reverts.filter(({ when }) => when === 'owner');
  if (owned.length > 0) {
    const because = [...new Set(owned.map(({ note }) => note))].join('; ');
    return withoutSteps(plan, { kind: 'frozen', because, lookAt: [] }, plan.replicas.before);
  }
  if (mode === 'apply' && reverts.some(({ when }) => when === 'soon')) {
    const instead = changesOf(plan);
    const because = said.join(' ');
    return withoutSteps(
      plan,
      { kind: 'commit', because, lookAt: [], instead },
      plan.replicas.after,
    );
  }
  return { ...plan, keptElsewhere: true, notes: [...plan.notes, ...said] };
}

/** What judges an outcome goes with the steps: nothing of this plan will have one. It stands as long as any finding. */
function withoutSteps(
  { outcomeTest: _outcomeTest, ...plan }: Plan,
  finding: Finding,
  replicasAfter: number,
): Plan {
  const expiresAt = Date.parse(plan.createdAt) + findingExpiresAfterSeconds * 1000;
  return {
    ...plan,
    finding,
    steps: [],
    decrease: false,
    expiresAt: new Date(expiresAt).toISOString(),
    replicas: { ...plan.replicas, after: replicasAfter },
  };
}
