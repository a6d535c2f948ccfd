// Builds of indexes that are cut off on real servers: by the end of the server, of Headroom, of a deadline, or by a person.

import type { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { followBuild } from '../../src/adapters/database-build.ts';
import { type SqlDeed, statementsOf } from '../../src/database/sql-deed.ts';
import type { PlannedIndex } from '../../src/sizing/planned-step.ts';
import { another, catalogue, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());
beforeEach(async () => {
  await target.admin.query('drop schema public cascade; create schema public');
  await target.admin.query(`
    create table calculations (id int primary key, facility_id int not null);
    insert into calculations select i, i % 50 from generate_series(1, 2000) i;
    create table readings (facility_id int not null, at int not null) partition by range (at);
    create table readings_1 partition of readings for values from (0) to (1000);
    create table readings_2 partition of readings for values from (1000) to (2000);
    insert into readings select i % 50, i from generate_series(1, 1999) i`);
});

const onTable: PlannedIndex = {
  name: 'idx_calculations_facility',
  table: 'calculations',
  columns: ['facility_id'],
  how: 'concurrently',
};
const onParts: PlannedIndex = {
  ...onTable,
  name: 'idx_readings',
  table: 'readings',
  how: 'per-partition',
};

async function drawOne(planned: PlannedIndex): Promise<SqlDeed> {
  const [deed] = deedsOf(await draw(target, { deed: 'indexes', indexes: [planned] }));
  if (deed === undefined) throw new Error('nothing is to be built');
  return deed;
}

/** Someone's open write, which a build waits for without an end. */
async function holding(table: string): Promise<Client> {
  const holder = await another(target);
  await holder.query(`begin; update ${table} set facility_id = 7 where facility_id = 7`);
  return holder;
}

async function invalid(): Promise<readonly string[]> {
  const { rows } = await target.admin.query<{ name: string }>(
    'select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1',
  );
  return rows.map(({ name }) => name);
}

const atWork = async () =>
  (
    await target.admin.query(
      `select from pg_stat_progress_create_index where phase like 'waiting for%'`,
    )
  ).rowCount;

async function untilItWaits(): Promise<void> {
  await expect.poll(atWork, { timeout: 10_000 }).toBe(1);
}

it('a server that dies in the middle leaves nothing for good', async () => {
  const before = await catalogue(target);
  const deed = await drawOne(onTable);
  await holding('calculations');
  const writing = write(target, deed);
  await untilItWaits();
  await target.killDatabase();
  expect(await writing).toEqual({
    kind: 'unknown',
    because: expect.stringMatching(
      /connection broke .*may have left index idx_calculations_facility.*finds and drops/,
    ),
  });
  await target.restart();
  expect(await invalid()).toEqual(['idx_calculations_facility']);
  expect(await standing(target, deed)).toMatchObject({
    kind: 'unchanged',
    begun: expect.stringMatching(/dropped first/),
  });
  expect(await write(target, deed)).toEqual({ kind: 'written' });
  expect(await standing(target, deed)).toEqual({ kind: 'reached' });
  expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
  expect(await catalogue(target)).toEqual(before);
});

it('a Headroom that is stopped ends its build, says what is left, and the next goes on', async () => {
  const deed = await drawOne(onTable);
  const holder = await holding('calculations');
  const shutdown = new AbortController();
  const told: string[] = [];
  const writing = target.databases.write(
    { how: 'sql', database: target.ref, deed },
    { dryRun: false, signal: shutdown.signal, onProgress: async (words) => void told.push(words) },
  );
  await expect
    .poll(() => told, { timeout: 10_000 })
    .toContainEqual(
      expect.stringMatching(
        /waiting for 1 older transaction, now that of headroom \(no application name, pid \d+\)$/,
      ),
    );
  shutdown.abort();
  expect(await writing).toEqual({
    kind: 'unknown',
    because: expect.stringMatching(/Headroom was stopped.*cannot be used.*dropped first/),
  });
  expect(await atWork()).toBe(0);
  await holder.end();
  expect(await write(target, deed)).toEqual({ kind: 'written' });
  expect(await invalid()).toEqual([]);
});

it('a build of a Headroom that died is waited for, not dropped', async () => {
  const deed = await drawOne(onTable);
  const holder = await holding('calculations');
  const dead = await another(target);
  const [statement = ''] = statementsOf(deed);
  const lost = dead.query(statement).catch((error: unknown) => error);
  await untilItWaits();
  // Its connection is cut without a word, as kill -9 does; the server goes on.
  dead.connection.stream.destroy();
  expect(await lost).toBeInstanceOf(Error);
  expect(await standing(target, deed)).toMatchObject({
    kind: 'under-way',
    progress: expect.stringMatching(/waiting for/),
  });
  const told: string[] = [];
  const writing = target.databases.write(
    { how: 'sql', database: target.ref, deed },
    { dryRun: false, onProgress: async (words) => void told.push(words) },
  );
  await expect.poll(() => told.length, { timeout: 10_000 }).toBeGreaterThan(0);
  await holder.query('commit');
  await holder.end();
  expect(await writing).toEqual({ kind: 'written' });
  expect(await standing(target, deed)).toEqual({ kind: 'reached' });
});

it('a build that a person ends is refused, and what it left is dropped', async () => {
  for (const [planned, table] of [
    [onTable, 'calculations'],
    [onParts, 'readings_1'],
  ] as const) {
    const deed = await drawOne(planned);
    const holder = await holding(table);
    const writing = write(target, deed);
    await untilItWaits();
    // What is left can only be dropped when nobody is waited for any more.
    await target.admin.query(`select pg_cancel_backend(pid) from pg_stat_progress_create_index`);
    await holder.end();
    expect(await writing).toEqual({
      kind: 'refused',
      because: 'somebody ended it on the server; what it left is dropped',
    });
    expect(await invalid()).toEqual([]);
  }
});

it('where nobody can look after a build that failed, the words say what may be left', async () => {
  const deed = await drawOne(onTable);
  const holder = await holding('calculations');
  const writing = write(target, deed);
  await untilItWaits();
  const { admin } = target;
  await admin.query(`set allow_system_table_mods to on;
    alter view pg_catalog.pg_prepared_xacts rename to not_known`);
  await admin.query('select pg_cancel_backend(pid) from pg_stat_progress_create_index');
  expect(await writing).toEqual({
    kind: 'refused',
    because:
      'somebody ended it on the server; nobody could look after it; it may have left index idx_calculations_facility, which cannot be used, which Headroom finds and drops at the next attempt or plan',
  });
  await admin.query('alter view pg_catalog.not_known rename to pg_prepared_xacts');
  await holder.end();
  expect(await invalid()).toEqual(['idx_calculations_facility']);
  expect(await write(target, deed)).toEqual({ kind: 'written' });
  expect(await invalid()).toEqual([]);
});

it('a build is not ended by a deadline that the database has for transactions', async () => {
  await target.admin.query(`alter database shop set transaction_timeout = '300ms'`);
  const deed = await drawOne(onTable);
  const holder = await another(target);
  await holder.query('set transaction_timeout = 0');
  await holder.query('begin; update calculations set facility_id = 7 where facility_id = 7');
  const answer = write(target, deed);
  await untilItWaits();
  await holder.query('select pg_sleep(0.5)');
  await holder.query('commit');
  await holder.end();
  expect(await answer).toEqual({ kind: 'written' });
  expect(await standing(target, deed)).toEqual({ kind: 'reached' });
  await target.admin.query('alter database shop reset transaction_timeout');
});

it('a statement is ended at its deadline', async () => {
  const client = await another(target);
  try {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const building = {
      pid: rows[0]?.pid ?? 0,
      connectionString: target.server.url('shop'),
      giveUp: () => undefined,
    };
    const cut = await followBuild(building, client.query('select pg_sleep(600)'), {
      deadlineMs: 100,
    });
    expect(cut).toMatchObject({ by: 'deadline' });
    expect(await followBuild(building, client.query('select 1'), { deadlineMs: 60_000 })).toBe(
      undefined,
    );
    const failed = client.query('select nothing');
    await expect(followBuild(building, failed, { deadlineMs: 60_000 })).rejects.toThrow(/nothing/);
  } finally {
    await client.end();
  }
});
