// What people type, in any spelling; and the modes and stops that hold the bot back.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, isCard, people, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('questions are answered to whoever asked, wrong words with the right one', async () => {
  bot = await Bot.start();
  for (const [line, answer] of [
    ['/capacity', 'What you can ask'],
    ['/capacity help', 'What you can ask'],
    ['/capacity systems', 'apply mode'],
    ['/capacity stauts', 'did you mean "status"?'],
    ['/capacity status gl-08', 'did you mean "gl-008"?'],
    ['/capacity status', 'Nothing waits and nothing runs.'],
    ['/capacity plan gl-008 sites=100', 'steam-trap-inspector 12 × 1000m/2Gi'],
    ['/capacity plan gl-008 sites=100', 'worker: replicas 5 → 15'],
    ['/capacity plan gl-008 sites=100', '/scale gl-008/worker replicas=15'],
    [
      '/capacity plan gl-008',
      'sites is kept in database main, which headroom.yaml names no connection for',
    ],
    ['/capacity what-if gl-008 sites=100', 'steam-trap-inspector 12 × 1000m/2Gi'],
    ['/capacity cost gl-008 sites=100', 'USD a core and hour'],
    ['/capacity explain gl-008 sites=100', '11 are enough up to 50 sites'],
    ['/capacity explain p-0000', 'there is no plan p-0000'],
    ['/capacity forecast gl-008 sites=100', 'The chart is in a direct message to you.'],
    ['/capacity forecast gl-008 sites=100 growth=lots', 'growth must be a share'],
    ['/capacity plan gl-008', 'sites is missing'],
    ['/capacity plan gl-008 site=100', 'did you mean "sites"?'],
    ['/capacity plan gl-008 sites=0', 'sites must be 1 to'],
    ['/scale gl-008/wroker replicas=7', 'did you mean "worker"?'],
    ['/scale gl-008', 'which component of gl-008?'],
    ['/scale gl-008/worker replicas=lots', 'must be a whole number'],
    ['/scale gl-008/worker replcas=7', 'did you mean "replicas"?'],
    ['/scale gl-008/worker replicas=31', 'may have 3 to 30 replicas'],
    ['/scale gl-008/worker replicas=5', 'already has 5 replicas'],
    ['/scale gl-008/worker replicas=7 reason="never closed', 'a quote was opened'],
    ['/scale stpo', 'did you mean "stop"?'],
    ['/scale revert', 'which plan?'],
    ['/scale revert p-0000', 'there is no plan p-0000'],
  ] as const) {
    const outcome = await bot.say(line, 'ann');
    expect(outcome.acked, line).toBe(true);
    await bot.told('ann', answer);
  }
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
  expect(bot.writes()).toEqual([]);
});

it('a stranger cannot ask for a change', async () => {
  bot = await Bot.start();
  const outcome = await bot.say('/scale gl-008/worker replicas=7', 'eve');
  expect(outcome.acked).toBe(true);
  await bot.told('eve', 'you are not on that list');
  expect((await bot.control.messages(channel)).filter(isCard)).toEqual([]);
});

it('a second plan for the same workload is refused with the first one named', async () => {
  bot = await Bot.start();
  await bot.say('/scale gl-008/worker replicas=7', 'ann');
  await bot.card('Waiting for approval');
  await bot.say('/scale gl-008/worker replicas=9', 'bob');
  await bot.told('bob', 'for the same workload is proposed; decide on that one first');
});

it('in observe mode the card says what would be done and has no buttons', async () => {
  bot = await Bot.start({ systemMode: 'observe' });
  await bot.alert();
  const card = await bot.card('Observe mode');
  expect(words(card)).toContain('5 → at least 8 replicas');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
});

it('in propose mode an approved plan ends as a command to run by hand', async () => {
  bot = await Bot.start({ systemMode: 'propose' });
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  const approved = await bot.card('yours to carry out');
  expect(words(approved)).toContain('kubectl scale deployment/worker');
  expect(bot.writes()).toEqual([]);
});

it('without a policy nobody can approve', async () => {
  bot = await Bot.start({ policy: '' });
  await bot.alert();
  const card = await bot.card('Nobody can approve this');
  expect(JSON.stringify(card.blocks)).not.toContain('plan.approve');
  expect(bot.writes()).toEqual([]);
});

it('a stop holds an approved plan back until somebody resumes', async () => {
  bot = await Bot.start();
  await bot.say('/scale stop gl-008 reason="change freeze"', 'eve');
  await bot.told('eve', 'Only operators');
  await bot.say('/scale stop gl-008 reason="change freeze"', 'ann');
  await bot.told('ann', 'is stopped');
  await bot.alert();
  const card = await bot.card('change freeze');
  await bot.click('approve', 'bob', card);
  const held = await bot.card('Approved, but stopped');
  expect(words(held)).toContain('change freeze');
  expect(bot.writes()).toEqual([]);

  await bot.say('/scale resume gl-008', 'ann');
  await bot.told('ann', 'goes on');
  await bot.reply(card, 'carried out and seen ready');
  expect(bot.writes()).toHaveLength(1);
});

it('an approved plan that is stopped for too long lapses', async () => {
  bot = await Bot.start();
  await bot.say('/scale stop', 'ann');
  await bot.told('ann', 'Everything is stopped');
  await bot.alert();
  const card = await bot.card('Waiting for approval');
  await bot.click('approve', 'bob', card);
  await bot.card('Approved, but stopped');
  bot.later(16 * 60_000);
  const lapsed = await bot.card('Lapsed');
  expect(words(lapsed)).toContain('in time');
  await bot.say('/scale resume', 'ann');
  await bot.told('ann', 'Everything goes on');
  expect(bot.writes()).toEqual([]);
});

it('hostile words in an alert stay words', async () => {
  bot = await Bot.start();
  await bot.alert({
    annotations: { summary: `<!channel> *urgent* \`code\` <@${people.ann}> ${'x'.repeat(10_000)}` },
    labels: {
      alertname: 'InspectionQueueBacklog',
      namespace: 'greenlang-gl008',
      note: 'y'.repeat(10_000),
    },
  });
  const card = await bot.card('Waiting for approval');
  const text = JSON.stringify(card.blocks);
  expect(text).not.toContain('<!channel>');
  expect(text).toContain('&lt;!channel&gt;');
  expect(text).not.toContain('*urgent*');
});
