// What must survive a second try: stops, alerts that fire again, alerts that only joined, deleted cards.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, isCard, namespace, people, usualAlert, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

const resolved = { status: 'resolved', endsAt: '2026-11-22T03:20:00Z' } as const;

it('a resume whose answer was lost does not end a stop that came later', async () => {
  bot = await Bot.start();
  await bot.say('/scale stop', 'ann');
  await bot.told('ann', 'Everything is stopped');
  await bot.control.injectFault({ method: 'response_url', status: 500, times: 1 });
  await bot.say('/scale resume', 'ann');
  await bot.until('the resume being carried out', async () =>
    (await stops()) === 0 ? true : undefined,
  );
  await bot.say('/scale stop reason="the storage burns"', 'ann');
  await bot.until('the second stop', async () => ((await stops()) === 1 ? true : undefined));
  bot.later(31_000); // The first answer's hold runs out and it is tried again.
  await bot.told('ann', 'goes on');
  expect(await stops()).toBe(1);
});

it('a stop holds back a write that had to wait', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  bot.cluster.control.injectFault({
    match: { method: 'PATCH', dryRun: false },
    status: 429,
    headers: { 'retry-after': '8' },
    times: 1,
  });
  await bot.click('approve', 'bob', card);
  await bot.until('the refused write', async () =>
    bot.cluster.control.requests.all.some((request) => request.status === 429) ? true : undefined,
  );
  await bot.say('/scale stop', 'ann');
  await bot.told('ann', 'Everything is stopped');
  await bot.reply(card, 'Stopped');
  expect(bot.replicas()).toBe(5);
  await bot.say('/scale resume', 'ann');
});

it('an alert that Alertmanager took for over fires again with the same start and counts', async () => {
  bot = await Bot.start();
  await bot.alert();
  await bot.card('Waiting for approval');
  await bot.alert(resolved);
  await bot.card('Approve anyway?');
  await bot.alert();
  const again = await bot.card('Waiting for approval');
  expect(words(again)).toContain('still firing');
  bot.later(16 * 60_000);
  await bot.alert();
  await bot.card('Waiting for approval');
});

it('an alert that joined a denied command gets its own plan', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker replicas=4', 'oncall');
  const card = await bot.card('Asked for by');
  await bot.alert();
  await bot.until('the alert on the card', async () =>
    words(await bot.card('Asked for by')).includes('still firing') ? true : undefined,
  );
  await bot.click('deny', 'ann', card);
  await bot.submit('ann', 'The queue is growing, not the time to shrink');
  await bot.card('5 → at least 8 replicas');
});

it('a plan somebody asked for outlives an alert that came along', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker replicas=9', 'ann');
  await bot.card('Waiting for approval');
  await bot.alert();
  await bot.until('the alert on the card', async () =>
    words(await bot.card('Waiting for approval')).includes('still firing') ? true : undefined,
  );
  await bot.alert(resolved);
  await bot.until('its end on the card', async () =>
    words(await bot.card('Waiting for approval')).includes('resolved') ? true : undefined,
  );
  bot.later(16 * 60_000);
  await bot.alert({ fingerprint: 'feedfacefeedface', labels: { ...usualAlert.labels, namespace } });
  const cards = (await bot.control.messages(channel)).filter(isCard);
  expect(cards.map(words).join('\n')).not.toContain('Withdrawn');
});

it('a card that somebody deleted is posted anew', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.control.injectFault({ method: 'chat.update', error: 'message_not_found', times: 1 });
  await bot.alert({ fingerprint: 'feedfacefeedface' });
  const anew = await bot.until('a second card', async () =>
    (await bot.control.messages(channel)).filter(isCard).find(({ ts }) => ts !== card.ts),
  );
  await bot.click('approve', 'bob', anew);
  await bot.reply(anew, 'carried out and seen ready');
});

it('somebody who is told that it starts is not told so while everything is stopped', async () => {
  bot = await Bot.start();
  await bot.alert();
  await bot.say('/scale stop reason=freeze', 'ann');
  await bot.told('ann', 'Everything is stopped');
  const card = await bot.card('freeze');
  await bot.click('approve', 'bob', card);
  const told = await bot.told('bob', 'it does not start yet');
  expect(words(told)).toContain(`<@${people.ann}>`);
});

async function stops(): Promise<number> {
  const { rows } = await bot.database.pool.query('select 1 from stop');
  return rows.length;
}
