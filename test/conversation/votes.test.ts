// Who may decide, and that every decision counts once; over signed HTTP, while most other conversations use the socket.

import { afterEach, expect, it } from 'vitest';
import { Bot, people, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('a denial asks why, ends the plan and changes nothing', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.alert();
  const card = await bot.card('Waiting for approval');

  await bot.click('deny', 'ann', card);
  await bot.submit('ann', 'The importer is broken, more workers only hammer it');

  const denied = await bot.card('Denied');
  expect(words(denied)).toContain(`Denied by <@${people.ann}>: The importer is broken`);
  expect(JSON.stringify(denied.blocks)).not.toContain('plan.approve');
  expect(bot.writes()).toEqual([]);
});

it('a stranger cannot deny either, and keeps the words they typed', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.alert();
  const card = await bot.card('Waiting for approval');

  await bot.click('deny', 'eve', card);
  const submitted = await bot.submit('eve', 'I do not like it');

  expect(submitted.errors?.['reason']).toContain('You are not on that list');
  expect((await bot.control.views(people.eve)).length).toBe(1);
  await bot.card('Waiting for approval');
});

it('two people at once, one person twice and Slack delivering twice count once each', async () => {
  bot = await Bot.start({
    mode: 'http',
    policy: `
policy:
  rules:
    - { name: two, systems: ["*"], approvers: [${people.ann}, ${people.bob}], required: 2 }
`,
  });
  await bot.alert();
  const card = await bot.card('Waiting for approval: 0 of 2');

  await Promise.all([bot.click('approve', 'ann', card), bot.click('approve', 'ann', card)]);
  await bot.control.redeliver();
  await bot.card('Waiting for approval: 1 of 2');
  await bot.told('ann', 'You have voted on this plan already');
  expect(bot.writes()).toEqual([]);

  const again = await bot.card('1 of 2');
  await Promise.all([bot.click('approve', 'bob', again), bot.click('approve', 'bob', again)]);
  await bot.reply(card, 'carried out and seen ready');
  const { rows } = await bot.database.pool.query('select user_id from vote order by user_id');
  expect(rows).toEqual([{ user_id: people.ann }, { user_id: people.bob }]);
  expect(bot.writes()).toHaveLength(1);
});

it('whoever asked for a change cannot approve it, somebody else can', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.say('/scale gl-008/worker replicas=7 reason="Monday rush"', 'ann');
  const card = await bot.card('Waiting for approval');
  expect(words(card)).toContain(`Asked for by <@${people.ann}>: Monday rush`);

  await bot.click('approve', 'ann', card);
  await bot.told('ann', 'somebody else has to approve it');
  expect(bot.writes()).toEqual([]);

  await bot.click('approve', 'bob', card);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.replicas()).toBe(7);
  await bot.card('✅ Done');
});

it('the person on call approves their own plan alone, with a reason that is kept', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.say('/scale gl-008/worker replicas=7', 'oncall');
  const card = await bot.card('Waiting for approval');

  await bot.click('approve', 'oncall', card);
  expect(bot.writes()).toEqual([]);
  await bot.submit('oncall', 'Nobody else is awake and the queue grows');

  await bot.reply(card, 'carried out and seen ready');
  const { rows } = await bot.database.pool.query('select reason from vote');
  expect(rows).toEqual([{ reason: 'Nobody else is awake and the queue grows' }]);
});

it('taking capacity away needs the stricter number of people', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.say('/scale gl-008/worker replicas=4', 'oncall');
  const card = await bot.card('Waiting for approval: 0 of 2');
  await bot.click('approve', 'ann', card);
  const half = await bot.card('Waiting for approval: 1 of 2');
  await bot.click('approve', 'bob', half);
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.replicas()).toBe(4);
});

it('a vote for an older version of a plan does not count', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.alert();
  const card = await bot.card('at least 8');
  bot.measure({ backlog: 2_000 });
  await bot.alert({ fingerprint: 'feedfacefeedface' });
  await bot.card('at least 10');
  // The first card is redrawn without buttons; this click left before that.
  const { rows } = await bot.database.pool.query('select id, state from plan order by created_at');
  expect(rows.map((row: { state: string }) => row.state)).toEqual(['superseded', 'proposed']);
  await bot.until('the first card losing its buttons', async () =>
    words(
      (await bot.control.messages(card.channel)).find((m) => m.ts === card.ts) ?? card,
    ).includes('Replaced')
      ? true
      : undefined,
  );
  expect(bot.writes()).toEqual([]);
});

it('an expired plan takes no approval', async () => {
  bot = await Bot.start({ mode: 'http' });
  await bot.alert();
  await bot.card('Waiting for approval');
  bot.later(31 * 60_000);
  const card = await bot.card('Expired');
  expect(words(card)).toContain('Nobody decided in time; nothing was changed.');
});
