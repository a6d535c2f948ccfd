// What a person who asked for a fresh plan is told, visible to nobody else.

import type { FreshPlan } from '../approval/fresh-plan.ts';
import { unreachable } from '../errors.ts';
import { type Message, plainMessage, sentence } from './message.ts';

export function freshReply(result: FreshPlan): Message {
  switch (result.kind) {
    case 'asked':
      return plainMessage('Drawing it again from what is there now.');
    case 'alerts':
      return plainMessage(
        `Looking again at ${result.firing === 1 ? 'its alert' : `its ${result.firing} alerts`}; a new card comes to the channel.`,
      );
    case 'refused':
      return plainMessage(`No fresh plan. ${sentence(result.because, 600)}`);
    case 'no-such-plan':
      return plainMessage(
        'There is no such plan. The card may come from another installation; nothing was changed.',
      );
    default:
      return unreachable(result);
  }
}
