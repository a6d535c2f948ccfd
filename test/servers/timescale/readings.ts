// A hypertable of readings on the stand-in, and what the real library would have made of the statements that only it reads.

import { expect } from 'vitest';
import { type SqlDeed, statementsOf } from '../../../src/database/sql-deed.ts';
import { write } from '../deeds.ts';
import type { Target } from '../target.ts';
import { inPlaceOfLibrary } from './in-place.ts';
import type { StandInVersion } from './stand-in.ts';

/** An aggregate of them, but for what it figures. */
export const hourly = {
  name: 'readings_hourly',
  bucketMinutes: 60,
  refreshEveryMinutes: 60,
  fromMinutesAgo: 180,
  toMinutesAgo: 60,
  groupBy: ['meter_id'],
};

/** The extension with five days of rows, one an hour and meter, in chunks of a day, up to the moment that is returned. `create` makes the extension. */
export async function makeReadings(
  target: Target,
  version: StandInVersion,
  create = `create extension timescaledb schema "Time Scale" version '${version}'`,
): Promise<Date> {
  const { rows } = await target.admin.query<{ now: Date }>('select now()');
  const now = rows[0]?.now ?? new Date();
  await target.admin.query('drop extension if exists timescaledb cascade');
  await target.admin.query(
    'drop schema if exists "Time Scale" cascade; create schema "Time Scale"',
  );
  await target.admin.query('drop table if exists readings, plain cascade');
  await target.admin.query(
    `${create};
     create table plain (id int);
     create table readings (meter_id int, "timestamp" timestamptz, pressure float8, energy numeric);
     create index on readings ("timestamp");
     insert into _stand_in.hypertable values ('public', 'readings', 'timestamp', 'timestamptz', '1 day')`,
  );
  await target.admin.query(
    `insert into readings select meter, at, 10 + meter, 1
       from generate_series(1, 3) as meter, generate_series($1::timestamptz - interval '5 days', $1, '1 hour') as at`,
    [now],
  );
  await target.admin.query(
    `insert into _stand_in.chunk select 'public', 'readings', 'chunk_' || day, $1::timestamptz - day * interval '1 day',
            $1::timestamptz - (day - 1) * interval '1 day' from generate_series(0, 5) as day`,
    [now],
  );
  return now;
}

/** All that the stand-in keeps, but the numbers of jobs. */
export async function keptByStandIn(target: Target): Promise<unknown> {
  const { rows } = await target.admin.query(
    `select (select jsonb_agg(h order by h) from _stand_in.hypertable h) as hypertables,
            (select jsonb_agg(to_jsonb(j) - 'id' order by proc, table_name) from _stand_in.job j) as jobs`,
  );
  return rows[0];
}

/** What only the real library reads is known to be well formed up to there: PostgreSQL names what it does not know. */
export async function writeInPlaceOfLibrary(target: Target, deed: SqlDeed): Promise<void> {
  const answer = await write(target, deed);
  expect(answer).toMatchObject({
    kind: 'refused',
    because: 'unrecognized parameter namespace "timescaledb"',
  });
  const [statement = ''] = statementsOf(deed);
  const call = inPlaceOfLibrary(statement);
  if (call === undefined) throw new Error('it can be written');
  await target.admin.query({ text: 'set search_path = pg_catalog' });
  await target.admin.query(call);
  await target.admin.query('reset search_path');
}
