// What a person who clicked is told, visible to nobody else; and the modals that ask for a reason.

import type { VoteResult } from '../approval/vote-result.ts';
import { unreachable } from '../errors.ts';
import { reasonInput, viewIds } from './action-ids.ts';
import { literal, type Message, type Modal, plainMessage, sentence } from './message.ts';
import { formatPlanToken, type PlanToken } from './plan-token.ts';

export function voteReply(result: VoteResult): Message {
  switch (result.kind) {
    case 'approved':
      if (result.starts && result.heldBy !== undefined) {
        return plainMessage(
          `Approved, but it does not start yet. ${sentence(result.heldBy, 400)} It starts when that ends, or lapses.`,
        );
      }
      return plainMessage(
        result.starts
          ? 'Approved. It starts now; progress is in the thread under the card.'
          : 'Approved. This system is in propose mode: the card now shows the commands to run.',
      );
    case 'counted':
      return plainMessage(`Your approval counts: ${literal(result.because, 300)}.`);
    case 'denied':
      return plainMessage('Denied. Nothing will be changed.');
    case 'already-voted':
      return plainMessage('You have voted on this plan already; your first vote counts.');
    case 'reason-needed':
      return plainMessage(
        'You asked for this change yourself. Approving it alone while on call needs a reason.',
      );
    case 'refused':
      return plainMessage(`That did not count. ${sentence(result.because, 600)}`);
    case 'no-such-plan':
      return plainMessage(
        'There is no such plan. The card may come from another installation; nothing was changed.',
      );
    default:
      return unreachable(result);
  }
}

/** Asks why. The plan's token travels in the private metadata. */
export function reasonModal(kind: 'approve' | 'deny', token: PlanToken): Modal {
  const deny = kind === 'deny';
  return {
    type: 'modal',
    callback_id: deny ? viewIds.denyReason : viewIds.approveReason,
    private_metadata: formatPlanToken(token),
    title: { type: 'plain_text', text: deny ? 'Deny this plan' : 'Approve your own plan' },
    submit: { type: 'plain_text', text: deny ? 'Deny' : 'Approve' },
    close: { type: 'plain_text', text: 'Back' },
    blocks: [
      {
        type: 'input',
        block_id: reasonInput.blockId,
        label: {
          type: 'plain_text',
          text: deny ? 'Why not?' : 'Why can it not wait for somebody else?',
        },
        hint: { type: 'plain_text', text: 'It stands on the card and in the audit trail.' },
        element: {
          type: 'plain_text_input',
          action_id: reasonInput.actionId,
          min_length: 3,
          max_length: 300,
          multiline: true,
          focus_on_load: true,
        },
      },
    ],
  };
}
