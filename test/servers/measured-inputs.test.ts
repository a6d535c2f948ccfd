// Inputs of a profile measured by its own SQL on a real PostgreSQL: one number is taken, and nothing can be changed so.

import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  inputQueries,
  inputValue,
  schemaQuery,
  whyNotMeasured,
} from '../../src/database/measured-input.ts';
import { OperationError } from '../../src/errors.ts';
import { measureInputs } from '../../src/workflow/measure-inputs.ts';
import { now } from '../make.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
  await target.admin.query('create table public.sites as select generate_series(1, 120) as id');
  await target.admin.query('create table public.traps (id int)');
});
afterAll(() => target.close());

/** The number, or why there is none. */
async function measured(sql: string, schema = 'public'): Promise<number | string> {
  try {
    const known = inputValue(await target.databases.read(target.ref, inputQueries(sql, schema)));
    return known.kind === 'value' ? known.value : known.because;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return error.message;
  }
}

it.each([
  ['select count(*) from sites', 120],
  ['select count(*) from sites; ', 120],
  ['select avg(id) from sites -- of all', 60.5],
  ['with all_sites as (select * from public.sites) select count(*) from all_sites', 120],
  ["select extract(epoch from interval '90 days') / 86400", 90],
  ['select id from sites where id > 1000', 'its SQL gives no row'],
  ['select id from sites', 'its SQL gives several rows'],
  ['select 1 as one, 2 as two', 'its SQL gives 2 columns in place of one'],
  ['select max(id) from traps', 'its SQL gives nothing (null)'],
  ["select 'many'", 'its SQL gives something that is no number'],
  ["select 'NaN'::numeric", 'its SQL gives something that is no number'],
])('%s', async (sql, found) => {
  expect(await measured(sql)).toBe(found);
});

it.each([
  ['select count(*) from meters', '"meters" does not exist'],
  ['delete from sites returning 1', 'syntax error'],
  ['with gone as (delete from sites returning 1) select count(*) from gone', 'must be at the top'],
  ['select 1) as m; delete from sites; select (1', 'cannot insert multiple commands'],
  ['select 1) as m where $1; commit; delete from sites; --', 'syntax error'],
  ["select nextval('numbers')", 'read-only transaction'],
])('changes nothing by %s', async (sql, because) => {
  await target.admin.query('create sequence if not exists public.numbers');
  expect(await measured(sql)).toContain(because);
  const { rows } = await target.admin.query('select count(*)::int as count from public.sites');
  expect(rows).toEqual([{ count: 120 }]);
});

it('a plan takes what its tables hold, and says what they do not', async () => {
  await target.admin.query('insert into public.traps select generate_series(1, 9000)');
  const found = await measureInputs(target.system, new Map(), {
    databases: target.databases,
    clock: { now: () => now, sleep: async () => undefined },
    metricsOf: undefined as never,
    counters: undefined as never,
  });
  expect([...found.given]).toEqual([
    ['sites', '120'],
    ['traps', '9000'],
  ]);
  expect(found.notes).toEqual([
    'sites=120 was read in database main',
    'traps=9000 was read in database main',
    expect.stringContaining('relation "trap_inspections" does not exist), so its default counts'),
  ]);
});

it('looks for bare names in its schema alone, whatever the database has set, and where nobody can come in between', async () => {
  await target.admin.query(`create schema "odd, Schema"; create table "odd, Schema".sites (id int);
    alter database shop set search_path = "odd, Schema"`);
  expect(await measured('select count(*) from sites')).toBe(120);
  expect(await measured('select count(*) from sites', 'odd, Schema')).toBe(0);
  await target.admin.query(
    `create function public.now() returns timestamptz language sql as 'select null::timestamptz'`,
  );
  expect(await measured('select count(*) from sites where now() is not null')).toBe(120);

  const whyNot = async (schema: string) =>
    whyNotMeasured(schema, await target.databases.read(target.ref, [schemaQuery(schema)]));
  expect(await whyNot('public')).toBeUndefined();
  expect(await whyNot('none')).toContain('there is no schema none');
  await target.admin.query('grant create on schema public to public');
  expect(await whyNot('public')).toContain('revoke create on schema public from public');
});
