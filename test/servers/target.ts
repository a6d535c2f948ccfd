// A real server that plans may change, beside the one the tests keep their own state on, and the app's way to it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type PostgresServer, startPostgres } from '../../sandbox/postgres/server.ts';
import { createDatabases } from '../../src/adapters/databases.ts';
import type { DatabaseRef, SqlChange } from '../../src/change/change.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { undoOfDeed } from '../../src/database/sql-deed.ts';
import type { DatabasePlace, System } from '../../src/plan/system.ts';
import type { Databases } from '../../src/ports.ts';
import { Secret } from '../../src/secret.ts';
import { makeDatabasePlace, makeSystem } from '../make.ts';

export interface Target {
  readonly server: PostgresServer;
  /** As its superuser. */
  readonly admin: Client;
  readonly databases: Databases;
  readonly system: System;
  readonly ref: DatabaseRef;
  change(deed: SqlDeed): SqlChange;
  close(): Promise<void>;
}

export interface TargetOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly place?: Partial<DatabasePlace>;
}

/** Its database is `shop`; Headroom comes as the superuser unless `place.role` says otherwise. */
export async function startTarget({ settings, place }: TargetOptions = {}): Promise<Target> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-target-'));
  const server = await startPostgres({
    directory,
    fsync: false,
    endsWithParent: true,
    ...(settings && { settings }),
  });
  await asAdmin(server.url(), 'create database shop');
  const admin = new Client({ connectionString: server.url('shop') });
  // A server that is killed on purpose breaks this connection, too.
  admin.on('error', () => undefined);
  await admin.connect();
  const main = makeDatabasePlace({
    connection: { env: 'SHOP_URL' },
    allow: ['settings', 'restart', 'indexes', 'partitions', 'tables', 'timescale'],
    ...place,
  });
  const system = makeSystem({ databases: new Map([['main', main]]) });
  const databases = createDatabases({
    systems: new Map([[system.id, system]]),
    secretOf: async () => new Secret(server.url('shop')),
    ownServer: async () => 'another',
  });
  const { rows } = await admin.query<{ id: string }>(
    'select system_identifier::text as id from pg_control_system()',
  );
  const ref = { system: system.id, name: 'main', server: rows[0]?.id ?? '' };
  return {
    server,
    admin,
    databases,
    system,
    ref,
    change: (deed) => ({
      kind: 'sql',
      workload: { cluster: 'main', namespace: 'shop', kind: 'Deployment', name: 'worker' },
      database: ref,
      deed,
      floor: false,
      undo: undoOfDeed(deed).kind,
    }),
    async close() {
      await admin.end().catch(() => undefined);
      await server.remove();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function asAdmin(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
