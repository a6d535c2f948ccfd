// The Deny button under a proposed plan: asks why before anything is stored.

import { reasonModal } from '../src/message/vote-reply.ts';
import { parsePlanClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';

export function denyPlan() {
  return async ({ ack, body, client }: BlockActionArgs): Promise<void> => {
    const click = parsePlanClick(body);
    await ack();
    await client.views.open({ trigger_id: click.triggerId, view: reasonModal('deny', click) });
  };
}
