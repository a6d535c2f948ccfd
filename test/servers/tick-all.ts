// Ticks the steps of a plan that wait for a person.

import { actionIds } from '../../src/message/action-ids.ts';
import { type Bot, channel, people } from '../bot.ts';

/** Somebody says of each step that waits for a person that it is done. */
export async function tickAll(bot: Bot): Promise<void> {
  for (const message of await bot.control.messages(channel)) {
    if (!JSON.stringify(message.blocks).includes(actionIds.done)) continue;
    await bot.control.click(people.ann, channel, message.ts, actionIds.done);
  }
}
