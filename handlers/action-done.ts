// The Done button in the thread of a plan that waits for a person's step.

import { plainMessage } from '../src/message/message.ts';
import type { Chat } from '../src/ports.ts';
import type { TickStep } from '../src/workflow/tick-step.ts';
import { parseStepClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function stepDone({ tickStep, chat }: { readonly tickStep: TickStep; readonly chat: Chat }) {
  return async ({ ack, body }: BlockActionArgs): Promise<void> => {
    const { planId, planHash, position, userId, responseUrl } = parseStepClick(body);
    const result = await withinAckTime(tickStep({ planId, planHash, position, by: userId }));
    await ack(); // The word is stored; now Slack may forget it.
    const text =
      result.kind === 'ticked' ? 'Thank you: noted, and the plan goes on.' : result.because;
    await chat.respond(responseUrl, plainMessage(text));
  };
}
