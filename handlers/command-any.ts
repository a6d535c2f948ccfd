// Both slash commands: stored first, then acknowledged; the answer follows through the address Slack gave with it.

import type { ReceiveCommand } from '../src/workflow/receive-command.ts';
import { parseSlashCommand } from './parse-interaction.ts';
import type { SlashCommandArgs } from './slack-args.ts';
import { withinAckTime } from './within-ack-time.ts';

export function askHeadroom({ receiveCommand }: { readonly receiveCommand: ReceiveCommand }) {
  return async ({ ack, body }: SlashCommandArgs): Promise<void> => {
    await withinAckTime(receiveCommand(parseSlashCommand(body)));
    await ack();
  };
}
