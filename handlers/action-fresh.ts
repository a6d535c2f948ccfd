// The button under a plan that was stopped: draws what it was about once more, from what is there now.

import { freshReply } from '../src/message/fresh-reply.ts';
import type { Chat } from '../src/ports.ts';
import type { DrawAfresh } from '../src/workflow/draw-afresh.ts';
import { parsePlanClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function drawFreshPlan({
  drawAfresh,
  chat,
}: {
  readonly drawAfresh: DrawAfresh;
  readonly chat: Chat;
}) {
  return async ({ ack, body }: BlockActionArgs): Promise<void> => {
    const { planId, planHash, userId, responseUrl, triggerId } = parsePlanClick(body);
    const click = { planId, planHash, by: userId, responseUrl, triggerId };
    const result = await withinAckTime(drawAfresh(click));
    await ack(); // What was asked for is stored; now Slack may forget it.
    await chat.respond(responseUrl, freshReply(result));
  };
}
