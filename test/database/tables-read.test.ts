// Which tables a profile's SQL reads is found where it is certain, and left to a person where it is not.

import { expect, it } from 'vitest';
import { tablesRead } from '../../src/database/tables-read.ts';

it.each([
  ['select count(*) from sites', ['public.sites']],
  ['SELECT count(*) FROM Sites;', ['public.sites']],
  ['select count(*) from shop."Site s"', ['shop.Site s']],
  [
    'select sum(a.n) from a join only b using (id, x) left join c.d on a.id = d.id',
    ['public.a', 'public.b', 'c.d'],
  ],
  [
    'select 1 from a, lateral (select max(x), y from b where n < 3) m, c where x in (1, 2)',
    ['public.a', 'public.b', 'public.c'],
  ],
  ['select 1 from (a cross join b)', ['public.a', 'public.b']],
  ['select avg(n) from (select count(*) as n, day from t group by day, site) x', ['public.t']],
  ["select extract(epoch from at), trim(both ' ' from name) from t", ['public.t']],
  ['select count(*) from t where a is distinct from b and c is not distinct from d', ['public.t']],
  ['select 1 from a union all select x, y from b order by 1, 2', ['public.a', 'public.b']],
  [
    'select count(*) from a where exists (select from b where b.id = a.id)',
    ['public.a', 'public.b'],
  ],
  [
    'with s as (select * from sites), t (n) as not materialized (select 1 from s) select 1 from s, t',
    ['public.sites'],
  ],
  ['with sites as (select * from sites) select 1 from sites', ['public.sites']],
  ['with recursive t (n) as (values (1) union all select n + 1 from t) select max(n) from t', []],
  ['select count(*) from generate_series(1, 3)', []],
  ["select extract(epoch from (config->>'after')::interval) from timescaledb_information.jobs", []],
  ['select count(*) from pg_stat_activity, pg_catalog.pg_locks', []],
  ['select 1', []],
])('%s', (sql, tables) => {
  const found = tablesRead(sql, 'public');
  expect('because' in found ? found : found.map(({ schema, name }) => `${schema}.${name}`)).toEqual(
    tables,
  );
});

it.each([
  ['table sites', 'does not begin with SELECT'],
  ['select count(*) from all_sites()', 'reads from a function, all_sites'],
  ['select count(*) from sites -- of all', 'signs or comments'],
  ['select count(*) from sites where name ~ $$x$$', 'signs or comments'],
  ['select count(*) from a.b.c', 'has no name'],
  ["select count(*) from 'sites'", 'has no name'],
])('is not certain of %s', (sql, because) => {
  expect(tablesRead(sql, 'public')).toEqual({ because: expect.stringContaining(because) });
});
