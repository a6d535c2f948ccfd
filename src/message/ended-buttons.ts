// The buttons under an ended plan: it is never resumed, but drawn again with the facts of now, or taken back.

import type { KnownBlock } from '@slack/types';
import type { EndedWish } from '../approval/ended-ask.ts';
import { mayBeDrawnAfresh } from '../plan/plan-state.ts';
import { mayBeReverted, whyNotReverted } from '../plan/revert-plan.ts';
import { isChange } from '../plan/step.ts';
import { actionIds } from './action-ids.ts';
import { actions, button, plainLine } from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';

const words = {
  fresh: ['Draw a fresh plan', 'Draw a fresh plan for'],
  revert: ['Take it back…', 'Draw a plan that takes back what was done to'],
} as const satisfies Record<EndedWish, readonly [string, string]>;

/** Nothing where no click of anybody could make one work. */
export function endedButtons(view: PlanView): readonly KnownBlock[] {
  const { plan, hash } = view.record;
  const value = formatPlanToken({ planId: plan.id, planHash: hash });
  const buttons = wishesOf(view).map((wish) => {
    const [text, label] = words[wish];
    return button({
      actionId: actionIds[wish],
      text,
      value,
      label: plainLine(`${label} ${plan.component}`),
    });
  });
  return buttons.length === 0 ? [] : [actions(`decision-${plan.id}`, buttons)];
}

function wishesOf({ record, mode, rule, changes, lease }: PlanView): readonly EndedWish[] {
  const { plan, state, outcome } = record;
  if (rule === undefined || mode === 'observe') return [];
  // A schedule asks for itself when it is due again.
  const isFresh = plan.origin.kind !== 'schedule' && mayBeDrawnAfresh(state);
  const wasWritten = changes.some(({ position, state: now }) => {
    const step = plan.steps[position];
    return step !== undefined && isChange(step) && mayBeReverted(step) && stands.has(now);
  });
  const isOver = whyNotReverted(plan.id, state) === undefined && outcome !== 'pending';
  const isRevert = isOver && wasWritten && lease === undefined && plan.restarts === undefined;
  return [...(isFresh ? (['fresh'] as const) : []), ...(isRevert ? (['revert'] as const) : [])];
}

/** What a run may have left as it wrote it; what was found in place an earlier run of the same plan may have written. */
const stands: ReadonlySet<string> = new Set(['written', 'verified', 'failed', 'reached']);
