import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createPool, withTransaction } from '../../src/adapters/postgres.ts';
import { withDatabase } from '../database.ts';

const database = withDatabase();
let pool: ReturnType<typeof createPool>;
const broken: Error[] = [];
beforeEach(async () => {
  pool = createPool(database.url, (error) => broken.push(error));
  await database.pool.query('create table thing (id int primary key)');
});
afterEach(async () => {
  await pool.end();
  await database.pool.query('drop table thing');
});

const count = async () => {
  const { rows } = await database.pool.query('select count(*)::int as n from thing');
  return rows[0].n;
};
const unavailable = { name: 'OperationError', code: 'unavailable', retryable: true };

async function killOthers(): Promise<void> {
  await database.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'headroom'`,
  );
}

describe('a transaction', () => {
  it('is kept when the work returns and gone when it throws, with the error itself', async () => {
    const work = withTransaction(pool, async (sql) => {
      await sql.run('insert into thing values (1)');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await count()).toBe(0);
    expect(await withTransaction(pool, (sql) => sql.run('insert into thing values (1), (2)'))).toBe(
      2,
    );
    expect(await count()).toBe(2);
  });

  it('leaves the connection clean after an error in a statement', async () => {
    await expect(
      withTransaction(pool, (sql) => sql.run('insert into thing values (1), (1)')),
    ).rejects.toMatchObject({ code: '23505' });
    await expect(withTransaction(pool, (sql) => sql.run('no sql at all'))).rejects.toThrow(
      'syntax',
    );
    expect(await withTransaction(pool, (sql) => sql.run('insert into thing values (1)'))).toBe(1);
    expect(pool.totalCount).toBe(1);
  });

  it('refuses a row that is not what the code expects', async () => {
    const row = z.object({ id: z.string() });
    await database.pool.query('insert into thing values (1)');
    await expect(
      withTransaction(pool, (sql) => sql.rows(row, 'select id from thing')),
    ).rejects.toThrow('expected string');
  });

  it('whose connection dies is trouble that passes, and the next one gets a fresh connection', async () => {
    for (const when of ['before', 'between', 'after'] as const) {
      const work = withTransaction(pool, async (sql) => {
        if (when === 'before') await killOthers();
        await sql.run('insert into thing values (1)');
        if (when === 'between') await killOthers();
        await sql.run('insert into thing values (2)');
        if (when === 'after') await killOthers();
      });
      await expect(work).rejects.toMatchObject(unavailable);
      expect(await count()).toBe(0);
    }
    expect(await withTransaction(pool, (sql) => sql.run('insert into thing values (1)'))).toBe(1);
  });

  it('an idle connection that dies ends nothing', async () => {
    await withTransaction(pool, (sql) => sql.run('insert into thing values (1)'));
    await killOthers();
    const deadline = Date.now() + 10_000;
    while (broken.length === 0) {
      expect(Date.now()).toBeLessThan(deadline);
      await database.pool.query('select 1');
    }
    expect(await withTransaction(pool, (sql) => sql.run('insert into thing values (2)'))).toBe(1);
  });

  it('that waits for a lock longer than it may is trouble that passes', async () => {
    await database.pool.query('insert into thing values (1)');
    const holder = new Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table thing');
    const work = withTransaction(pool, async (sql) => {
      await sql.run(`set local lock_timeout = '50ms'`);
      await sql.run('update thing set id = 2');
    });
    await expect(work).rejects.toMatchObject(unavailable);
    await holder.end();
  });

  it('where nobody listens is trouble that passes, without the password', async () => {
    const url = new URL(database.url);
    url.port = '1';
    const away = createPool(url.href, () => {});
    const error = await withTransaction(away, (sql) => sql.run('select 1')).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject(unavailable);
    expect(String(error)).toBe(
      'OperationError: connecting to the database: it is not available (ECONNREFUSED)',
    );
    await away.end();
  });
});
