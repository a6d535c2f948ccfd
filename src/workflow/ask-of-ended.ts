// Asks for what the buttons under an ended plan offer: a new plan, from what is there now, asked for by whoever clicks.

import type { EndedAsk, EndedWish } from '../approval/ended-ask.ts';
import { whyNotRequest } from '../approval/may-request.ts';
import { mayBeDrawnAfresh, type PlanState } from '../plan/plan-state.ts';
import { whyNotReverted } from '../plan/revert-plan.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import type { Parts } from './parts.ts';

export interface EndedClick {
  readonly planId: string;
  readonly planHash: string;
  /** From Slack's signed payload. */
  readonly by: string;
  readonly responseUrl: string;
  /** The same when Slack delivers a click twice. */
  readonly triggerId: string;
}

export type AskOfEnded = (wish: EndedWish, click: EndedClick) => Promise<EndedAsk>;

/**
 * Stores what is asked for, as a command or by looking at the plan's alerts again; the fresh plan takes the same way as
 * any other. Authorised like a request.
 */
export function askOfEnded(
  parts: Pick<Parts, 'store' | 'systems' | 'clock' | 'newId' | 'wake' | 'commands'>,
): AskOfEnded {
  return async (wish, click) => {
    const result = await parts.store.transaction(async (tx): Promise<EndedAsk> => {
      const record = await tx.plans.find(click.planId);
      if (record === undefined || record.hash !== click.planHash) return { kind: 'no-such-plan' };
      const { plan, state } = record;
      const system = parts.systems.get(plan.system);
      const because =
        system === undefined
          ? `${plan.system} is no longer in headroom.yaml`
          : whyNotRequest(system.rule, system.id, click.by);
      if (because !== undefined) return { kind: 'refused', because };
      const whyNot =
        wish === 'revert' ? whyNotReverted(plan.id, state) : whyNotFresh(plan.id, state);
      if (whyNot !== undefined) return { kind: 'refused', because: whyNot };
      if (wish === 'revert') return askBack(tx, record, click, parts);
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

function whyNotFresh(id: string, state: PlanState): string | undefined {
  return mayBeDrawnAfresh(state) ? undefined : `plan ${id} is ${state}, so it is not drawn again`;
}

/** As if the command had been typed: it looks, draws and answers. */
async function askBack(
  tx: Transaction,
  { plan }: PlanRecord,
  { by: userId, responseUrl, triggerId }: EndedClick,
  { clock, newId, systems, commands }: Pick<Parts, 'clock' | 'newId' | 'systems' | 'commands'>,
): Promise<EndedAsk> {
  const channelId = systems.get(plan.system)?.channel ?? '';
  const command = { name: commands.scale, words: `revert ${plan.id}`, userId, channelId };
  const stored = { ...command, id: newId('c'), responseUrl, receivedAt: clock.now() };
  await tx.commands.store(stored, `revert ${triggerId}`);
  return { kind: 'asked' };
}

async function ask(
  tx: Transaction,
  { plan }: PlanRecord,
  click: EndedClick,
  parts: Pick<Parts, 'clock' | 'newId'>,
): Promise<EndedAsk> {
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
