// A primary and its streaming standby, as a gate and people see them: who is which, how far behind, and what a plain role may see of it.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { factOf, questionsOfFact, type SqlFact } from '../../src/database/fact-reads.ts';
import { replayNow, standbysNow } from '../../src/database/health.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ version, standby: true });
    await target.admin.query('create table public.sale (id int)');
  });
  afterAll(() => target.close());

  async function measure(fact: SqlFact, standby?: string) {
    const address = { ...target.ref, ...(standby !== undefined && { standby }) };
    return factOf(fact, await target.databases.read(address, questionsOfFact(fact)));
  }

  async function onStandby(statement: string): Promise<void> {
    const client = new Client({ connectionString: target.standby?.url('shop') });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  it('only one of them has the role of the primary, and one streams', async () => {
    expect(await measure('database-is-primary')).toBe(1);
    expect(await measure('database-is-primary', 'one')).toBe(0);
    expect(await measure('streaming-replicas')).toBe(1);
    expect(await measure('streaming-replicas', 'one')).toBe(0);
  });

  it('a standby that does not replay falls behind, and catches up', async () => {
    await onStandby('select pg_wal_replay_pause()');
    await target.admin.query('insert into public.sale select generate_series(1, 2000)');
    const behind = async () => {
      const [rows = []] = await target.databases.read(target.ref, [standbysNow.query]);
      return standbysNow.read(rows)[0];
    };
    await expect
      .poll(async () => (await behind())?.lagBytes, { timeout: 15_000 })
      .toBeGreaterThan(0);
    expect(await behind()).toMatchObject({ state: 'streaming', sync: 'async' });
    const own = async () => {
      const address = { ...target.ref, standby: 'one' };
      const [rows = []] = await target.databases.read(address, [replayNow.query]);
      return replayNow.read(rows);
    };
    await expect.poll(async () => (await own())?.lagBytes, { timeout: 15_000 }).toBeGreaterThan(0);
    await onStandby('select pg_wal_replay_resume()');
    await target.standbyHasAll();
    expect(await own()).toEqual({ isReceiving: true, lagSeconds: 0, lagBytes: 0 });
    await expect
      .poll(() => measure('replication-lag-seconds'), { timeout: 15_000 })
      .toBeLessThan(10);
  });

  it('a role without pg_monitor is told so, in place of a number', async () => {
    await target.admin.query('create role watcher');
    await target.admin.query('set session authorization watcher');
    try {
      for (const fact of ['streaming-replicas', 'replication-lag-seconds'] as const) {
        const answers = [];
        for (const { text } of questionsOfFact(fact)) {
          answers.push((await target.admin.query<Record<string, unknown>>(text)).rows);
        }
        expect(factOf(fact, answers), fact).toMatchObject({
          because: expect.stringContaining('grant it pg_monitor'),
        });
      }
    } finally {
      await target.admin.query('reset session authorization');
    }
  });

  it('a standby that is gone streams no more, and its lag is not known', async () => {
    await target.standby?.stop();
    await expect.poll(() => measure('streaming-replicas'), { timeout: 15_000 }).toBe(0);
    expect(await measure('replication-lag-seconds')).toMatchObject({
      because: 'no standby receives anything from this server',
    });
  });
});
