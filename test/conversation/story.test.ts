// The story from alert to proof, as people see it, in both ways Slack can be connected.

import { afterEach, describe, expect, it } from 'vitest';
import { Bot, channel, isCard, namespace, people, usualAlert, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

describe.each(['socket', 'http'] as const)('over %s', (mode) => {
  it('an alert becomes a plan, an approval, a change and its proof', async () => {
    bot = await Bot.start({ mode });

    const answer = await bot.alert();
    expect(answer.status).toBe(200);
    const card = await bot.card('Waiting for approval');
    expect(words(card)).toContain('5 → at least 8 replicas');
    expect(words(card)).toContain('812');

    const refused = await bot.click('approve', 'eve', card);
    expect(refused.acked).toBe(true);
    await bot.told('eve', 'You are not on that list');
    expect(await bot.control.ephemerals(people.ann)).toEqual([]);
    expect(bot.writes()).toEqual([]);

    await bot.click('approve', 'bob', card);
    await bot.told('bob', 'Approved. It starts now');
    await bot.reply(card, 'carried out and seen ready');
    expect(bot.replicas()).toBe(8);
    expect(bot.writes()).toEqual([
      `PATCH /apis/apps/v1/namespaces/${namespace}/deployments/worker/scale [{"op":"test","path":"/spec/replicas","value":5},{"op":"add","path":"/spec/replicas","value":8}]`,
    ]);

    bot.measure({ backlog: 240 });
    await bot.alert({ status: 'resolved', endsAt: '2026-11-22T03:20:00Z' });
    const outcome = await bot.reply(card, 'it helped');
    expect(words(outcome)).toContain('812 → 240');
    await bot.reply(card, 'The alert resolved');
    const done = await bot.card('Done, and it helped');
    expect(done.ts).toBe(card.ts);
    expect(words(done)).toContain(`<@${people.bob}>`);
    expect((await bot.control.messages(channel)).length).toBe(3);
  });
});

it('the same alert delivered again and again stays one card', async () => {
  bot = await Bot.start();
  await Promise.all(Array.from({ length: 8 }, () => bot.alert()));
  const card = await bot.card('Waiting for approval');
  await bot.alert();
  await bot.alert({
    fingerprint: 'feedfacefeedface',
    labels: { ...usualAlert.labels, severity: 'critical' },
  });
  await bot.until('both alerts on the card', async () => {
    const now = await bot.card('Waiting for approval');
    return words(now).split('still firing').length > 2 ? true : undefined;
  });
  const cards = (await bot.control.messages(channel)).filter(isCard);
  expect(cards.map((message) => message.ts)).toEqual([card.ts]);
});
