// The stable JSON form of procedures and checklists: what `headroom procedures --json` prints.
import type { Checklist } from '../profile/procedure.ts';
import type { Profile } from '../profile/profile.ts';
import type { PlannedItem } from './checklist.ts';
import type { ProcedurePlan } from './procedure.ts';
import { listProcedures } from './procedure-list.ts';

type Json = Readonly<Record<string, unknown>>;

/** All that a system has. */
export function procedureListJson(system: string, profile: Profile): Json {
  return {
    system,
    procedures: listProcedures(profile).map(({ id, ...rest }) => ({ procedure: id, ...rest })),
    checklists: [...profile.checklists].map(([checklist, items]: readonly [string, Checklist]) => ({
      checklist,
      items: items.length,
    })),
  };
}

/** One procedure worked out; `carriedOut` is false because the command line only shows. */
export function procedureJson(system: string, plan: ProcedurePlan): Json {
  const { id, title, source, emergency, daily } = plan.procedure;
  return {
    system,
    procedure: id,
    title,
    source,
    emergency,
    ...(daily !== undefined && { daily }),
    inputs: plan.inputs,
    notes: plan.notes,
    carriedOut: false,
    steps: plan.steps,
    leftOut: plan.leftOut,
  };
}

/** One checklist. */
export function checklistJson(system: string, id: string, items: readonly PlannedItem[]): Json {
  return { system, checklist: id, items };
}
