// What the HTTP doors answer while the database is down, and after it is back.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../sandbox/postgres/server.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { migrationsDir } from '../../src/load-files.ts';
import { auditToken, type Doors, makeAlert, makeDelivery, openDoors, post } from './doors.ts';

let folder: string;
let server: PostgresServer;
let doors: Doors;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'headroom-away-'));
  server = await startPostgres({ directory: folder, fsync: false, endsWithParent: true });
  const pool = new Pool({ connectionString: server.url(), max: 1 });
  await migrate(pool, migrationsDir);
  await pool.end();
  doors = await openDoors(server.url());
});
afterAll(async () => {
  await doors.close();
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

it('alerts are refused with 503 while the database is away, and taken by the same process once it is back', async () => {
  const delivery = makeDelivery([makeAlert()]);
  expect((await post(doors.url, delivery)).status).toBe(200);
  expect((await fetch(`${doors.url}/readyz`)).status).toBe(200);

  await server.stop();
  // The pool's idle connection is dead as well; the first answer must already be the right one.
  for (let attempt = 0; attempt < 3; attempt++) {
    const refused = await post(doors.url, delivery);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toEqual({
      error: 'the alerts could not be stored; send them again',
    });
  }
  const malformed = await post(doors.url, '{}');
  expect(malformed.status).toBe(400);

  const ready = await fetch(`${doors.url}/readyz`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toBe('the database does not answer');
  expect((await fetch(`${doors.url}/healthz`)).status).toBe(200);

  const audit = await fetch(`${doors.url}/audit.jsonl`, {
    headers: { authorization: `Bearer ${auditToken}` },
  });
  expect(audit.status).toBe(503);

  const metrics = await fetch(`${doors.url}/metrics`);
  expect(metrics.status).toBe(200);
  const page = await metrics.text();
  expect(page).toContain('headroom_degraded{part="database"} 1');
  expect(page).toContain('headroom_alerts_total{result="fresh"} 1');
  expect(page).not.toMatch(/^headroom_(plans|messages_owed|audit_entries)\b.* \d/m);

  await server.restart();
  const after = await post(doors.url, delivery);
  expect(after.status).toBe(200);
  expect(await after.json()).toEqual({ stored: { fresh: 0, known: 1 } });
  expect((await fetch(`${doors.url}/readyz`)).status).toBe(200);
  expect(await (await fetch(`${doors.url}/metrics`)).text()).toContain(
    'headroom_degraded{part="database"} 0',
  );
  const password = new URL(server.url()).password;
  expect(password.length).toBeGreaterThan(8);
  expect(doors.logged.join('')).not.toContain(password);
});
