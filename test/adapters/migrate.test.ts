import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MigrationError, migrate, pendingMigrations } from '../../src/adapters/migrate.ts';
import { createDatabase, type TestDatabase } from '../database.ts';

let database: TestDatabase;
let directory: string;

beforeEach(async () => {
  database = await createDatabase({ empty: true });
  directory = await mkdtemp(join(tmpdir(), 'migrations-'));
  await write('0001_first.sql', 'create table first (id int); insert into first values (1);');
  await write('0002_second.sql', 'alter table first add column name text;');
});

afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

describe('migrate', () => {
  it('applies the files in order, then the queue, and a second time nothing', async () => {
    expect(await pendingMigrations(database.pool, directory)).toEqual([
      '0001_first.sql',
      '0002_second.sql',
      'bullmq',
    ]);
    expect(await migrate(database.pool, directory)).toEqual(['0001_first.sql', '0002_second.sql']);
    expect(await pendingMigrations(database.pool, directory)).toEqual([]);
    expect(await migrate(database.pool, directory)).toEqual([]);
    expect((await database.pool.query('select * from first')).rows).toEqual([
      { id: 1, name: null },
    ]);
    expect(await tableExists('bullmq.job')).toBe(true);
  });

  it('applies each file once when twenty processes migrate at the same time', async () => {
    const pools = Array.from(
      { length: 20 },
      () => new Pool({ connectionString: database.url, max: 1 }),
    );
    const applied = await Promise.all(pools.map((pool) => migrate(pool, directory)));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(applied.flat().toSorted()).toEqual(['0001_first.sql', '0002_second.sql']);
    expect((await database.pool.query('select count(*)::int as n from first')).rows).toEqual([
      { n: 1 },
    ]);
  });

  it('applies only the new file when one is added later', async () => {
    await migrate(database.pool, directory);
    await write('0003_third.sql', 'create table third ();');
    expect(await pendingMigrations(database.pool, directory)).toEqual(['0003_third.sql']);
    expect(await migrate(database.pool, directory)).toEqual(['0003_third.sql']);
  });

  it('works with a directory that holds no migration', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'migrations-'));
    expect(await migrate(database.pool, empty)).toEqual([]);
    expect(await pendingMigrations(database.pool, empty)).toEqual([]);
    await rm(empty, { recursive: true });
  });

  it('applies the migrations of this repository to an empty database', async () => {
    const ours = resolve(import.meta.dirname, '../../migrations');
    const applied = await migrate(database.pool, ours);
    expect(applied).toEqual(applied.toSorted());
    expect(await pendingMigrations(database.pool, ours)).toEqual([]);
  });
});

describe('migrate refuses', () => {
  it('a file that was changed after it was applied, and names it', async () => {
    await migrate(database.pool, directory);
    await write('0001_first.sql', 'create table first (id bigint);');
    await expect(migrate(database.pool, directory)).rejects.toThrow(
      'Migration 0001_first.sql: was changed after it was applied to this database. Restore it and put the change in a new file.',
    );
  });

  it('an applied file that is gone', async () => {
    await migrate(database.pool, directory);
    await rm(join(directory, '0001_first.sql'));
    await expect(migrate(database.pool, directory)).rejects.toThrow(
      'Migration 0001_first.sql: was applied to this database but its file is gone.',
    );
  });

  it('a new file numbered below an applied one', async () => {
    await write('0004_fourth.sql', 'select 1');
    await migrate(database.pool, directory);
    await write('0003_late.sql', 'select 1');
    await expect(migrate(database.pool, directory)).rejects.toThrow(
      'Migration 0003_late.sql: is new but 0004_fourth.sql is already applied.',
    );
  });

  it('two files with one number, and a name without one', async () => {
    await write('0002_twin.sql', 'select 1');
    await expect(migrate(database.pool, directory)).rejects.toThrow(
      'Migration 0002_twin.sql: has the same number as 0002_second.sql.',
    );
    await rm(join(directory, '0002_twin.sql'));
    await write('later.sql', 'select 1');
    await expect(migrate(database.pool, directory)).rejects.toThrow('is not named NNNN_name.sql');
  });

  it('a file that fails, keeps the files before it and undoes all of that one', async () => {
    await write('0003_broken.sql', 'create table third ();\n\nalter table nowhere add x int;');
    const failure = await migrate(database.pool, directory).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationError);
    expect(failure).toHaveProperty('file', '0003_broken.sql');
    expect(String(failure)).toContain('relation "nowhere" does not exist');
    expect(await tableExists('third')).toBe(false);
    expect(await pendingMigrations(database.pool, directory)).toEqual([
      '0003_broken.sql',
      'bullmq',
    ]);

    await write('0003_broken.sql', 'select 1\n  frm first;');
    await expect(migrate(database.pool, directory)).rejects.toThrow('line 2');

    await write('0003_broken.sql', 'create table third ();');
    expect(await migrate(database.pool, directory)).toEqual(['0003_broken.sql']);
  });
});

describe('an older version of the program', () => {
  it('accepts a database that a newer one migrated further', async () => {
    await write('0003_third.sql', 'create table third ();');
    await migrate(database.pool, directory);
    await rm(join(directory, '0003_third.sql'));
    expect(await migrate(database.pool, directory)).toEqual([]);
    expect(await pendingMigrations(database.pool, directory)).toEqual([]);
  });
});

async function write(name: string, sql: string): Promise<void> {
  await writeFile(join(directory, name), sql);
}

async function tableExists(name: string): Promise<boolean> {
  const { rows } = await database.pool.query('select to_regclass($1) is not null as found', [name]);
  return rows[0].found;
}
