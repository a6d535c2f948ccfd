// Carries out what somebody typed about lent capacity: more time for it, or giving it back now.

import type { Command } from '../command/parse-command.ts';
import { leaseReply } from '../message/lease-words.ts';
import type { Message } from '../message/message.ts';
import type { StoredCommand } from '../ports.ts';
import { askOfLease } from './ask-of-lease.ts';
import type { Parts } from './parts.ts';

export async function answerLease(
  command: Extract<Command, { kind: 'extend' | 'give-back' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const what =
    command.kind === 'extend'
      ? {
          kind: command.kind,
          ...(command.seconds !== undefined && { seconds: command.seconds }),
        }
      : { kind: command.kind };
  const wish = { planId: command.plan, by: stored.userId, what, since: stored.receivedAt };
  return leaseReply(await askOfLease(parts)(wish));
}
