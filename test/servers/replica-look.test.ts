// What a real primary tells before it gets another replica: its size and its standbys; and that builds wait for those.

import { Client, type QueryResultRow } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabasesOptions } from '../../src/adapters/databases.ts';
import type { IndexDeed } from '../../src/database/index-definition.ts';
import {
  backupWords,
  replicaFacts,
  replicaQueries,
  replicationNow,
  standbyWords,
} from '../../src/database/replica-look.ts';
import { replicaChecks } from '../../src/workflow/check-replicas.ts';
import { makeClusterState, makeScaleChange, makeWorkload, makeWorkloadState } from '../make.ts';
import { startTarget, type Target } from './target.ts';

const restart = {
  approvers: [],
  window: { at: '02:00', minutes: 60, timezone: 'UTC', days: [] },
};

let target: Target;
beforeAll(async () => {
  target = await startTarget({
    standby: true,
    conf: { wal_receiver_status_interval: '1s' },
  });
  for (const statement of [
    'create database closed',
    'revoke connect on database closed from public',
  ]) {
    await target.admin.query(statement);
  }
});
afterAll(() => target.close());

it('is all databases together, with the standbys that stream', async () => {
  const facts = replicaFacts(await target.databases.read(target.ref, replicaQueries));
  const { rows } = await target.admin.query<{ bytes: number }>(
    'select sum(pg_database_size(oid))::float8 as bytes from pg_database',
  );
  expect(facts).toMatchObject({ standbys: [{ name: 'one', state: 'streaming' }] });
  expect(Math.abs(facts.bytes - (rows[0]?.bytes ?? 0))).toBeLessThan(1_000_000);
  expect(backupWords(facts)).toMatch(
    /^A base backup of 0\.\d GB takes less than a minute at 100 MB\/s/,
  );
  expect(standbyWords(facts)).toMatch(/^Standbys now: one \(streaming, async, /);
});

async function onStandby<T extends QueryResultRow>(statement: string): Promise<readonly T[]> {
  const client = new Client({ connectionString: target.standby?.url('shop') });
  await client.connect();
  try {
    return (await client.query<T>(statement)).rows;
  } finally {
    await client.end();
  }
}

describe('a build, while a standby is behind,', () => {
  const limits = { seconds: 1, lookEveryMs: 50 };
  const readings = { schema: 'public', name: 'readings' };
  const deed: IndexDeed = {
    deed: 'index',
    goal: 'there',
    name: 'idx',
    table: readings,
    columns: [{ name: 'at' }],
    how: 'per-partition',
    parts: [
      { schema: 'public', name: 'first' },
      { schema: 'public', name: 'second' },
    ],
  };
  const told: string[] = [];
  const build = (lag: DatabasesOptions['lag'], signal = new AbortController().signal) => {
    const onProgress = async (words: string) => void told.push(words);
    const write = { how: 'sql', database: target.ref, deed } as const;
    return target.way({ lag }).databases.write(write, { dryRun: false, onProgress, signal });
  };
  const indexes = async () => {
    const { rows } = await target.admin.query<{ name: string }>(
      `select indexrelid::regclass::text as name from pg_index join pg_class on pg_class.oid = indrelid
        where relnamespace = 'public'::regnamespace order by 1`,
    );
    return rows.map(({ name }) => name);
  };

  beforeEach(async () => {
    told.length = 0;
    await target.admin.query(`
      drop table if exists readings;
      create table readings (at int) partition by range (at);
      create table first partition of readings for values from (0) to (10);
      create table second partition of readings for values from (10) to (20)`);
    await target.standbyHasAll();
    await onStandby('select pg_wal_replay_pause()');
    await target.admin.query('insert into readings values (1), (11)');
    const behind = async () => {
      const { standbys } = replicaFacts(await target.databases.read(target.ref, replicaQueries));
      return standbys[0]?.lagSeconds ?? 0;
    };
    await expect.poll(behind, { timeout: 15_000 }).toBeGreaterThan(limits.seconds);
  });
  afterEach(async () => {
    await onStandby('select pg_wal_replay_resume()');
  });

  it('is not begun and says whom it waits for, and is done when the standby has caught up', async () => {
    const built = build(limits);
    await expect
      .poll(() => told, { timeout: 15_000 })
      .toContainEqual(
        expect.stringMatching(/; waits since \d\d:\d\d UTC .*: standby one is [1-9]\d* s behind/),
      );
    expect(await indexes()).toEqual(['idx']);
    await onStandby('select pg_wal_replay_resume()');
    expect(await built).toEqual({ kind: 'written' });
    expect(await indexes()).toEqual(['first_idx', 'idx', 'second_idx']);
  });

  it('is given up after a while: what is done of it stays, what is of no use goes', async () => {
    await target.admin.query('create index idx on only readings (at)');
    await target.admin.query('create index first_idx on first (at)');
    expect(await build({ ...limits, patienceMs: 200 })).toEqual({
      kind: 'refused',
      partly: true,
      because: expect.stringMatching(
        /^standby one is \d+ s behind.*nothing more was begun.*draw the plan anew.*what it left is dropped; first_idx stay/,
      ),
    });
    expect(told[0]).toMatch(/^index idx: 1 of 2 partitions have theirs; waits since/);
    expect(await indexes()).toEqual(['first_idx']);
  });

  it('ends at once when Headroom stops, and what it began is for the next process', async () => {
    const stop = new AbortController();
    const built = build({ seconds: 1 }, stop.signal);
    await expect.poll(() => told.length, { timeout: 15_000 }).toBeGreaterThan(0);
    stop.abort();
    expect(await built).toMatchObject({ kind: 'unknown' });
    expect(await indexes()).toEqual(['idx']);
  });
});

it('is what decides whether a pod may go: not while commits wait for it', async () => {
  const rows = await onStandby<{ from: string }>(
    `select current_setting('primary_conninfo') as from`,
  );
  const from = rows[0]?.from.replace('application_name=one', 'application_name=postgres-2');
  await onStandby(`alter system set primary_conninfo = '${from}'`);
  await onStandby('select pg_reload_conf()');
  const way = target.way({ place: { restart: { ...restart, statefulSet: 'postgres' } } });
  const workload = makeWorkload({ kind: 'StatefulSet', name: 'postgres' });
  const fewer = async (databases = way.databases) => {
    const change = makeScaleChange({
      workload,
      before: { replicas: 3 },
      after: { replicas: 2 },
      floor: false,
    });
    const state = makeClusterState({ workload: makeWorkloadState({ replicas: 3 }) });
    const changes = [{ workload, changes: [change], state }];
    const [found] = await replicaChecks(way.system, changes, { databases });
    return `${found?.result}: ${found?.text}`;
  };
  const waitFor = async (names: string) => {
    await target.admin.query(`alter system set synchronous_standby_names = '${names}'`);
    await target.admin.query('select pg_reload_conf()');
  };
  const poll = () => expect.poll(fewer, { timeout: 15_000 });
  await poll().toMatch(/^refused: .* lose postgres-2, and no standby that streams would stay/);
  await waitFor('"postgres-2"');
  await poll().toMatch(/^refused: .* pod postgres-2, the synchronous standby/);
  await waitFor('ANY 1 ("postgres-2", other)');
  await poll().toMatch(/^refused: .* lose postgres-2, and of the 1 .* wait for 0 would stay/);
  const answers = await target.databases.read(target.ref, replicationNow.queries);
  expect(replicationNow.read(answers)).toMatchObject({
    needed: 1,
    standbys: [{ name: 'postgres-2', sync: 'quorum' }],
  });
  await waitFor('');
  const url = target.urlAs('nobody', 'known');
  expect(await fewer(target.way({ url }).databases)).toMatch(/^unknown: .*postgres-2 will go/);
});
