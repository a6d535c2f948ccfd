// An index of a real table from a slash command to its end: behind an old transaction, past its deadline, killed in the middle, and done.

import { expect, it } from 'vitest';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { auditToken, type Bot, channel, planOf, words } from '../bot.ts';
import { shopAllowing, withStories } from './story.ts';

const story = withStories({ conf: { max_prepared_transactions: '2' } });

const systems = shopAllowing('indexes');
const procedures = `
indexes:
  title: Indexes
  source: Database
  steps:
    - database:
        indexes: [{ name: by_facility, table: calculations, columns: [facility_id] }]
`;

const says = (text: string) => expect.stringContaining(text);

const replies = async (bot: Bot, card: Message) =>
  (await bot.control.messages(channel)).filter(
    ({ threadTs, ts }) => threadTs === card.ts && ts !== card.ts,
  );

const indexes = async () =>
  (
    await story.target.admin.query<{ valid: boolean }>(
      `select indisvalid as valid from pg_index where indexrelid = to_regclass('by_facility')`,
    )
  ).rows.map(({ valid }) => valid);

/** A write that somebody left open, which every build waits for; it is there also when its server was killed. */
const leaveOpen = `begin; insert into calculations values (0, 1); prepare transaction 'nightly import'`;
const endIt = `rollback prepared 'nightly import'`;

/** Five minutes are too long for a test: what is prepared is ten minutes older than it is. */
const older = `set allow_system_table_mods to on; alter view pg_catalog.pg_prepared_xacts rename to as_it_is;
  create view pg_catalog.pg_prepared_xacts as
    select transaction, gid, prepared - interval '10 minutes' as prepared, owner, database from pg_catalog.as_it_is`;
const asItIs = `drop view pg_catalog.pg_prepared_xacts; alter view pg_catalog.as_it_is rename to pg_prepared_xacts`;

async function asked(bot: Bot, before?: Message): Promise<Message> {
  await bot.say('/scale run shop indexes reason="slow lists"', 'ann');
  const card = await bot.until('a card of its own', async () => {
    const newest = await bot.card('create index concurrently "by_facility"');
    return newest.ts === before?.ts ? undefined : newest;
  });
  await bot.click('approve', 'bob', card);
  return card;
}

it('is refused behind an old transaction, ended at its deadline, and built once though its server is killed', async () => {
  const bot = await story.begin({ systems, procedures, buildMs: 5_000 });
  const { target } = story;
  await target.admin.query(
    'create table calculations (id int, facility_id int); insert into calculations select i, i from generate_series(1, 500) i',
  );
  await target.admin.query(leaveOpen);
  await target.admin.query(older);
  await bot.say('/scale run shop indexes reason="slow lists"', 'ann');
  const refused = words(await bot.told('ann', 'index by_facility'));
  expect(refused).toContain('headroom (prepared as nightly import) for 10 min');
  expect(refused).toContain('it can be done when they have ended');
  await target.admin.query(asItIs);

  const late = await asked(bot);
  const progress = await bot.reply(late, 'waiting for 1 older transaction');
  await expect.poll(indexes, { timeout: 30_000 }).toEqual([false]);
  await expect
    .poll(
      async () => (await target.admin.query(`select from pg_stat_progress_create_index`)).rowCount,
      { timeout: 30_000 },
    )
    .toBe(0);
  await target.admin.query(endIt);
  await bot.reply(late, '⛔ refused by the database');
  await bot.reply(
    late,
    '*🛑 Stopped*\nIt took longer than 5s and was ended; what it left is dropped',
  );
  expect(await indexes()).toEqual([]);
  // One message was edited all the time, the other says how it ended.
  expect((await replies(bot, late)).map(({ ts }) => ts)).toEqual([progress.ts, says('')]);

  await target.admin.query(leaveOpen);
  const card = await asked(bot, late);
  const first = await bot.reply(card, 'waiting for 1 older transaction');
  await target.killDatabase();
  await bot.reply(card, 't may have left index by_facility, which cannot be used');
  await target.restart();
  expect(await indexes()).toEqual([false]);
  const cleaning = await bot.reply(
    card,
    'left by a build or a drop that did not end; it is dropped first',
  );
  await target.admin.query(endIt);
  await bot.reply(card, '✅ Done');
  expect(await indexes()).toEqual([true]);
  // A message of progress for each of the two runs, edited all the time, and how it ended.
  expect((await replies(bot, card)).map(words)).toEqual([
    says('index by_facility'),
    says('✅ carried out and seen ready: database main: index by_facility on public.calculations'),
    says('✅ Done'),
  ]);
  expect((await replies(bot, card)).map(({ ts }) => ts).slice(0, 2)).toEqual([
    first.ts,
    cleaning.ts,
  ]);
  expect(await eventsOf(bot, card)).toEqual([
    'plan.proposed',
    'vote.approve',
    'plan.approved',
    'plan.applying',
    'change.writing',
    'change.unknown',
    'plan.unknown',
    'run.looked',
    'plan.applying',
    'change.writing',
    'change.written',
    'change.verified',
    'plan.applied',
  ]);

  await bot.say(`/scale revert ${planOf(card)} reason="never used"`, 'ann');
  const back = await bot.card('drop index concurrently "public"."by_facility"');
  for (const who of ['bob', 'oncall'] as const) await bot.click('approve', who, back);
  await bot.reply(back, '✅ Done');
  expect(await indexes()).toEqual([]);
});

/** What the trail says of a plan, as whoever holds the token gets it. */
async function eventsOf(bot: Bot, card: Message): Promise<readonly string[]> {
  const headers = { authorization: `Bearer ${auditToken}` };
  const trail = await (await fetch(`${bot.url}/audit.jsonl`, { headers })).text();
  const entries = trail
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly body: string });
  return entries
    .map(({ body }) => JSON.parse(body) as { readonly planId?: string; readonly event: string })
    .filter(({ planId }) => planId === planOf(card))
    .map(({ event }) => event);
}
