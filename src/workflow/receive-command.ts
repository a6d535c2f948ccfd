// Stores a slash command before Slack hears that it was received; answering it comes after, and survives a crash.

import type { Parts } from './parts.ts';

export interface SpokenCommand {
  readonly name: string;
  readonly words: string;
  readonly userId: string;
  readonly channelId: string;
  readonly responseUrl: string;
  /** Slack's trigger id: the same when Slack delivers an invocation twice. */
  readonly triggerId: string;
}

export type ReceiveCommand = (spoken: SpokenCommand) => Promise<void>;

export function receiveCommand(
  parts: Pick<Parts, 'store' | 'clock' | 'newId' | 'wake'>,
): ReceiveCommand {
  return async ({ triggerId, ...spoken }) => {
    await parts.store.transaction((tx) =>
      tx.commands.store(
        { ...spoken, id: parts.newId('c'), receivedAt: parts.clock.now() },
        triggerId,
      ),
    );
    parts.wake('commands');
  };
}
