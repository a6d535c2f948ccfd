import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createDatabase, withDatabase } from './database.ts';

describe('a test database', () => {
  it('is migrated and separate from every other', async () => {
    const [one, two] = await Promise.all([createDatabase(), createDatabase()]);
    await one.pool.query('create table only_here ()');
    const found = `select to_regclass('only_here') is not null as here, to_regclass('bullmq.job') is not null as queue`;
    expect((await one.pool.query(found)).rows).toEqual([{ here: true, queue: true }]);
    expect((await two.pool.query(found)).rows).toEqual([{ here: false, queue: true }]);
    await Promise.all([one.drop(), two.drop()]);
  });

  it('fails the test that takes a client and does not release it', async () => {
    const database = await createDatabase();
    const client = await database.pool.connect();
    client.on('error', () => undefined);
    await expect(database.drop()).rejects.toThrow('1 client(s) of the test');
    client.release(true);
  });

  it('fails the test that leaves another connection open, and says what it last did', async () => {
    const database = await createDatabase({ empty: true });
    const forgotten = new Client({ connectionString: database.url, application_name: 'worker' });
    forgotten.on('error', () => undefined);
    await forgotten.connect();
    await forgotten.query('select 42');
    await expect(database.drop()).rejects.toThrow('worker idle last query: select 42');
    await forgotten.end();
  });
});

describe('a database for a whole file', () => {
  const database = withDatabase();

  it('is there while tests run', async () => {
    expect((await database.pool.query('select current_database() as name')).rows).toEqual([
      { name: database.name },
    ]);
  });
});
