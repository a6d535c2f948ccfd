// /scale run: a procedure of a guide becomes a plan with its steps, is approved and carried out; who may not ask is only shown it.

import { afterEach, expect, it } from 'vitest';
import { Bot, channel, deployment, isCard, namespace, planOf, words } from '../bot.ts';

let bot: Bot;
afterEach(async () => {
  await bot.stop();
});

it('says what is wrong with what was asked for, and draws nothing', async () => {
  bot = await Bot.start();
  for (const [line, answer] of [
    ['/scale run gl-008', 'Gradual scaling of steam-trap-inspector'],
    ['/scale run gl-008 gradual from=5', 'only people listed under policy rule'],
    ['/scale run gl-008 gradual from=5', 'at least 16 pods, from 15'],
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

it('carries out all of it under one approval, what is there already left alone', async () => {
  bot = await Bot.start();
  bot.cluster.control.seed([
    deployment('api-gateway', 9),
    deployment('sensor-gateway', 3),
    deployment('ml-service', 2),
  ]);
  bot.cluster.control.settle();
  await bot.say('/scale run gl-008 high-load reason="harvest"', 'ann');
  await bot.told('ann', 'All components for high load');
  const card = await bot.card('Waiting for approval: 0 of 1');
  const shown = words(card);
  expect(shown).toContain('4 changes, 5 gates');
  expect(shown).toContain('steam-trap-inspector: 4 → at least 12 replicas');
  expect(shown).toContain('see that all pods of ml-service are ready, within 10m');
  expect(shown).toContain('• api-gateway has 9 replicas already');
  // The worker belongs to this plan as long as it is open.
  await bot.say('/scale gl-008/worker replicas=7', 'oncall');
  await bot.told('oncall', 'decide on that one first');

  await bot.click('approve', 'bob', card);
  await bot.card('Done');
  expect(bot.writes().map((line) => line.split(' ')[1])).toEqual(
    ['steam-trap-inspector', 'worker', 'sensor-gateway', 'ml-service'].map(
      (name) => `/apis/apps/v1/namespaces/${namespace}/deployments/${name}/scale`,
    ),
  );
  const replicas = (name: string) =>
    bot.cluster.control.get('Deployment', namespace, name)?.['spec'];
  expect(replicas('worker')).toMatchObject({ replicas: 15 });
  expect(replicas('api-gateway')).toMatchObject({ replicas: 9 });

  // Taken back as a plan of its own: what somebody has set since is theirs.
  bot.cluster.control.patch(
    { kind: 'Deployment', namespace, name: 'ml-service' },
    { spec: { replicas: 6 } },
  );
  bot.cluster.control.settle();
  const id = planOf(card);
  const done = await bot.card('Done');
  await bot.click('revert', 'eve', done);
  await bot.told('eve', 'you are not on that list');
  await bot.click('revert', 'ann', done);
  await bot.told('ann', `take back plan ${id}`);
  const back = await bot.card('Waiting for approval: 0 of 2');
  expect(words(back)).toContain('worker: 15 → 5 replicas');
  expect(words(back)).toContain('Stays as it is: Deployment ml-service has 6 replicas');
  const trail = "select 1 from audit_entry where body::jsonb -> 'detail' ->> 'takesBack' = $1";
  expect((await bot.database.pool.query(trail, [id])).rows).toHaveLength(1);
  await bot.click('approve', 'bob', back);
  await bot.click('approve', 'oncall', back);
  await bot.reply(back, '✅ Done');
  const now = ['steam-trap-inspector', 'worker', 'sensor-gateway', 'ml-service', 'api-gateway'];
  expect(now.map(replicas)).toMatchObject([4, 5, 3, 6, 9].map((count) => ({ replicas: count })));
  await bot.say(`/scale revert ${id}`, 'ann');
  await bot.told('ann', `nothing of plan ${id} is there to be taken back`);
});

it('is not drawn on half a look, nor on workloads that are not there', async () => {
  bot = await Bot.start();
  await bot.say('/scale run gl-008 high-load', 'ann');
  await bot.told('ann', 'No plan was drawn: step 2');
  await bot.cluster.stop();
  await bot.say('/scale run gl-008 high-load', 'ann');
  await bot.told('ann', 'it cannot be reached');
});
