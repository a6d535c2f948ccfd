import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from '../../sandbox/postgres/server.ts';
import { createLog } from '../../src/adapters/log.ts';
import { migrate } from '../../src/adapters/migrate.ts';
import { createQueue, type RunningQueue } from '../../src/adapters/queue.ts';
import { migrationsDir } from '../../src/load-files.ts';
import type { RunId } from '../../src/ports.ts';
import { createDatabase, type TestDatabase } from '../database.ts';

const log = createLog('silent', () => {});
let database: TestDatabase;
let queue: RunningQueue | undefined;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await queue?.close();
  queue = undefined;
  await database.drop();
});

/** Collects deliveries; each waits until the gate opens. */
function collector() {
  const events = new EventEmitter();
  const runs: RunId[] = [];
  let isOpen = true;
  return {
    runs,
    shut: () => {
      isOpen = false;
    },
    open: () => {
      isOpen = true;
      events.emit('open');
    },
    onRun: async (run: RunId) => {
      runs.push(run);
      events.emit('run');
      if (!isOpen) await once(events, 'open');
    },
    async reached(count: number) {
      while (runs.length < count)
        await once(events, 'run', { signal: AbortSignal.timeout(20_000) });
    },
  };
}

async function empty(): Promise<void> {
  const deadline = Date.now() + 20_000;
  while ((await queue?.depth()) !== 0) expect(Date.now()).toBeLessThan(deadline);
}

describe('the queue', () => {
  it('delivers each run, once, however often it is added while it waits', async () => {
    const seen = collector();
    seen.shut();
    queue = await createQueue({ databaseUrl: database.url, onRun: seen.onRun, log });
    const running = queue;
    await Promise.all(
      Array.from({ length: 20 }, () => running.add({ planId: 'p-one', number: 1 })),
    );
    await queue.add({ planId: 'p-two', number: 1 });
    await queue.add({ planId: 'p-one', number: 2 });
    await seen.reached(3);
    expect(await queue.depth()).toBe(3);
    seen.open();
    await empty();
    expect(seen.runs.map(({ planId, number }) => `${planId} ${number}`).toSorted()).toEqual([
      'p-one 1',
      'p-one 2',
      'p-two 1',
    ]);
  });

  it('delivers a run again that had to wait, under the same id', async () => {
    const seen = collector();
    queue = await createQueue({ databaseUrl: database.url, onRun: seen.onRun, log });
    await queue.add({ planId: 'p-one', number: 1 });
    await seen.reached(1);
    await empty();
    await queue.add({ planId: 'p-one', number: 1 });
    await seen.reached(2);
  });

  it('a run that fails is not tried again by the queue', async () => {
    const seen = collector();
    queue = await createQueue({
      databaseUrl: database.url,
      onRun: async (run) => {
        await seen.onRun(run);
        throw new Error('it failed \u0000 in an odd way');
      },
      log,
    });
    await queue.add({ planId: 'p-one', number: 1 });
    await seen.reached(1);
    await queue.add({ planId: 'p-two', number: 1 });
    await seen.reached(2);
    expect(seen.runs.map(({ planId }) => planId)).toEqual(['p-one', 'p-two']);
  });

  it('closes only when the deliveries at work have ended, and a later process gets what waited', async () => {
    const seen = collector();
    seen.shut();
    queue = await createQueue({ databaseUrl: database.url, onRun: seen.onRun, log });
    await queue.add({ planId: 'p-one', number: 1 });
    await seen.reached(1);
    let isClosed = false;
    const closing = queue.close().finally(() => {
      isClosed = true;
    });
    await database.pool.query('select 1');
    expect(isClosed).toBe(false);
    seen.open();
    await closing;
    queue = undefined;
  });
});

describe('with the database away', () => {
  it('it does not start, and says so at once', async () => {
    const url = new URL(database.url);
    url.port = '1';
    await expect(
      createQueue({ databaseUrl: url.href, onRun: async () => {}, log }),
    ).rejects.toThrow(/ECONNREFUSED/);
  }, 10_000);

  it('adding is trouble that passes, and deliveries go on when it is back', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headroom-queue-'));
    const server = await startPostgres({ directory, fsync: false, endsWithParent: true });
    const pool = new Pool({ connectionString: server.url(), max: 1 });
    await migrate(pool, migrationsDir);
    await pool.end();
    const seen = collector();
    const running = await createQueue({ databaseUrl: server.url(), onRun: seen.onRun, log });
    await server.stop();
    await expect(running.add({ planId: 'p-one', number: 1 })).rejects.toMatchObject({
      name: 'OperationError',
      code: 'unavailable',
      retryable: true,
    });
    await expect(running.depth()).rejects.toMatchObject({ name: 'OperationError' });
    await server.restart();
    await running.add({ planId: 'p-two', number: 1 });
    await seen.reached(1);
    expect(seen.runs).toEqual([{ planId: 'p-two', number: 1 }]);
    await running.close();
    await server.remove();
    await rm(directory, { recursive: true, force: true });
  });
});
