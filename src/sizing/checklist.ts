// Works a checklist of a profile out into lines people tick, each with what Headroom itself can look at.
import type { Checklist } from '../profile/procedure.ts';
import type { Profile } from '../profile/profile.ts';
import type { PlannedLook } from './planned-step.ts';
import { workloadsOf } from './procedure.ts';
import { lookOf, type Workloads } from './step-change.ts';
import { stepValues } from './step-values.ts';

export interface PlannedItem {
  readonly say: string;
  readonly check?: PlannedLook;
  /** Where the guide says so, when it is not the guide as a whole. */
  readonly source?: string;
}

/** The lines in order. A checklist takes no inputs, so nothing can be wrong with them. */
export function planChecklist(
  profile: Profile,
  checklist: Checklist,
  workloads: Workloads = workloadsOf(profile),
): readonly PlannedItem[] {
  const scope = { numbers: {}, texts: {} };
  const context = { profile, workloads, scope, values: stepValues(scope) };
  return checklist.map(({ say, check, source }) => ({
    say,
    ...(check && { check: lookOf(check, undefined, context) }),
    ...(source !== undefined && { source }),
  }));
}
