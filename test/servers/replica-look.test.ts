// What a real primary tells before it gets another replica: its size and its standbys, to those who may see them.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
  target = await startTarget({ standby: true });
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

it('is what decides whether a pod may go: not while commits wait for it', async () => {
  const standby = new Client({ connectionString: target.standby?.url('shop') });
  await standby.connect();
  try {
    const { rows } = await standby.query<{ from: string }>(
      `select current_setting('primary_conninfo') as from`,
    );
    const from = rows[0]?.from.replace('application_name=one', 'application_name=postgres-2');
    await standby.query(`alter system set primary_conninfo = '${from}'`);
    await standby.query('select pg_reload_conf()');
  } finally {
    await standby.end();
  }
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
  await poll().toBe(
    'ok: StatefulSet postgres: postgres-2 may go: commits wait for others, or for none',
  );
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
