// The reason somebody gives in a modal: for a denial, or for approving their own plan while on call.

import { reasonInput } from '../src/message/action-ids.ts';
import { voteReply } from '../src/message/vote-reply.ts';
import type { CastVote } from '../src/workflow/cast-vote.ts';
import { parseReason } from './parse-interaction.ts';
import type { ViewSubmissionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function voteWithReason(
  kind: 'approve' | 'deny',
  { castVote }: { readonly castVote: CastVote },
) {
  return async ({ ack, body }: ViewSubmissionArgs): Promise<void> => {
    const { planId, planHash, userId, reason } = parseReason(body);
    const result = await withinAckTime(castVote({ planId, planHash, by: userId, kind, reason }));
    if (['approved', 'counted', 'denied'].includes(result.kind)) {
      await ack();
      return;
    }
    // A vote that did not count keeps the modal open and says why, so that the reason is not lost.
    const errors = { [reasonInput.blockId]: voteReply(result).text };
    await ack({ response_action: 'errors', errors });
  };
}
