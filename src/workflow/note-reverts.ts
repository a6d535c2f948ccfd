// Says on a plan who would undo it, before it is frozen.

import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import type { System } from '../plan/system.ts';
import { withReverts } from '../plan/with-reverts.ts';
import type { Parts } from './parts.ts';
import { type SeenOf, whoReverts } from './who-reverts.ts';

/** The plan with notes; or, where it would not last, with a finding in place of its steps. */
export async function noteReverts(
  plan: Plan,
  seenOf: SeenOf,
  { mode }: Pick<System, 'mode'>,
  parts: Pick<Parts, 'clusters' | 'counters'>,
): Promise<Plan> {
  return withReverts(plan, await whoReverts(changesOf(plan), seenOf, parts), mode);
}
