// The Approve button under a proposed plan.

import { reasonModal, voteReply } from '../src/message/vote-reply.ts';
import type { Chat } from '../src/ports.ts';
import type { CastVote } from '../src/workflow/cast-vote.ts';
import { parsePlanClick } from './parse-interaction.ts';
import type { BlockActionArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function approvePlan({
  castVote,
  chat,
}: {
  readonly castVote: CastVote;
  readonly chat: Chat;
}) {
  return async ({ ack, body, client }: BlockActionArgs): Promise<void> => {
    const click = parsePlanClick(body);
    const { planId, planHash, userId } = click;
    const result = await withinAckTime(castVote({ planId, planHash, by: userId, kind: 'approve' }));
    await ack(); // The vote is stored; now Slack may forget it.
    if (result.kind === 'reason-needed') {
      await client.views.open({ trigger_id: click.triggerId, view: reasonModal('approve', click) });
      return;
    }
    await chat.respond(click.responseUrl, voteReply(result));
  };
}
