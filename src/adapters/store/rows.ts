// How rows look on their way in: shared shapes of the store's statements.

import { z } from 'zod';
import { assert } from '../../errors.ts';
import type { Plan } from '../../plan/plan.ts';
import { planHash } from '../../plan/plan.ts';
import { type PlanState, planStates } from '../../plan/plan-state.ts';
import type { PlanRecord } from '../../ports.ts';

/** A column that may be null becomes a property that may be absent. */
export function present<T extends Record<string, unknown>>(
  values: T,
): { [K in keyof T as null extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as null extends T[K] ? K : never]?: NonNullable<T[K]>;
} {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)) as never;
}

export const planRow = z.object({
  id: z.string(),
  body: z.string(),
  hash: z.string(),
  state: z.enum(Object.keys(planStates) as [PlanState, ...PlanState[]]),
  state_at: z.date(),
  reason: z.string().nullable(),
  start_by: z.date().nullable(),
  cleared_at: z.date().nullable(),
  outcome: z.enum(['pending', 'helped', 'not-helped', 'unmeasured']).nullable(),
  outcome_by: z.date().nullable(),
  outcome_note: z.string().nullable(),
  superseded_by: z.string().nullable(),
});

export const planColumns =
  'id, body, hash, state, state_at, reason, start_by, cleared_at, outcome, outcome_by, outcome_note, superseded_by';

/** A stored plan; a body that does not fit its hash was tampered with, and nothing may be done with it. */
export function planRecord(row: z.infer<typeof planRow>): PlanRecord {
  assert(planHash(row.body) === row.hash, `plan ${row.id} is the text that was hashed`);
  return present({
    plan: JSON.parse(row.body) as Plan,
    hash: row.hash,
    state: row.state,
    stateAt: row.state_at,
    reason: row.reason,
    startBy: row.start_by,
    clearedAt: row.cleared_at,
    outcome: row.outcome,
    outcomeBy: row.outcome_by,
    outcomeNote: row.outcome_note,
    supersededBy: row.superseded_by,
  });
}

export const countRow = z.object({ count: z.coerce.number() });
