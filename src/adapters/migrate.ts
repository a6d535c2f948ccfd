// Brings a database up to date from plain SQL files and BullMQ's own migrations; safe when many processes start at once.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSchemaCompatibility, LATEST_SCHEMA_VERSION, runMigrations } from 'bullmq';
import type { Pool, PoolClient } from 'pg';
import { databaseTrouble } from './postgres.ts';

/** The schema BullMQ keeps its tables in. */
export const queueSchema = 'bullmq';

/** A migration cannot be applied as things are; `message` names the file and what to do. */
export class MigrationError extends Error {
  readonly file: string;

  constructor(file: string, problem: string, options?: { readonly cause?: unknown }) {
    super(`Migration ${file}: ${problem}`, options);
    this.name = 'MigrationError';
    this.file = file;
  }
}

interface MigrationFile {
  readonly name: string;
  readonly sql: string;
  readonly sha256: string;
}

/** Any constant does, as long as no other program on the server uses it: "HEAD" in ASCII. */
const advisoryLockKey = 0x48454144;
const fileName = /^\d{4}_[a-z0-9_]+\.sql$/;

/**
 * Applies every new `NNNN_name.sql` of the directory in order, each in one transaction, then BullMQ's own migrations.
 * Returns the names of the files it applied. Concurrent calls wait for each other. Throws MigrationError when an applied file
 * was changed or removed, or when a file fails; the files before it stay applied.
 */
export async function migrate(pool: Pool, directory: string): Promise<readonly string[]> {
  const files = await readMigrations(directory);
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseTrouble('connecting to the database', error);
  });
  let broken: Error | undefined;
  // A lost connection is reported by the query that meets it; without a listener it would end the process.
  const remember = (error: Error) => {
    broken = error;
  };
  client.on('error', remember);
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLockKey]);
    try {
      const applied = await applyFiles(client, files);
      await runMigrations(client, queueSchema);
      return applied;
    } finally {
      // The lock belongs to the session: a connection that fails to release it must not return to the pool.
      await client.query('select pg_advisory_unlock($1)', [advisoryLockKey]).catch(remember);
    }
  } finally {
    client.off('error', remember);
    client.release(broken);
  }
}

/**
 * The migrations this version of the program has and the database has not, BullMQ's as `bullmq`; empty means ready.
 * Changes nothing. Throws when the database is away or was migrated by a newer, incompatible BullMQ.
 */
export async function pendingMigrations(pool: Pool, directory: string): Promise<readonly string[]> {
  const files = await readMigrations(directory);
  const exists = await pool.query<{ found: boolean }>(
    `select to_regclass('headroom_migration') is not null as found`,
  );
  const applied = exists.rows[0]?.found === true ? await readApplied(pool) : new Map();
  const pending = files.map(({ name }) => name).filter((name) => !applied.has(name));
  return (await queueIsReady(pool)) ? pending : [...pending, queueSchema];
}

async function queueIsReady(pool: Pool): Promise<boolean> {
  try {
    return (await assertSchemaCompatibility(pool, queueSchema)) >= LATEST_SCHEMA_VERSION;
  } catch (error) {
    if (error instanceof Error && error.name === 'SchemaMigrationRequiredError') return false;
    throw error;
  }
}

async function readMigrations(directory: string): Promise<readonly MigrationFile[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).toSorted();
  const files = await Promise.all(
    names.map(async (name) => {
      if (!fileName.test(name)) {
        throw new MigrationError(name, 'is not named NNNN_name.sql. Rename it.');
      }
      const sql = await readFile(join(directory, name), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    }),
  );
  for (const [index, { name }] of files.entries()) {
    const next = files[index + 1]?.name;
    if (next !== undefined && next.slice(0, 4) === name.slice(0, 4)) {
      throw new MigrationError(
        next,
        `has the same number as ${name}. Give it the next free number.`,
      );
    }
  }
  return files;
}

async function applyFiles(
  client: PoolClient,
  files: readonly MigrationFile[],
): Promise<readonly string[]> {
  await client.query(
    `create table if not exists headroom_migration (
       name text primary key,
       sha256 text not null,
       applied_at timestamptz not null default now()
     )`,
  );
  const applied = await readApplied(client);
  assertHistoryMatches(files, applied);
  const added: string[] = [];
  for (const file of files) {
    if (applied.has(file.name)) continue;
    await applyFile(client, file);
    added.push(file.name);
  }
  return added;
}

async function readApplied(connection: Pool | PoolClient): Promise<Map<string, string>> {
  const { rows } = await connection.query<{ name: string; sha256: string }>(
    'select name, sha256 from headroom_migration order by name',
  );
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]));
}

/** What ran must still be what the files say. Files above our highest number are a newer version's and are left alone. */
function assertHistoryMatches(
  files: readonly MigrationFile[],
  applied: ReadonlyMap<string, string>,
): void {
  const known = new Map(files.map((file) => [file.name, file]));
  const highestApplied = [...applied.keys()].at(-1) ?? '';
  const highestKnown = files.at(-1)?.name ?? '';
  for (const [name, sha256] of applied) {
    const file = known.get(name);
    if (file === undefined && name < highestKnown) {
      throw new MigrationError(
        name,
        'was applied to this database but its file is gone. Restore the file.',
      );
    }
    if (file !== undefined && file.sha256 !== sha256) {
      throw new MigrationError(
        name,
        'was changed after it was applied to this database. Restore it and put the change in a new file.',
      );
    }
  }
  const late = files.find(({ name }) => !applied.has(name) && name < highestApplied);
  if (late !== undefined) {
    throw new MigrationError(
      late.name,
      `is new but ${highestApplied} is already applied. Give it a number above that.`,
    );
  }
}

async function applyFile(client: PoolClient, { name, sql, sha256 }: MigrationFile): Promise<void> {
  try {
    await client.query('begin');
    await client.query(sql);
    await client.query('insert into headroom_migration (name, sha256) values ($1, $2)', [
      name,
      sha256,
    ]);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => undefined);
    throw new MigrationError(
      name,
      `failed and was rolled back (${describeFailure(cause, sql)}). Correct the file or the database and migrate again.`,
      { cause },
    );
  }
}

/** The server's message with the line it points at, which it gives as a character position. */
function describeFailure(error: unknown, sql: string): string {
  if (!(error instanceof Error)) return String(error);
  const position = 'position' in error ? Number(error.position) : Number.NaN;
  if (!Number.isInteger(position)) return error.message;
  const line = sql.slice(0, position - 1).split('\n').length;
  return `${error.message}, line ${line}`;
}
