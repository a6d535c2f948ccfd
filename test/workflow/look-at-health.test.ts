// How databases fare when somebody asks: one that hangs or refuses is said to be unknown and holds nobody up.

import { expect, it } from 'vitest';
import { serverNow } from '../../src/database/health.ts';
import { OperationError } from '../../src/errors.ts';
import type { Clusters, Databases } from '../../src/ports.ts';
import { lookAtHealth } from '../../src/workflow/look-at-health.ts';
import { makeDatabasePlace, makeSystem, noDatabases, now } from '../make.ts';

const connected = { connection: { env: 'SHOP_URL' } };
const nobody = { standbys: [], replay: undefined, transactions: [], invalidIndexes: [] };
const itself = { version: '18.0', database: 'shop', standby: false, max: 100, reserved: 3 };
const size = { name: null, bytes: 8192 };

/** A server on which nothing happens but its own counting: ten transactions between two looks of two seconds. */
function quietServer(): Databases['read'] {
  let looks = 0;
  return async (_, queries) =>
    queries.map(({ text }) => {
      if (text === serverNow.query.text) return [itself];
      if (text.includes('pg_database_size')) return [size];
      if (!text.includes('blks_hit')) return [];
      looks += 1;
      return [{ hits: 9, reads: 1, transactions: looks * 10, at: looks * 2, since: null }];
    });
}

/** A time that passes when somebody says so. */
function deadline() {
  let resolve = () => undefined as void;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** Only `elapsed` lets the deadline pass; the second between two readings passes at once. */
function look(
  read: Databases['read'],
  elapsed: Promise<void> = new Promise(() => undefined),
  places: Readonly<Record<string, { connection?: { env: string } }>> = { main: connected },
) {
  const databases = new Map(
    Object.entries(places).map(([name, place]) => [name, makeDatabasePlace(place)]),
  );
  return lookAtHealth(makeSystem({ databases }), {
    databases: { ...noDatabases, read },
    clusters: {} as Clusters,
    clock: { now: () => now, sleep: (ms) => (ms === 1_000 ? Promise.resolve() : elapsed) },
  });
}

it('says what a server says of itself, with a rate between two readings', async () => {
  expect(await look(quietServer())).toMatchObject([
    {
      kind: 'seen',
      name: 'main',
      health: {
        ...nobody,
        server: { version: '18.0', isStandby: false },
        transactionsPerSecond: { kind: 'value', value: 5 },
        backupHours: { kind: 'missing' },
      },
    },
  ]);
});

it('one that hangs is not waited for, and the others are told all the same', async () => {
  const quiet = quietServer();
  const read: Databases['read'] = (address, queries) =>
    address.name === 'hung' ? new Promise(() => undefined) : quiet(address, queries);
  const places = { main: connected, hung: connected, named: {} };
  const elapsed = deadline();
  const looking = look(read, elapsed.promise, places);
  // The quiet one has long answered.
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  elapsed.resolve();
  expect(await looking).toMatchObject([
    { kind: 'seen', name: 'main' },
    { kind: 'unseen', name: 'hung', because: 'it did not answer within 3 s' },
    { kind: 'unseen', name: 'named', because: 'headroom.yaml names no connection for it' },
  ]);
});

it('what was seen before a server went quiet is told, and the rest is not known', async () => {
  const quiet = quietServer();
  const elapsed = deadline();
  let reads = 0;
  const read: Databases['read'] = (address, queries) => {
    reads += 1;
    if (reads === 1) return quiet(address, queries);
    elapsed.resolve();
    return new Promise(() => undefined);
  };
  expect(await look(read, elapsed.promise)).toMatchObject([
    { kind: 'seen', health: { transactionsPerSecond: { kind: 'missing' } } },
  ]);
});

it('trouble is told in its own words, and a bug is not', async () => {
  const trouble = new OperationError('connecting to database main: nobody listens', {
    code: 'unavailable',
    retryable: true,
  });
  expect(await look(async () => Promise.reject(trouble))).toMatchObject([
    { kind: 'unseen', because: 'connecting to database main: nobody listens' },
  ]);
  await expect(look(async () => Promise.reject(new TypeError('a bug')))).rejects.toThrow('a bug');
});
