// The five settings of which a standby needs as much as its primary, on a real pair: the order that plans keep, and what the other one does.

import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SqlChange } from '../../src/change/change.ts';
import { resolveLook } from '../../src/plan/resolve-look.ts';
import { sqlChanges } from '../../src/plan/sql-changes.ts';
import { lookOnce } from '../../src/workflow/look.ts';
import { lookAtDatabases } from '../../src/workflow/look-at-databases.ts';
import { now } from '../make.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget({ standby: true });
  await target.admin.query('create table item (id int)');
});
afterAll(() => target.close());

/** The changes of a plan that sets this, as the app draws them. */
async function planned(settings: Readonly<Record<string, string>>): Promise<readonly SqlChange[]> {
  const change = {
    kind: 'database',
    database: 'main',
    deed: 'settings',
    settings,
    restart: false,
  } as const;
  const step = { number: 1, kind: 'database', what: '', change, notes: [], source: '' } as const;
  const { system, databases } = target;
  const clock = { now: () => now, sleep: () => Promise.reject(new Error('nothing waits here')) };
  const looks = await lookAtDatabases({ steps: [step] } as never, system, {
    databases,
    clock,
    clusters: { read: async () => undefined },
  });
  const made = sqlChanges(change, looks.get(1), { planned: step, system, restarts: [] });
  if (made.kind === 'refused') throw new Error(made.because);
  return made.changes.flatMap((each) => (each.kind === 'sql' ? [each] : []));
}

const serversOf = (changes: readonly SqlChange[]) =>
  changes.map(({ database }) => database.standby ?? 'primary');

/** Writes and restarts the servers in the order of the changes. */
async function carryOut(changes: readonly SqlChange[]): Promise<void> {
  for (const { database, deed } of changes) {
    const written = await target.databases.write({ how: 'sql', database, deed }, { dryRun: false });
    expect(written).toEqual({ kind: 'written' });
  }
  for (const server of new Set(serversOf(changes))) {
    await (server === 'primary' ? target.restart() : target.standby?.restart());
    await replays();
  }
}

/** What is written on the primary is seen on the standby. */
async function replays(): Promise<void> {
  await target.admin.query('insert into item values (1)');
  await target.standbyHasAll();
  expect(await onStandby('select pg_get_wal_replay_pause_state() as state')).toBe('not paused');
}

async function onStandby(query: string): Promise<unknown> {
  const client = new Client({ connectionString: target.standby?.url('shop') });
  await client.connect();
  try {
    const { rows } = await client.query<{ state: string }>(query);
    return rows[0]?.state;
  } finally {
    await client.end();
  }
}

/** All of which a standby needs no less than its primary, with what PostgreSQL gives by itself raised and lowered again. */
const five = {
  max_connections: ['150', '120'],
  max_worker_processes: ['12', '9'],
  max_wal_senders: ['14', '11'],
  max_prepared_transactions: ['6', '2'],
  max_locks_per_transaction: ['96', '80'],
} as const;

const valuesOf = (index: 0 | 1) =>
  Object.fromEntries(Object.entries(five).map(([name, values]) => [name, values[index]]));

it('are raised on the standby first and lowered there last, and the standby never stops', async () => {
  const more = await planned(valuesOf(0));
  const each = Object.keys(five);
  expect(serversOf(more)).toEqual([...each.map(() => 'one'), ...each.map(() => 'primary')]);
  await carryOut(more);
  const less = await planned(valuesOf(1));
  expect(serversOf(less)).toEqual([...each.map(() => 'primary'), ...each.map(() => 'one')]);
  await carryOut(less);
  const shown = await target.admin.query<{ name: string; setting: string }>(
    'select name, setting from pg_settings where name = any ($1)',
    [each],
  );
  expect(Object.fromEntries(shown.rows.map(({ name, setting }) => [name, setting]))).toEqual(
    valuesOf(1),
  );
});

it('stops the standby when the primary alone gets more, until the standby has it too', async () => {
  const [onOne, onPrimary] = await planned({ max_connections: '180' });
  if (onOne === undefined || onPrimary === undefined) throw new Error('two changes were expected');
  const { deed, database } = onPrimary;
  await target.databases.write({ how: 'sql', database, deed }, { dryRun: false });
  await target.restart();
  await target.admin.query('insert into item values (2)');
  const state = () => onStandby('select pg_get_wal_replay_pause_state() as state');
  await expect.poll(state, { timeout: 15_000 }).toBe('paused');
  await target.databases.write(
    { how: 'sql', database: onOne.database, deed: onOne.deed },
    { dryRun: false },
  );
  await target.standby?.restart();
  await replays();
});

it('is seen to wait for a restart on the standby too, and not known while the standby is away', async () => {
  const [onOne] = await planned({ max_connections: '190' });
  if (onOne === undefined) throw new Error('a change was expected');
  const { system, databases } = target;
  const resolved = resolveLook(
    { fact: 'settings-pending-restart', database: 'main', atMost: 0 },
    system,
    undefined,
  );
  if (resolved.kind !== 'look') throw new Error(resolved.because);
  const seen = () => lookOnce(resolved.look, { databases } as never);
  const words = 'settings that wait for a restart';
  expect(await seen()).toMatchObject({ holds: true, seen: `${words}: 0` });
  const { database, deed } = onOne;
  await databases.write({ how: 'sql', database, deed }, { dryRun: false });
  await expect
    .poll(seen, { timeout: 10_000 })
    .toMatchObject({ holds: false, isKnown: true, seen: `${words}: 1, wanted at most 0` });
  await target.standby?.kill9();
  expect(await seen()).toMatchObject({
    holds: false,
    isKnown: false,
    seen: expect.stringContaining('database main, standby one'),
  });
  await target.standby?.restart();
  expect(await seen()).toMatchObject({ holds: true });
});

it('is refused where more standbys stream than headroom.yaml names, and where an address is none of a standby', async () => {
  const { system, databases } = target;
  target.system = target.way({ place: { standbys: new Map() } }).system;
  await expect(planned({ max_connections: '200' })).rejects.toThrow('1 standbys stream');
  const away = target.way({ place: { standbys: new Map([['one', { env: 'SHOP_URL' }]]) } });
  target.system = away.system;
  target.databases = away.databases;
  await expect(planned({ max_connections: '200' })).rejects.toThrow('standby one: its address');
  Object.assign(target, { system, databases });
});
