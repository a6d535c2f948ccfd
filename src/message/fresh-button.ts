// The button under a stopped plan: it is never resumed, what it was about is drawn again with the facts of now.

import type { KnownBlock } from '@slack/types';
import { mayBeDrawnAfresh } from '../plan/plan-state.ts';
import { actionIds } from './action-ids.ts';
import { actions, button, plainLine } from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';

/** Nothing where no click of anybody could make it work. */
export function freshButton({ record, mode, rule }: PlanView): readonly KnownBlock[] {
  const { plan, hash, state } = record;
  // A schedule asks for itself when it is due again.
  const isAsked = plan.origin.kind !== 'schedule' && rule !== undefined && mode !== 'observe';
  if (!isAsked || !mayBeDrawnAfresh(state)) return [];
  return [
    actions(`decision-${plan.id}`, [
      button({
        actionId: actionIds.fresh,
        text: 'Draw a fresh plan',
        value: formatPlanToken({ planId: plan.id, planHash: hash }),
        label: plainLine(`Draw a fresh plan for ${plan.component}`),
      }),
    ]),
  ];
}
