// Slack away, Slack slow, Slack strict: what people see in the end is what is stored.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('after an outage of Slack the card shows the newest state, and only that is sent', async () => {
  bot = await Bot.start();
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.control.injectFault({ method: 'chat.update', status: 500, times: 3 });
  await bot.control.injectFault({ method: 'chat.postMessage', status: 500, times: 2 });
  await bot.click('approve', 'bob', card);
  await bot.until('the change itself, which needs no Slack', async () =>
    bot.replicas() === 8 ? true : undefined,
  );
  bot.measure({ backlog: 100 });
  await bot.until('the outcome being stored', async () => {
    const { rows } = await bot.database.pool.query("select 1 from plan where outcome = 'helped'");
    return rows.length === 1 ? true : undefined;
  });
  let failures = 0;
  await bot.until('the card catching up', async () => {
    // Retries are up to half a minute apart. Time moves once for each: a clock that runs makes every attempt begin too late.
    const failed = bot.logged.filter((line) => line.includes('sending a message to Slack')).length;
    if (failed > failures) bot.later(30_000);
    failures = failed;
    const now = (await bot.control.messages(channel)).find((message) => message.ts === card.ts);
    const told = (await bot.control.messages(channel)).some(
      (message) => message.ts !== card.ts && words(message).includes('it helped'),
    );
    return told && now !== undefined && words(now).includes('Done, and it helped')
      ? true
      : undefined;
  });
  const states = (await bot.control.apiCalls('chat.update')).filter(
    (call) => call.ok && call.args['ts'] === card.ts,
  );
  expect(states.length).toBeLessThanOrEqual(3);
});

it('at most one call a second goes to a channel, and Retry-After is honoured', async () => {
  bot = await Bot.start({ rateLimits: true });
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.control.injectFault({ method: 'chat.update', status: 429, retryAfter: 2, times: 1 });
  await bot.click('approve', 'bob', card);
  bot.measure({ backlog: 100 });
  await bot.card('Done, and it helped');
  const calls = (await bot.control.apiCalls()).filter(
    (call) => call.args['channel'] === channel && call.method.startsWith('chat.'),
  );
  const at = calls.map((call) => Date.parse(call.at));
  for (const [index, time] of at.entries()) {
    const before = at[index - 1];
    // A millisecond of slack for two clocks read one after the other.
    if (before !== undefined) expect(time - before).toBeGreaterThanOrEqual(950);
  }
  const limited = calls.findIndex((call) => call.status === 429);
  expect((at[limited + 1] ?? 0) - (at[limited] ?? 0)).toBeGreaterThanOrEqual(1_950);
});

it('a restart loses no alert, no vote and no message', async () => {
  bot = await Bot.start();
  await bot.control.injectFault({ method: 'chat.postMessage', status: 503, times: 1 });
  await bot.alert();
  await bot.stopApp();
  expect((await bot.control.messages(channel)).map(words)).toEqual([]);
  await bot.startApp();
  bot.later(60_000);
  const card = await bot.card('Waiting for approval');
  expect(words(card)).toContain('5 → at least 8');
});

it('a socket that breaks while Slack is away comes back, and nothing ends meanwhile', async () => {
  bot = await Bot.start();
  await bot.control.injectFault({ method: 'apps.connections.open', status: 500, times: 4 });
  await bot.control.disconnectSockets({ abrupt: true });
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.until('the socket being back', async () =>
    (await bot.control.state()).connections > 0 ? true : undefined,
  );
  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
});

it('an app that starts while Slack is away takes alerts, and tells them when Slack is back', async () => {
  bot = await Bot.start();
  await bot.stopApp();
  await bot.control.injectFault({ method: 'auth.test', status: 503, times: 2 });
  await bot.startApp();
  expect((await bot.alert()).status).toBe(200);
  await bot.card('Waiting for approval');
});
