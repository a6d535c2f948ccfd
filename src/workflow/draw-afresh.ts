// Draws what a stopped plan was about once more, from what is there now: a new plan, asked for by whoever clicks.

import type { FreshPlan } from '../approval/fresh-plan.ts';
import { whyNotRequest } from '../approval/may-request.ts';
import { mayBeDrawnAfresh } from '../plan/plan-state.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import type { Parts } from './parts.ts';

export interface FreshClick {
  readonly planId: string;
  readonly planHash: string;
  /** From Slack's signed payload. */
  readonly by: string;
  readonly responseUrl: string;
  /** The same when Slack delivers a click twice. */
  readonly triggerId: string;
}

export type DrawAfresh = (click: FreshClick) => Promise<FreshPlan>;

/**
 * Stores what is asked for, as a command or by looking at the plan's alerts again; the fresh plan takes the same way as
 * any other. Authorised like a request.
 */
export function drawAfresh(
  parts: Pick<Parts, 'store' | 'systems' | 'clock' | 'newId' | 'wake'>,
): DrawAfresh {
  return async (click) => {
    const result = await parts.store.transaction(async (tx): Promise<FreshPlan> => {
      const record = await tx.plans.find(click.planId);
      if (record === undefined || record.hash !== click.planHash) return { kind: 'no-such-plan' };
      const { plan, state } = record;
      const system = parts.systems.get(plan.system);
      const because =
        system === undefined
          ? `${plan.system} is no longer in headroom.yaml`
          : whyNotRequest(system.rule, system.id, click.by);
      if (because !== undefined) return { kind: 'refused', because };
      if (!mayBeDrawnAfresh(state)) {
        return {
          kind: 'refused',
          because: `plan ${plan.id} is ${state}, so it is not drawn again`,
        };
      }
      const asked = await ask(tx, record, click, parts);
      if (asked.kind !== 'refused') {
        const at = parts.clock.now().toISOString();
        await tx.audit.append({ at, event: 'plan.asked-afresh', by: click.by, planId: plan.id });
      }
      return asked;
    });
    if (result.kind === 'asked') parts.wake('commands');
    if (result.kind === 'alerts') parts.wake('alerts');
    return result;
  };
}

async function ask(
  tx: Transaction,
  { plan }: PlanRecord,
  click: FreshClick,
  parts: Pick<Parts, 'clock' | 'newId'>,
): Promise<FreshPlan> {
  if (plan.origin.kind === 'alert') {
    const alerts = await tx.alerts.ofPlan(plan.id);
    const firing = alerts.filter(({ resolvedAt }) => resolvedAt === undefined).length;
    if (firing === 0) {
      const because =
        'none of its alerts fires any more; ask with the scale command if it is still needed';
      return { kind: 'refused', because };
    }
    await tx.alerts.reopen(plan.id);
    return { kind: 'alerts', firing };
  }
  if (plan.origin.kind === 'schedule') {
    const because = `schedule ${plan.origin.name} asks for it when it is due again; until then ask with the scale command`;
    return { kind: 'refused', because };
  }
  const typed = await tx.commands.find(plan.origin.commandId);
  if (typed === undefined) {
    const because = 'its command was typed too long ago to be kept; type it again';
    return { kind: 'refused', because };
  }
  const { name, words, channelId } = typed;
  const { by: userId, responseUrl, triggerId } = click;
  const receivedAt = parts.clock.now();
  await tx.commands.store(
    { id: parts.newId('c'), name, words, userId, channelId, responseUrl, receivedAt },
    `afresh ${triggerId}`,
  );
  return { kind: 'asked' };
}
