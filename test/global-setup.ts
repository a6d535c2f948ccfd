// Starts one real PostgreSQL for a whole vitest run and prepares a migrated template that every test database is copied from.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client, Pool } from 'pg';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, removePostgres, startPostgres } from '../sandbox/postgres/server.ts';
import { migrate } from '../src/adapters/migrate.ts';

/** What a test needs to make databases of its own. */
export interface TestServer {
  /** Address of the maintenance database, with the rights to create others. */
  readonly url: string;
  /** The migrated database to copy. */
  readonly template: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    readonly testServer: TestServer;
  }
}

const template = 'headroom_template';
const folderPrefix = 'headroom-test-';
const migrations = resolve(import.meta.dirname, '../migrations');
let running: PostgresServer | undefined;

/** Vitest calls this once before the first test file. */
export async function setup(project: TestProject): Promise<void> {
  await removeAbandoned();
  // Once, before anything runs it: a test that rebuilt it would pull it from under another one.
  await promisify(execFile)(process.execPath, [resolve(import.meta.dirname, '../build.mjs')], {
    cwd: resolve(import.meta.dirname, '..'),
  });
  project.provide('testServer', await startTestServer());
}

/** Vitest calls this once after the last test file, also when tests failed. */
export async function teardown(): Promise<void> {
  if (running === undefined) return;
  const left = await listTestDatabases(running);
  await stopTestServer();
  if (left.length > 0) {
    console.error(`Tests left databases behind (call drop()): ${left.join(', ')}`);
    process.exitCode = 1;
  }
}

/** Starts the server and its template outside vitest too, for programs such as the simulation. */
export async function startTestServer(): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), `${folderPrefix}${process.pid}-`));
  const server = await startPostgres({
    directory: folder,
    fsync: false,
    settings: { max_connections: '200', shared_buffers: '64MB' },
    // Even kill -9 of the test run leaves no server.
    endsWithParent: true,
  }).catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true });
    throw error;
  });
  running = server;
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await admin.end();
  const pool = new Pool({ connectionString: server.url(template), max: 1 });
  await migrate(pool, migrations);
  await pool.end();
  return { url: server.url(), template };
}

/** Stops what `startTestServer` started and deletes its files. */
export async function stopTestServer(): Promise<void> {
  const started = running;
  running = undefined;
  await started?.remove();
}

async function listTestDatabases(server: PostgresServer): Promise<readonly string[]> {
  const admin = new Client({ connectionString: server.url() });
  try {
    await admin.connect();
    const { rows } = await admin.query<{ datname: string }>(
      `select datname from pg_database where datname like 'test\\_%' order by 1`,
    );
    return rows.map(({ datname }) => datname);
  } finally {
    await admin.end();
  }
}

/** A killed run's server ends by itself, but its files stay; their folder carries the number of the process that made it. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(
      name.startsWith(folderPrefix) && name.slice(folderPrefix.length).split('-')[0],
    );
    if (pid > 0 && !isRunning(pid)) {
      const folder = join(tmpdir(), name);
      await removePostgres(folder)
        .catch(() => rm(folder, { recursive: true, force: true }))
        // Another user's remains are that user's to remove.
        .catch(() => undefined);
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
