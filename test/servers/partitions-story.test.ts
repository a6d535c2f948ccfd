// Months of a real table from a slash command to rows that find their partition, and to rows that nobody keeps.

import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { monthAt, plusMonths } from '../../src/database/months.ts';
import { channel, deployment, people, words } from '../bot.ts';
import { shopAllowing, withStories } from './story.ts';
import { tickAll } from './tick-all.ts';

const story = withStories();

/** The first day of a month, so many after the present one. */
function day(ahead: number): string {
  const { year, month } = plusMonths(monthAt(Date.now(), 'UTC'), ahead);
  return `${year}-${String(month).padStart(2, '0')}-01`;
}

const systems = `
  gl-009:
    profile: gl-009
    mode: apply
    cluster: production
    channel: ${channel}
    databases:
      main:
        connection: { env: SHOP_MAIN_URL }
        allow: [partitions]
`;

it('has the months of a table made by a plan that people approve', async () => {
  const bot = await story.begin({ systems });
  bot.cluster.control.seed([deployment('thermaliq', 3, 'gl-009-production')]);
  bot.cluster.control.settle();
  const { admin } = story.target;
  await admin.query(
    'create table energy_readings (id int, "timestamp" timestamptz not null) partition by range ("timestamp")',
  );
  // Nobody made any for two months.
  await admin.query(
    `create table energy_readings_p0 partition of energy_readings for values from ('${day(-3)}') to ('${day(-2)}')`,
  );
  await bot.say('/scale run gl-009 partitions reason="months ahead"', 'ann');
  const card = await bot.card('new partition');
  expect(words(card)).toContain('attach partition');
  await bot.click('approve', 'bob', card);
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        const { rowCount } = await admin.query(
          `select from pg_inherits where inhparent = 'energy_readings'::regclass`,
        );
        return rowCount;
      },
      { timeout: 60_000, interval: 300 },
    )
    .toBe(8);
  await admin.query(
    `insert into energy_readings select 1, '${day(-2)}'::timestamptz + n * interval '1 day' from generate_series(0, 180) as n`,
  );
  await bot.card('✅ Done');
});

/** The procedure that the docs show. */
async function shownDrop(): Promise<string> {
  const docs = await readFile(new URL('../../docs/databases.md', import.meta.url), 'utf8');
  return /```yaml\n(drop-old-months:[^`]*)```/.exec(docs)?.[1] ?? '';
}

const shop = `${shopAllowing('partitions, drops')}        restart: { approvers: [${people.eve}], window: { at: "02:00", for: 1h } }
`;

it('drops a month for good by the stricter rule and only while a fresh backup is measured', async () => {
  const bot = await story.begin({ systems: shop, procedures: await shownDrop() });
  const { admin } = story.target;
  const mark = `Headroom: partition "public"."old" of "public"."readings", ${day(-30)} to ${day(-29)}`;
  await admin.query(`create table readings (id int, at date not null) partition by range (at);
    create table old (like readings); insert into old values (1, '${day(-30)}'); analyze old;
    comment on table old is '${mark}'`);
  const isThere = async () =>
    (await admin.query(`select from pg_class where relname = 'old'`)).rowCount === 1;
  const savedHoursAgo = (hours: number) =>
    bot.prometheus.control.set(
      { name: 'backup_last_success_seconds' },
      Date.now() / 1000 - hours * 3600,
    );
  const ask = () => bot.say('/scale run shop drop-old-months reason="disk"', 'ann');
  const approvedByAll = async () => {
    const card = await bot.card('drop table public.old for good');
    for (const person of ['bob', 'oncall'] as const) {
      await bot.click('approve', person, card);
      expect(await isThere()).toBe(true);
    }
    await bot.told('oncall', 'nobody who answers for database main has approved yet');
    return card;
  };

  await ask();
  await bot.told('ann', 'without a fresh one no row is dropped');
  savedHoursAgo(100);
  await ask();
  await bot.told('ann', 'wanted at most 24');
  savedHoursAgo(2);
  await ask();
  const card = await approvedByAll();
  const text = words(card);
  for (const said of [
    'cannot be undone',
    'about 1 row,',
    'freed',
    `${day(-30)} to ${day(-29)}`,
    'the query gives 2',
    `<@${people.eve}>`,
  ]) {
    expect(text).toContain(said);
  }
  savedHoursAgo(30);
  await bot.click('approve', 'eve', card);
  await bot.reply(card, 'his plan was drawn: backup of database main');
  expect(await isThere()).toBe(true);

  savedHoursAgo(2);
  await ask();
  const again = await bot.until('another card', async () => {
    const newest = await bot.card('drop table public.old for good');
    return newest.ts === card.ts ? undefined : newest;
  });
  await approvedByAll();
  await bot.click('approve', 'eve', again);
  await expect
    .poll(
      async () => {
        await tickAll(bot);
        return isThere();
      },
      { timeout: 60_000, interval: 300 },
    )
    .toBe(false);
  await bot.card('✅ Done');
});
