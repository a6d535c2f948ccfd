// The reason given for a denial.

import { reasonInput } from '../src/message/action-ids.ts';
import { voteReply } from '../src/message/vote-reply.ts';
import type { CastVote } from '../src/workflow/cast-vote.ts';
import type { ViewSubmissionArgs } from './index.ts';
import { parseReason } from './parse-interaction.ts';
import { withinAckTime } from './within-ack-time.ts';

export function denyWithReason({ castVote }: { readonly castVote: CastVote }) {
  return async ({ ack, body }: ViewSubmissionArgs): Promise<void> => {
    const { planId, planHash, userId, reason } = parseReason(body);
    const result = await withinAckTime(
      castVote({ planId, planHash, by: userId, kind: 'deny', reason }),
    );
    const counted =
      result.kind === 'approved' || result.kind === 'counted' || result.kind === 'denied';
    // A vote that did not count keeps the modal open and says why, so that the reason is not lost.
    if (counted) await ack();
    else
      await ack({
        response_action: 'errors',
        errors: { [reasonInput.blockId]: voteReply(result).text },
      });
  };
}
