import { afterEach, describe, expect, it } from 'vitest';
import { migrate } from '../../src/adapters/migrate.ts';
import { migrationsDir } from '../../src/load-files.ts';
import { createDatabase, type TestDatabase } from '../database.ts';
import { type Doors, openDoors } from './doors.ts';

let database: TestDatabase;
let doors: Doors;
afterEach(async () => {
  await doors.close();
  await database.drop();
});

async function ask(path: string): Promise<string> {
  const answer = await fetch(`${doors.url}${path}`);
  return `${answer.status} ${await answer.text()}`;
}

describe('readyz', () => {
  it('names the migrations that are missing, and is ready once they are applied', async () => {
    database = await createDatabase({ empty: true });
    doors = await openDoors(database.url);
    expect(await ask('/readyz')).toBe(
      '503 migrations are pending: 0001_foundation.sql, 0002_take_back.sql, 0003_lease.sql, 0004_gates.sql, 0005_schedules.sql, bullmq',
    );
    expect(await ask('/healthz')).toBe('200 ok');
    await migrate(database.pool, migrationsDir);
    expect(await ask('/readyz')).toBe('200 ready');
  });

  it('other paths and methods are answered 404 without a word about the inside', async () => {
    database = await createDatabase();
    doors = await openDoors(database.url);
    for (const path of [
      '/',
      '/alertmanager',
      '/audit.jsonl/',
      '/metrics/..%2f..%2fetc',
      '/slack/events',
    ]) {
      expect(await ask(path)).toBe('404 404 Not Found');
    }
  });
});
