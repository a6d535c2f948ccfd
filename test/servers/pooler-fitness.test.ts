// What a database shows of the use of sessions before a pooler takes them away: seen on a real server, by those who may see it.

import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type Fitness,
  fitnessQueries,
  poolerFitness,
  statementQueries,
} from '../../src/database/pooler-fitness.ts';
import type { Databases } from '../../src/ports.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
  await target.admin.query(`create role app login password 'app'; create role looker login password 'looker';
    grant execute on function pg_control_system() to looker; grant temporary on database shop to app`);
});
afterAll(() => target.close());

const clients: Client[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.end();
  // A session's temporary tables go a moment after its connection.
  await expect
    .poll(async () => {
      const { rows } = await target.admin.query(
        `select from pg_stat_activity where usename = 'app'`,
      );
      return rows.length;
    })
    .toBe(0);
});

async function session(application: string, ...statements: readonly string[]): Promise<Client> {
  const client = new Client({
    connectionString: target.urlAs('app', 'app'),
    application_name: application,
  });
  await client.connect();
  clients.push(client);
  for (const statement of statements) await client.query(statement);
  return client;
}

async function look(databases: Databases = target.databases): Promise<Fitness> {
  const first = await databases.read(target.ref, fitnessQueries);
  const more = statementQueries(first);
  const then = more.length === 0 ? [] : await databases.read(target.ref, more);
  return poolerFitness([...first, ...then]);
}

describe('before sessions are pooled', () => {
  it('nothing is found where nobody keeps anything, and what cannot be seen is said', async () => {
    await session('calm', `set application_name = 'calm'`, 'select 1');
    await session('local', 'begin', 'set local work_mem = 64', 'commit');
    await session('short', 'select pg_advisory_xact_lock(1)');
    const { found, unseen } = await look();
    expect(found).toEqual([]);
    expect(unseen.join()).toMatch(/pg_stat_statements is not there.*prepared statements/);
  });

  it.each([
    ['LISTEN', '/* web */ -- job\n listen news'],
    ['session advisory locks', 'select pg_advisory_lock(7)'],
    ['PREPARE in SQL', 'prepare q as select 1'],
    ['SET for a session', `set statement_timeout = '5s'`],
    ['SET for a session', `select set_config('work_mem', '8MB', false)`],
    ['temporary tables', 'create temp table t (a int)'],
    ['cursors WITH HOLD', 'declare c cursor with hold for select 1'],
  ])('%s is found in %s, with who uses it', async (what, statement) => {
    await session('worker', statement);
    const { found } = await look();
    expect(found.join()).toContain(`${what} (now by worker`);
  });

  it('a lock or a table that is still held is found whatever came after it', async () => {
    await session(
      'keeper',
      'select pg_advisory_lock(8)',
      'create temp table kept (a int)',
      'select 2',
    );
    const { found } = await look();
    expect(found).toEqual([
      'session advisory locks (now by keeper)',
      'temporary tables (1 there now)',
    ]);
  });

  it('a role that may not see others is not believed', async () => {
    await session('worker', 'listen news');
    const { databases } = target.way({ url: target.urlAs('looker', 'looker') });
    await expect(look(databases)).rejects.toThrow('is no member of pg_monitor');
  });
});

onEachVersion((version) => {
  // What npm ships has no extensions.
  it.skipIf(version === 18)(
    'what was used before is found where statements are counted',
    async () => {
      const counting = await startTarget({
        version,
        conf: { shared_preload_libraries: 'pg_stat_statements' },
      });
      try {
        await counting.admin.query(
          `create schema seen; create extension pg_stat_statements schema seen`,
        );
        await counting.admin.query('listen news');
        await counting.admin.query('unlisten news');
        const first = await counting.databases.read(counting.ref, fitnessQueries);
        const then = await counting.databases.read(counting.ref, statementQueries(first));
        const { found, unseen } = poolerFitness([...first, ...then]);
        expect(found.join()).toMatch(/LISTEN \(now by .*; 2 times since statements are counted\)/);
        expect(unseen).toHaveLength(1);
      } finally {
        await counting.close();
      }
    },
  );
});
