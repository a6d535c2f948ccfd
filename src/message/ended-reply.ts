// What a person who asked for something under an ended plan is told, visible to nobody else.

import type { EndedAsk, EndedWish } from '../approval/ended-ask.ts';
import { unreachable } from '../errors.ts';
import { type Message, plainMessage, sentence } from './message.ts';

const asked = {
  fresh: 'Drawing it again from what is there now.',
  revert: 'Looking what of it is still there to be taken back.',
} as const satisfies Record<EndedWish, string>;

export function endedReply(result: EndedAsk, wish: EndedWish): Message {
  switch (result.kind) {
    case 'asked':
      return plainMessage(asked[wish]);
    case 'alerts':
      return plainMessage(
        `Looking again at ${result.firing === 1 ? 'its alert' : `its ${result.firing} alerts`}; a new card comes to the channel.`,
      );
    case 'refused':
      return plainMessage(
        `No ${wish === 'fresh' ? 'fresh plan' : 'plan'}. ${sentence(result.because, 600)}`,
      );
    case 'no-such-plan':
      return plainMessage(
        'There is no such plan. The card may come from another installation; nothing was changed.',
      );
    default:
      return unreachable(result);
  }
}
