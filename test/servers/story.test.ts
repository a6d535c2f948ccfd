// A setting of a real database from a slash command to its restart: two plans, because everybody feels the second.

import { expect, it } from 'vitest';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { type Bot, channel, deployment, people, words } from '../bot.ts';
import { another } from './deeds.ts';
import { withStories } from './story.ts';
import { tickAll } from './tick-all.ts';

const minute = 60_000;
const hour = 60 * minute;
const namespace = 'greenlang-agents';

const story = withStories();

/** The minute when it opens, two hours from now. */
const opens = Math.floor(Date.now() / minute) * minute + 2 * hour;

function systems(): string {
  const at = new Date(opens).toISOString().slice(11, 16);
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
          window: { at: "${at}", for: 1h }
`;
}

const postgresql = { ...deployment('postgresql', 1, namespace), kind: 'StatefulSet' };

const annotations = () =>
  JSON.stringify(story.bot.cluster.control.get('StatefulSet', namespace, 'postgresql'));

const inChannel = async () => (await story.bot.control.messages(channel)).map(words);

const held = 'Indexes that the server is building: 1, wanted at most 0';

it('is written by one plan and comes into effect by another, in its hours and with its own approver', async () => {
  const bot = await story.begin({ systems: systems() });
  const { target } = story;
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

  const restart = await agreedRestart(bot);
  await target.admin.query('create table orders (id int)');
  const build = await building();
  bot.clock.advance(2 * hour);
  await bot.reply(restart, held);
  expect(annotations()).not.toContain('restartedAt');
  await build.end();
  await expect.poll(annotations, { timeout: 30_000 }).toContain('restartedAt');
  // The cluster is emulated, the server is not: its pod starts anew.
  await target.restart();
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        return (await inChannel()).filter((each) => each.includes('✅ Done')).length;
      },
      { timeout: 60_000, interval: 500 },
    )
    .toBe(2);
  await isNotRestartedAfterItsWindow(bot);
});

/** On the next day somebody builds for so long that the window closes. */
async function isNotRestartedAfterItsWindow(bot: Bot): Promise<void> {
  const before = annotations();
  bot.clock.advance(hour);
  const card = await agreedRestart(bot);
  const build = await building();
  const closes = opens + 25 * hour;
  bot.clock.advance(closes - minute / 4 - bot.clock.now().getTime());
  await bot.reply(card, held);
  // Time goes by as fast as everybody sleeps: a run that is not heard of in time is somebody else's.
  const isClosed = () => {
    bot.clock.advance(minute / 60);
    return bot.clock.now().getTime() > closes;
  };
  await expect.poll(isClosed, { timeout: 60_000, interval: 250 }).toBe(true);
  await build.end();
  const ended = words(await bot.reply(card, 'Not begun: database main is restarted'));
  expect(ended).toContain('for its next hours have a new plan drawn: /scale restart gl-003 main');
  expect(ended).toContain('Headroom changed nothing');
  expect(annotations()).toBe(before);
}

/** Agreed to before its window is open. */
async function agreedRestart(bot: Bot): Promise<Message> {
  await bot.say('/scale restart gl-003 main reason="max_connections 500"', 'ann');
  const restart = await bot.card('Waiting for approval: 0 of 2');
  expect(words(restart)).toContain(`when one of <@${people.eve}> agrees`);
  await bot.click('approve', 'bob', restart);
  await bot.card('1 of 2');
  await bot.click('approve', 'eve', restart);
  // Whoever answers for the database is asked besides the people of the policy, not in place of one.
  await bot.card(`<@${people.bob}> and <@${people.eve}> approved so far`);
  await bot.card('1 of 2');
  await bot.click('approve', 'oncall', restart);
  await bot.card('2 of 2');
  return restart;
}

/** Somebody builds an index, which a restart would cut off; ended, it is there. */
async function building(): Promise<{ end(): Promise<void> }> {
  const [builder, holder] = [await another(story.target), await another(story.target)];
  await holder.query('begin; insert into orders values (1)');
  const built = builder.query('create index concurrently on orders (id)');
  return {
    end: async () => {
      await holder.query('commit');
      await built;
      await Promise.all([builder.end(), holder.end()]);
    },
  };
}
