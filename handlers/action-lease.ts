// The buttons under lent capacity: Extend, and Give back now.

import { leaseReply } from '../src/message/lease-words.ts';
import type { Chat } from '../src/ports.ts';
import type { AskOfLease, LeaseWish } from '../src/workflow/ask-of-lease.ts';
import { parsePlanClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function askAboutLease(
  what: LeaseWish['what'],
  { askOfLease, chat }: { readonly askOfLease: AskOfLease; readonly chat: Chat },
) {
  return async ({ ack, body }: BlockActionArgs): Promise<void> => {
    const { planId, planHash, userId, responseUrl } = parsePlanClick(body, 'lease');
    const answer = await withinAckTime(askOfLease({ planId, planHash, by: userId, what }));
    await ack(); // The wish is stored; now Slack may forget it.
    await chat.respond(responseUrl, leaseReply(answer));
  };
}
