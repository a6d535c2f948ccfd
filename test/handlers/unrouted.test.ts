// Alerts that fit no system: kept, counted and shown, never dropped.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, isCard, usualAlert, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('are stored, counted on the metrics page and listed by the status command', async () => {
  bot = await Bot.start();
  const answer = await bot.deliver([
    { fingerprint: 'aa', labels: { alertname: 'DiskFull', namespace: 'elsewhere' } },
    { fingerprint: 'ab', labels: { ...usualAlert.labels, headroom_system: 'gl-999' } },
    { fingerprint: 'ac', labels: { alertname: '<!channel> *bold*' } },
  ]);
  expect(answer.status).toBe(200);
  await bot.until('the counting', async () => {
    const page = await (await fetch(`${bot.url}/metrics`)).text();
    return page.includes('headroom_alerts_unrouted 3') ? true : undefined;
  });
  await bot.say('/capacity status', 'ann');
  const status = words(await bot.told('ann', 'DiskFull'));
  expect(status).toContain('InspectionQueueBacklog');
  expect(status).not.toContain('<!channel>');
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
});
