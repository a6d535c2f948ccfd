// /scale run: the steps of a guide, shown to whoever asks; nothing is written, drawn or approved.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, deployment, isCard } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('shows procedures and checks what is asked for, and never changes anything', async () => {
  bot = await Bot.start();
  for (const [line, answer] of [
    ['/scale run gl-008', 'Gradual scaling of steam-trap-inspector'],
    ['/scale run gl-008 gradual from=5', 'at least 16 pods, from 15'],
    ['/scale run gl-008 gradual from=5', 'nothing is carried out yet'],
    ['/scale run gl-008 failover', 'Point DNS or the load balancer to us-west-2'],
    ['/scale run gl-008 gradul', 'did you mean "gradual"?'],
    ['/scale run gl-008 gradual too=16', 'did you mean "to"?'],
    ['/scale run gl-008 gradual to=99', 'to must be 1 to 20'],
    ['/scale run gl-08', 'did you mean "gl-008"?'],
    ['/scale run', 'which system?'],
  ] as const) {
    const outcome = await bot.say(line, 'eve');
    expect(outcome.acked, line).toBe(true);
    await bot.told('eve', answer);
  }
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
  expect(bot.writes()).toEqual([]);
});

it('counts pods in the cluster, and names the baselines of those it did not find', async () => {
  bot = await Bot.start();
  bot.cluster.control.seed([deployment('api-gateway', 9)]);
  bot.cluster.control.settle();
  await bot.say('/scale run gl-008 high-load', 'ann');
  const { blocks } = await bot.told('ann', 'All components for high load');
  const shown = JSON.stringify(blocks);
  expect(shown).toContain('api-gateway: at least 6 pods, from 9');
  expect(shown).toContain('there already: nothing is written');
  expect(shown).toContain('(sensor-gateway 3, ml-service 2)');
});

it('counts on baselines while the cluster does not answer, and says so', async () => {
  bot = await Bot.start();
  await bot.cluster.stop();
  await bot.say('/scale run gl-008 high-load', 'ann');
  await bot.told('ann', 'the cluster was not looked at');
});
