// A real server that plans may change, beside the one the tests keep their own state on, and the app's way to it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from '../../sandbox/postgres/server.ts';
import { createDatabases, type DatabasesOptions } from '../../src/adapters/databases.ts';
import type { DatabaseRef, SqlChange } from '../../src/change/change.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { undoOfDeed } from '../../src/database/sql-deed.ts';
import type { DatabasePlace, System } from '../../src/plan/system.ts';
import type { Databases } from '../../src/ports.ts';
import { Secret } from '../../src/secret.ts';
import { makeDatabasePlace, makeSystem } from '../make.ts';
import { putDataDirectory } from './server-files.ts';
import { programsOf, type ServerVersion } from './versions.ts';

export interface TargetOptions {
  /** (Default: 18, which npm ships.) 15 is Debian's; see `onEachVersion`. */
  readonly version?: ServerVersion;
  /** Given on the command line, which wins over ALTER SYSTEM. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of postgresql.conf, on the standby too. */
  readonly conf?: Readonly<Record<string, string>>;
  readonly place?: Partial<DatabasePlace>;
  /** With a streaming standby, which is `standbys.one` of the place. */
  readonly standby?: boolean;
  /** Its system_identifier is its own; that of other targets of one version is the same. */
  readonly isUnrelated?: boolean;
}

/** How the app comes to it. */
export interface Way {
  readonly databases: Databases;
  readonly system: System;
}

export interface WayOptions {
  readonly place?: Partial<DatabasePlace>;
  /** The address of the primary. (Default: as the superuser.) */
  readonly url?: string;
  /** What Headroom keeps its own state on. (Default: another server.) */
  readonly ownServer?: string;
  /** When builds wait for standbys. (Default: as in the app) */
  readonly lag?: DatabasesOptions['lag'];
}

/** Its database is `shop`; Headroom comes as the superuser unless `place.role` or a way of its own says otherwise. */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const { version = 18, settings = {}, conf = {}, isUnrelated, standby } = options;
  const directory = await mkdtemp(join(tmpdir(), 'headroom-target-'));
  const bin = await programsOf(version);
  const start = async (name: string, files: Readonly<Record<string, string>>) => {
    const home = join(directory, name);
    await putDataDirectory({
      version,
      directory: home,
      files,
      ...(isUnrelated && { isUnrelated }),
    });
    return await startPostgres({
      directory: home,
      bin,
      fsync: false,
      endsWithParent: true,
      settings,
    });
  };
  const server = await start('primary', { 'postgresql.conf': linesOf(conf) });
  await asAdmin(server.url(), 'create database shop');
  const target = new Target(server, directory, options);
  if (standby) {
    await asAdmin(server.url(), `select pg_create_physical_replication_slot('one', true)`);
    // It begins from the same files as its primary did and streams all that came since: what a base backup comes to.
    const { hostname: host, port, username: user, password } = new URL(server.url());
    const from = `host=${host} port=${port} user=${user} password=${password} application_name=one`;
    const lines = { ...conf, primary_conninfo: from, primary_slot_name: 'one' };
    target.standby = await start('one', {
      'postgresql.conf': linesOf(lines),
      'standby.signal': '',
    });
  }
  await target.connect();
  await target.standbyHasAll();
  return target;
}

export class Target {
  readonly server: PostgresServer;
  /** Only with `standby: true`. */
  standby: PostgresServer | undefined;
  databases: Databases;
  system: System;
  ref: DatabaseRef;
  #admin: Client;
  readonly #directory: string;
  readonly #options: TargetOptions;

  constructor(server: PostgresServer, directory: string, options: TargetOptions) {
    this.server = server;
    this.#directory = directory;
    this.#options = options;
    this.#admin = adminOf(server.url('shop'));
    ({ databases: this.databases, system: this.system } = this.way());
    this.ref = { system: this.system.id, name: 'main', server: '' };
  }

  /** As its superuser, in `shop`; a new one after each restart. */
  get admin(): Client {
    return this.#admin;
  }

  /** Another way to it, such as with a role of its own. */
  way({ place, url, ownServer = 'another', lag }: WayOptions = {}): Way {
    const main = makeDatabasePlace({
      connection: { env: 'SHOP_URL' },
      allow: ['settings', 'indexes', 'partitions', 'tables', 'timescale'],
      ...(this.#options.standby && { standbys: new Map([['one', { env: 'ONE_URL' }]]) }),
      ...this.#options.place,
      ...place,
    });
    const system = makeSystem({ databases: new Map([['main', main]]) });
    const databases = createDatabases({
      systems: new Map([[system.id, system]]),
      secretOf: async ({ env }) =>
        new Secret(
          env === 'ONE_URL' ? (this.standby?.url('shop') ?? '') : (url ?? this.server.url('shop')),
        ),
      ownServer: async () => ownServer,
      ...(lag && { lag }),
    });
    return { databases, system };
  }

  /** The address of `shop` for a role with this password. */
  urlAs(role: string, password: string): string {
    const url = new URL(this.server.url('shop'));
    url.username = encodeURIComponent(role);
    url.password = encodeURIComponent(password);
    return url.href;
  }

  change(deed: SqlDeed, standby?: string): SqlChange {
    return {
      kind: 'sql',
      workload: { cluster: 'main', namespace: 'shop', kind: 'Deployment', name: 'worker' },
      database: { ...this.ref, ...(standby !== undefined && { standby }) },
      deed,
      floor: false,
      undo: undoOfDeed(deed).kind,
    };
  }

  /** As a power cut would; `restart` brings it back. */
  async killDatabase(): Promise<void> {
    await this.server.kill9();
  }

  /** Starts it, whether it runs or not, on the same port. */
  async restart(): Promise<void> {
    await this.#admin.end().catch(() => undefined);
    await this.server.restart();
    await this.connect();
  }

  /** Also tells which server it is. */
  async connect(): Promise<void> {
    this.#admin = adminOf(this.server.url('shop'));
    await this.#admin.connect();
    const { rows } = await this.#admin.query<{ id: string }>(
      'select system_identifier::text as id from pg_control_system()',
    );
    this.ref = { ...this.ref, server: rows[0]?.id ?? '' };
  }

  /** Resolves when the standby shows all that its primary has; at once when there is none. */
  async standbyHasAll(): Promise<void> {
    if (this.standby === undefined) return;
    const { rows } = await this.#admin.query<{ at: string }>('select pg_current_wal_lsn() as at');
    const deadline = Date.now() + 30_000;
    for (;;) {
      const seen = await this.#admin.query(
        `select from pg_stat_replication where replay_lsn >= $1`,
        [rows[0]?.at],
      );
      if (seen.rowCount === 1) return;
      if (Date.now() > deadline) throw new Error('the standby does not catch up');
      await sleep(20);
    }
  }

  async close(): Promise<void> {
    await this.#admin.end().catch(() => undefined);
    await this.standby?.remove();
    await this.server.remove();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

function linesOf(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}

function adminOf(connectionString: string): Client {
  const admin = new Client({ connectionString });
  // A server that is killed on purpose breaks this connection, too.
  admin.on('error', () => undefined);
  return admin;
}

async function asAdmin(connectionString: string, statement: string): Promise<void> {
  const client = adminOf(connectionString);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
