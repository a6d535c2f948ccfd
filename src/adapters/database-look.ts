// Asks the database what the doctor wants to know: version, rights, clock, size, and whether the audit trail is guarded.

import { z } from 'zod';
import { pendingMigrations } from './migrate.ts';
import { createPool, type Sql, withTransaction } from './postgres.ts';

/** What a database says of itself. */
export interface DatabaseSeen {
  /** Such as `18.1`. */
  readonly version: string;
  readonly name: string;
  readonly user: string;
  /** Tables are made in this schema; undefined: there is none the user may use. */
  readonly schema: string | undefined;
  readonly mayMakeTables: boolean;
  /** The queue has a schema of its own. */
  readonly mayMakeSchemas: boolean;
  readonly isReadOnly: boolean;
  /** The database's clock minus ours. */
  readonly aheadMs: number;
  readonly bytes: number;
  /** The triggers that keep the audit trail as it is, and whether each is on; undefined without the table. */
  readonly guards: readonly { readonly name: string; readonly isOn: boolean }[] | undefined;
  /** Migrations that this version has and the database has not. */
  readonly pending: readonly string[];
  /** Runs that wait for a worker; undefined before the queue has tables. */
  readonly waiting: number | undefined;
}

const seen = z.object({
  version: z.string(),
  name: z.string(),
  user: z.string(),
  schema: z.string().nullable(),
  may_make_tables: z.boolean().nullable(),
  may_make_schemas: z.boolean(),
  is_read_only: z.boolean(),
  at: z.date(),
  bytes: z.coerce.number(),
  has_audit: z.boolean(),
});
const guard = z.object({ name: z.string(), is_on: z.boolean() });

/**
 * @param now the time here, for the difference of the clocks.
 * @throws OperationError when the database is away.
 */
export async function lookAtDatabase(
  connectionString: string,
  migrations: string,
  now: () => Date,
): Promise<DatabaseSeen> {
  const pool = createPool(connectionString, () => {});
  try {
    const facts = await withTransaction(pool, (sql) => ask(sql, now));
    const pending = await pendingMigrations(pool, migrations);
    return { ...facts, pending };
  } finally {
    await pool.end();
  }
}

async function ask(sql: Sql, now: () => Date): Promise<Omit<DatabaseSeen, 'pending'>> {
  const before = now().getTime();
  const [row] = await sql.rows(
    seen,
    `select current_setting('server_version') as version, current_database() as name, current_user as user,
            current_schema() as schema, has_schema_privilege(current_schema(), 'create') as may_make_tables,
            has_database_privilege(current_database(), 'create') as may_make_schemas,
            current_setting('transaction_read_only') = 'on' as is_read_only, clock_timestamp() as at,
            pg_database_size(current_database()) as bytes, to_regclass('audit_entry') is not null as has_audit`,
  );
  if (row === undefined) throw new Error('a select without a table has one row');
  const between = (before + now().getTime()) / 2;
  const guards = await sql.rows(
    guard,
    `select tgname as name, tgenabled in ('O', 'A') as is_on from pg_trigger
      where tgrelid = to_regclass('audit_entry') and not tgisinternal and tgname in ('audit_no_change', 'audit_no_truncate')
      order by tgname`,
  );
  return {
    version: row.version.split(' ')[0] ?? '',
    name: row.name,
    user: row.user,
    schema: row.schema ?? undefined,
    mayMakeTables: row.may_make_tables === true,
    mayMakeSchemas: row.may_make_schemas,
    isReadOnly: row.is_read_only,
    aheadMs: row.at.getTime() - between,
    bytes: row.bytes,
    guards: row.has_audit ? guards.map(({ name, is_on: isOn }) => ({ name, isOn })) : undefined,
    waiting: await waitingRuns(sql),
  };
}

async function waitingRuns(sql: Sql): Promise<number | undefined> {
  const [table] = await sql.rows(
    z.object({ found: z.boolean() }),
    `select to_regclass('run') is not null as found`,
  );
  if (table?.found !== true) return undefined;
  const [row] = await sql.rows(
    z.object({ count: z.coerce.number() }),
    `select count(*) as count from run where state = 'queued'`,
  );
  return row?.count;
}
