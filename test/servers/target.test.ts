// What the tests on real servers stand on: two versions, a standby that streams, a server that comes back, and a load that feels locks.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { underLoad } from './load.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ version, standby: true, conf: { work_mem: '5MB' } });
    await target.admin.query('create table item (id int primary key, stock int not null)');
    await target.admin.query('insert into item select id, 0 from generate_series(1, 100) as id');
  });
  afterAll(() => target.close());

  it('is of the version that was asked for, with its settings in a file', async () => {
    const { rows } = await target.admin.query(
      `select current_setting('server_version_num')::int / 10000 as version, source from pg_settings where name = 'work_mem'`,
    );
    expect(rows).toEqual([{ version, source: 'configuration file' }]);
  });

  it('has a standby that streams and shows what its primary has', async () => {
    await target.standbyHasAll();
    const standby = new Client({ connectionString: target.standby?.url('shop') });
    await standby.connect();
    try {
      const query = 'select pg_is_in_recovery() as standby, count(*)::int as items from item';
      expect((await standby.query(query)).rows).toEqual([{ standby: true, items: 100 }]);
    } finally {
      await standby.end();
    }
    const { rows } = await target.admin.query(
      'select application_name as name, state from pg_stat_replication',
    );
    expect(rows).toEqual([{ name: 'one', state: 'streaming' }]);
  });

  it('tells how long an application waited for a lock', async () => {
    const felt = await underLoad(
      target,
      {
        statements: ['select count(*) from item', 'update item set stock = stock + 1 where id = 7'],
      },
      async () => {
        await target.admin.query('begin; lock table item in access exclusive mode');
        await target.admin.query('select pg_sleep(0.3); commit');
      },
    );
    expect(felt).toMatchObject({ failures: [] });
    expect(felt.statements).toBeGreaterThan(1);
    expect(felt.longestLockMs).toBeGreaterThan(0);
    expect(felt.longestMs).toBeGreaterThanOrEqual(felt.longestLockMs);
  });

  it('comes back after kill -9 with what was committed', async () => {
    await target.admin.query('update item set stock = 5 where id = 1');
    await target.killDatabase();
    await target.restart();
    const { rows } = await target.admin.query('select stock from item where id = 1');
    expect(rows).toEqual([{ stock: 5 }]);
  });
});
