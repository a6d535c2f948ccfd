// The keys of shards as a real server has them: counted or summed, with names that would be SQL if they were not quoted.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shardKeyQuery, shardKeysIn } from '../../src/database/shard-keys.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());

async function keysOf(...asked: Parameters<typeof shardKeyQuery>) {
  return shardKeysIn(await target.databases.read(target.ref, [shardKeyQuery(...asked)]));
}

describe('keys of shards', () => {
  it('are counted by row or summed by a column, as texts, without those that are null', async () => {
    await target.admin.query(
      `create schema "odd""; drop"; create table "odd""; drop"."f. 1" ("key" int, "w""x" numeric);
       insert into "odd""; drop"."f. 1" values (7, 2.5), (7, 1), (12, null), (null, 9)`,
    );
    const table = { schema: 'odd"; drop', name: 'f. 1' };
    expect(await keysOf({ table, column: 'key' })).toEqual(
      new Map([
        ['12', 1],
        ['7', 2],
      ]),
    );
    expect(await keysOf({ table, column: 'key', load: 'w"x' })).toEqual(
      new Map([
        ['12', 0],
        ['7', 3.5],
      ]),
    );
  });

  it('are refused below zero, where there are too many, and where the table is not there', async () => {
    const table = { schema: 'public', name: 'many' };
    await expect(keysOf({ table, column: 'id' })).rejects.toThrow(/"public.many" does not exist/);
    await target.admin.query(
      'create table many as select n as id, -n as load from generate_series(1, 6000) n',
    );
    expect(await keysOf({ table, column: 'id' })).toMatchObject({
      because: expect.stringContaining('more than 5000'),
    });
    await target.admin.query('delete from many where id > 10');
    expect(await keysOf({ table, column: 'id', load: 'load' })).toMatchObject({
      because: 'the load of key "1" is no number from 0 up',
    });
  });
});
