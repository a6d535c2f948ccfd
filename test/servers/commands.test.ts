// What people are told of a real database in Slack: how it fares, what its tables hold, and why it has no room for more pods.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { Bot, channel, deployment, isCard, words } from '../bot.ts';
import { startTarget, type Target } from './target.ts';

const namespace = 'greenlang-agents';

let target: Target;
let bot: Bot;
beforeAll(async () => {
  target = await startTarget();
  process.env['METERS_URL'] = target.server.url('shop');
  bot = await Bot.start({
    systems: `
  gl-003:
    profile: gl-003
    mode: apply
    cluster: production
    channel: ${channel}
    databases: { main: { connection: { env: METERS_URL } }, archive: {} }
`,
  });
  bot.cluster.control.seed([deployment('gl-003-steam-analyzer', 3, namespace)]);
  bot.cluster.control.settle();
});
afterAll(async () => {
  delete process.env['METERS_URL'];
  await bot.stop();
  await target.close();
});

it('says how the databases of a system fare where one is asked for', async () => {
  await bot.say('/capacity status gl-003', 'ann');
  const status = words(await bot.told('ann', 'Database archive'));
  expect(status).toContain('Database main');
  expect(status).toContain('headroom.yaml names no connection for it');
  await bot.say('/capacity status', 'bob');
  expect(words(await bot.told('bob', 'Nothing waits'))).not.toContain('Database');
});

it('sizes by what the tables hold', async () => {
  await target.admin.query(
    `create table public.steam_meters as select 'active' as status from generate_series(1, 640)`,
  );
  await bot.say('/capacity plan gl-003', 'ann');
  await bot.told('ann', 'meters=640 was read in database main');
});

it('refuses pods whose pools the server has no room for, with the sum', async () => {
  await bot.say('/scale gl-003/steam-analyzer replicas=10 reason="more"', 'ann');
  const refusal = words(await bot.told('ann', 'too few connections of database main'));
  expect(refusal).toContain('(10 + 3 during a rollout − 3 now) × 20');
  expect(refusal).toContain('97 may be used');
  await bot.say('/scale gl-003/steam-analyzer replicas=4 reason="more"', 'ann');
  const card = await bot.card('Waiting for approval');
  expect(words(card)).toContain('(4 + 1 during a rollout − 3 now) × 20');
  expect((await bot.control.messages(channel)).filter(isCard)).toHaveLength(1);
});
