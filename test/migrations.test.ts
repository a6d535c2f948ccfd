// The schema the migrations make, kept as a file so that every change of it is seen, and with data in every table.

import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Pool } from 'pg';
import { describe, expect, it } from 'vitest';
import { migrate } from '../src/adapters/migrate.ts';
import { migrationsDir } from '../src/load-files.ts';
import { createDatabase, withDatabase } from './database.ts';

const golden = resolve(import.meta.dirname, 'golden/schema.sql');

describe('the schema', () => {
  const database = withDatabase({ empty: true });

  it('is what test/golden/schema.sql says; UPDATE_GOLDEN=1 writes it anew', async () => {
    await migrate(database.pool, migrationsDir);
    const now = await describeSchema(database.pool);
    if (process.env['UPDATE_GOLDEN'] === '1') await writeFile(golden, now);
    expect(now).toBe(await readFile(golden, 'utf8'));
  });

  it('stays as it is when everything is migrated again', async () => {
    const before = await describeSchema(database.pool);
    expect(await migrate(database.pool, migrationsDir)).toEqual([]);
    expect(await describeSchema(database.pool)).toBe(before);
  });
});

describe('sample data', () => {
  it('fits into every table, and what is linked stays linked', async () => {
    const database = await createDatabase();
    const { pool } = database;
    await pool.query(sample);
    const { rows } = await pool.query<{ name: string }>(
      `select table_name as name from information_schema.tables
        where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`,
    );
    for (const { name } of rows) {
      const found = await pool.query(`select 1 from ${name} limit 1`);
      expect([name, found.rows.length]).toEqual([name, 1]);
    }
    await expect(pool.query(`delete from plan where id = 'p-sample01'`)).rejects.toThrow(
      'foreign key',
    );
    await expect(pool.query(`update alert set status = 'pending'`)).rejects.toThrow(
      'check constraint',
    );
    await expect(pool.query(`update vote set kind = 'maybe'`)).rejects.toThrow('check constraint');
    // 0005_schedules.sql: one plan for each time. 0002_take_back.sql and 0004_gates.sql widen what a step of a run can be, and only that far.
    await expect(pool.query(`update run_change set state = 'odd'`)).rejects.toThrow(
      'check constraint',
    );
    await expect(pool.query(`update run set state = 'odd'`)).rejects.toThrow('check constraint');
    // 0003_lease.sql adds what is lent, and what a run is for.
    await expect(pool.query(`update lease set state = 'odd'`)).rejects.toThrow('check constraint');
    await expect(pool.query(`update run set purpose = 'odd'`)).rejects.toThrow('check constraint');
    await database.drop();
  });
});

/** One row for every table, as the program writes it. */
const sample = `
  insert into alert (fingerprint, starts_at, status, labels, annotations, received_at, last_seen_at)
    values ('c0ffee', '2026-11-22T03:02:11.123456789Z', 'firing', '{"alertname": "A"}', '{}', now(), now());
  insert into command (id, dedupe_key, name, words, user_id, channel_id, response_url, received_at)
    values ('c-sample01', 'trigger', '/capacity', 'help', 'U0ANN', 'C0ONE', 'https://example.com/x', now());
  insert into plan (id, body, hash, system, target, state, state_at, created_at, expires_at)
    values ('p-sample01', '{}', 'hash', 'gl-008', 'main/ns/Deployment/worker', 'proposed', now(), now(), now());
  insert into plan_target values ('p-sample01', 'main/ns/Deployment/worker');
  insert into vote values ('p-sample01', 'hash', 'U0ANN', 'approve', null, now());
  insert into run (plan_id, number, state, queued_at) values ('p-sample01', 1, 'queued', now());
  insert into run_change values ('p-sample01', 1, 0, 'writing', null, now());
  insert into run_change values ('p-sample01', 1, 1, 'reverted', null, now());
  insert into run_change values ('p-sample01', 1, 2, 'holding', null, now(), now());
  insert into tick values ('p-sample01', 2, 'U0ANN', now());
  insert into scheduled values ('gl-008', 'night', now(), 'p-sample01', null);
  insert into run (plan_id, number, state, queued_at, purpose) values ('p-sample01', 2, 'queued', now(), 'give-back');
  insert into lease (plan_id, target, system, state, state_at, lent_at, due_at)
    values ('p-sample01', 'main/ns/Deployment/worker', 'gl-008', 'lent', now(), now(), now());
  insert into target_lock values ('main/ns/Deployment/worker', 'p-sample01', now());
  insert into stop values ('*', 'U0ANN', null, now());
  insert into message (key, plan_id, channel) values ('card:p-sample01', 'p-sample01', 'C0ONE');
  insert into slack_channel values ('C0ONE', '-infinity', null);
  insert into audit_entry values (1, '{}', repeat('0', 64), 'hash');
`;

/** Tables, their columns, constraints, indexes, functions and triggers, from the catalogue, in a fixed order. */
async function describeSchema(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ line: string }>(`
    with tables as (
      select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = 'public' and c.relkind = 'r')
    select line from (
      select 1 as part, t.relname as a, lpad(a.attnum::text, 4, '0') as b,
             format('table %s: %s %s%s%s%s', t.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                    case when a.attnotnull then ' not null' else '' end,
                    case a.attidentity when 'a' then ' generated always as identity' else '' end,
                    coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')) as line
        from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
      union all
      select 2, t.relname, c.conname, format('constraint %s on %s: %s', c.conname, t.relname, pg_get_constraintdef(c.oid))
        from tables t join pg_constraint c on c.conrelid = t.oid where c.contype <> 'n'
      union all
      select 3, t.relname, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
        from tables t join pg_index i on i.indrelid = t.oid
      union all
      select 4, p.proname, '', pg_get_functiondef(p.oid)
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'
      union all
      select 5, t.relname, g.tgname, pg_get_triggerdef(g.oid)
        from tables t join pg_trigger g on g.tgrelid = t.oid where not g.tgisinternal
    ) as lines order by part, a collate "C", b collate "C"`);
  const header =
    '-- What the migrations make, from the catalogue. Written by UPDATE_GOLDEN=1 npx vitest run test/migrations.test.ts';
  return `${[header, ...rows.map(({ line }) => line.trimEnd())].join('\n')}\n`;
}
