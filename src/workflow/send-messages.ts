// Brings Slack up to date with what is stored: one writer a message, the newest version only, at Slack's pace.

import { createHash } from 'node:crypto';
import { OperationError } from '../errors.ts';
import { cardMessage } from '../message/card.ts';
import type { Message } from '../message/message.ts';
import { threadMessage } from '../message/thread.ts';
import type { ChatAnswer, OwedMessage } from '../ports.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { readPlanView } from './read-plan.ts';

/** Sends the oldest message owed to any channel that may be called now; false when there is none. */
export async function sendNextMessage(parts: Parts): Promise<boolean> {
  const takenAt = parts.clock.now();
  const owed = await parts.store.transaction((tx) =>
    tx.messages.takeOwed(takenAt, limits.messageHoldMs),
  );
  if (owed === undefined) return false;
  const { message, cardTs } = await parts.store.transaction(async (tx) => {
    const ofRun = owed.kind === 'progress' ? owed.number : undefined;
    const view = await readPlanView(tx, owed.planId, parts, { ofRun });
    return {
      message:
        owed.kind === 'card' ? cardMessage(view) : threadMessage(owed.kind, view, owed.number),
      cardTs: await tx.messages.cardTs(owed.planId),
    };
  });
  const hash = createHash('sha256').update(JSON.stringify(message)).digest('hex');
  if (owed.ts !== undefined && owed.sentHash === hash) {
    const { ts } = owed;
    await parts.store.transaction((tx) => tx.messages.sent(owed, { ts, hash }, parts.clock.now()));
    return true;
  }
  // A call may take ten seconds: begun too late it would end after the hold, beside somebody else's.
  const heldMs = parts.clock.now().getTime() - takenAt.getTime();
  if (heldMs < limits.messageHoldMs / 2) await send(owed, message, { hash, cardTs }, parts);
  return true;
}

async function send(
  owed: OwedMessage,
  message: Message,
  { hash, cardTs }: { readonly hash: string; readonly cardTs: string | undefined },
  parts: Parts,
): Promise<void> {
  const method = owed.ts === undefined ? 'chat.postMessage' : 'chat.update';
  let answer: ChatAnswer;
  try {
    answer =
      owed.ts === undefined
        ? await parts.chat.post(owed.channel, message, owed.kind === 'card' ? undefined : cardTs)
        : await parts.chat.update(owed.channel, owed.ts, message);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    await tryLater(owed, error, parts);
    parts.counters.slackCall(method, 'trouble');
    return;
  }
  const pace = new Date(parts.clock.now().getTime() + limits.slackPaceMs);
  if (answer.kind === 'rejected') {
    parts.counters.slackCall(method, 'rejected');
    parts.log.error(
      { planId: owed.planId, message: owed.key, because: answer.because },
      'Slack rejects a message',
    );
    const { because } = answer;
    await parts.store.transaction((tx) => tx.messages.failed(owed, because, undefined, pace));
    return;
  }
  if (answer.kind === 'gone') {
    parts.counters.slackCall(method, 'rejected');
    await parts.store.transaction((tx) => tx.messages.gone(owed, pace));
    return;
  }
  parts.counters.slackCall(method, 'ok');
  parts.counters.degraded('slack', false);
  const { ts } = answer;
  await parts.store.transaction((tx) => tx.messages.sent(owed, { ts, hash }, pace));
}

/** Slack is away or asks us to wait: the channel rests, and what is then stored is what will be sent. */
async function tryLater(owed: OwedMessage, error: OperationError, parts: Parts): Promise<void> {
  const backoff = Math.min(limits.slackRetryMs * 2 ** owed.attempts, limits.slackRetryMaxMs);
  const at = new Date(parts.clock.now().getTime() + (error.retryAfterMs ?? backoff));
  parts.log.warn(
    { planId: owed.planId, message: owed.key, err: error },
    'sending a message to Slack',
  );
  parts.counters.degraded('slack', true);
  await parts.store.transaction((tx) => tx.messages.failed(owed, error.message, at, at));
}
