// The buttons under an ended plan: what it was about is drawn once more, or taken back.

import { endedReply } from '../src/message/ended-reply.ts';
import type { Chat } from '../src/ports.ts';
import type { AskOfEnded } from '../src/workflow/ask-of-ended.ts';
import { parsePlanClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function askOfEndedPlan(
  wish: Parameters<AskOfEnded>[0],
  { askOfEnded, chat }: { readonly askOfEnded: AskOfEnded; readonly chat: Chat },
) {
  return async ({ ack, body }: BlockActionArgs): Promise<void> => {
    const { planId, planHash, userId, responseUrl, triggerId } = parsePlanClick(body);
    const click = { planId, planHash, by: userId, responseUrl, triggerId };
    const result = await withinAckTime(askOfEnded(wish, click));
    await ack(); // What was asked for is stored; now Slack may forget it.
    await chat.respond(responseUrl, endedReply(result, wish));
  };
}
