// A setting of a real database from a slash command to its restart: two plans, because everybody feels the second.

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Bot, channel, deployment, people, words } from '../bot.ts';
import { another } from './deeds.ts';
import { startTarget, type Target } from './target.ts';
import { tickAll } from './tick-all.ts';

const namespace = 'greenlang-agents';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
  process.env['SHOP_MAIN_URL'] = target.server.url('shop');
});
afterAll(async () => {
  delete process.env['SHOP_MAIN_URL'];
  await target.close();
});

let bot: Bot;
afterEach(() => bot.stop());

/** The window opens two hours from now. */
function systems(): string {
  const opens = new Date(Date.now() + 2 * 3_600_000).toISOString().slice(11, 16);
  return `
  gl-003:
    profile: gl-003
    mode: apply
    cluster: production
    channel: ${channel}
    databases:
      main:
        connection: { env: SHOP_MAIN_URL }
        allow: [settings]
        restart:
          statefulSet: postgresql
          approvers: [${people.eve}]
          window: { at: "${opens}", for: 1h }
`;
}

const postgresql = { ...deployment('postgresql', 1, namespace), kind: 'StatefulSet' };

const annotations = () =>
  JSON.stringify(bot.cluster.control.get('StatefulSet', namespace, 'postgresql'));

it('is written by one plan and comes into effect by another, in its hours and with its own approver', async () => {
  bot = await Bot.start({ systems: systems() });
  const { spec } = postgresql;
  bot.cluster.control.seed([
    { ...postgresql, spec: { ...spec, serviceName: 'postgresql' } },
    deployment('gl-003-steam-analyzer', 3, namespace),
  ]);
  bot.cluster.control.settle();

  await bot.say('/scale run gl-003 connections-exhausted reason="all in use"', 'ann');
  const card = await bot.card('max_connections');
  expect(words(card)).toContain(`alter system set max_connections = '500'`);
  expect(words(card)).toContain('/scale restart gl-003 main');
  await bot.click('approve', 'bob', card);
  const shown = async () => {
    const { rows } = await target.admin.query<{ setting: string; pending_restart: boolean }>(
      `select setting, pending_restart from pg_settings where name = 'max_connections'`,
    );
    return rows[0];
  };
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        return shown();
      },
      { timeout: 30_000, interval: 500 },
    )
    .toEqual({ setting: '100', pending_restart: true });

  await bot.say('/scale restart gl-003 main reason="max_connections 500"', 'ann');
  const restart = await bot.card('Restart database main');
  expect(words(restart)).toContain(`when one of <@${people.eve}> agrees`);
  await bot.click('approve', 'bob', restart);
  await bot.card('1 of 2');
  await bot.click('approve', 'eve', restart);
  // Whoever answers for the database is asked besides the people of the policy, not in place of one.
  await bot.card(`<@${people.bob}> and <@${people.eve}> approved so far`);
  await bot.card('1 of 2');
  await bot.click('approve', 'oncall', restart);
  await bot.card('2 of 2');
  expect(annotations()).not.toContain('restartedAt');
  // Somebody builds an index meanwhile, which a restart would cut off.
  await target.admin.query('create table orders (id int)');
  const [builder, holder] = [await another(target), await another(target)];
  await holder.query('begin; insert into orders values (1)');
  const built = builder.query('create index concurrently on orders (id)');
  bot.clock.advance(2 * 3_600_000);
  const told = async () => (await bot.control.messages(channel)).map(words).join();
  await expect
    .poll(told, { timeout: 30_000 })
    .toContain('Indexes that the server is building: 1, wanted at most 0');
  expect(annotations()).not.toContain('restartedAt');
  await holder.query('commit');
  await built;
  await Promise.all([builder.end(), holder.end()]);
  await expect.poll(annotations, { timeout: 30_000 }).toContain('restartedAt');
  // The cluster is emulated, the server is not: its pod starts anew.
  await target.server.restart();
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        return (await bot.control.messages(channel)).filter((each) =>
          words(each).includes('✅ Done'),
        ).length;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(2);
});
