// An index of a real table while its standby is behind: people read whom it waits for, what stays when it gives up, and the next plan goes on with that.

import { Client } from 'pg';
import { expect, it } from 'vitest';
import { words } from '../bot.ts';
import { shopAllowing, withStories } from './story.ts';

const story = withStories({ standby: true, conf: { wal_receiver_status_interval: '1s' } });

const systems = shopAllowing('indexes');
const procedures = `
indexes:
  title: Indexes
  source: Database
  steps:
    - database:
        indexes: [{ name: by_at, table: readings, columns: [at], how: per-partition }]
`;

async function onStandby(statement: string): Promise<void> {
  const client = new Client({ connectionString: story.target.standby?.url('shop') });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

it('waits with its parts, gives up without undoing them, and is gone on with by the next plan', async () => {
  const { admin } = story.target;
  await admin.query(`
    create table readings (at int) partition by range (at);
    create table first partition of readings for values from (0) to (10);
    create table second partition of readings for values from (10) to (20);
    create index first_by_at on first (at)`);
  await story.target.standbyHasAll();
  const lag = { seconds: 1, patienceMs: 2_000, lookEveryMs: 200 };
  const bot = await story.begin({ systems, procedures, lag });
  const asked = async (other?: string) => {
    await bot.say('/scale run shop indexes reason="slow lists"', 'ann');
    const card = await bot.until('a card of its own', async () => {
      const newest = await bot.card('create index "by_at" on only');
      return newest.ts === other ? undefined : newest;
    });
    await bot.click('approve', 'bob', card);
    return card;
  };
  await onStandby('select pg_wal_replay_pause()');
  await admin.query('insert into readings values (1), (11)');
  const behind = () =>
    admin.query(`select from pg_stat_replication where replay_lag > interval '1 second'`);
  await expect.poll(async () => (await behind()).rowCount, { timeout: 15_000 }).toBe(1);

  const late = await asked();
  await bot.reply(late, '1 of 2 partitions have theirs; waits since');
  const ended = words(await bot.reply(late, '*🛑 Stopped*'));
  expect(ended).toMatch(/Standby one is \d+ s behind.*first_by_at stay/s);
  expect(ended).not.toContain('nothing was written');
  expect(ended).not.toContain('Headroom changed nothing');
  await bot.reply(late, '🛑 begun, and not carried out in full');

  await onStandby('select pg_wal_replay_resume()');
  await story.target.standbyHasAll();
  const card = await asked(late.ts);
  await bot.reply(card, '✅ Done');
  const { rows } = await admin.query(
    `select indexrelid::regclass::text as name, indisvalid as valid from pg_index
      where indrelid in (select relid from pg_partition_tree('readings')) order by 1`,
  );
  expect(rows).toEqual(
    ['by_at', 'first_by_at', 'second_by_at'].map((name) => ({ name, valid: true })),
  );
});
