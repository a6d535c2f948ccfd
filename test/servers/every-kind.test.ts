// Every kind of deed and what takes it back beside an application at work, while others keep transactions open on its tables.

import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SqlDeed, sqlDeedNames, undoOfDeed } from '../../src/database/sql-deed.ts';
import { OperationError } from '../../src/errors.ts';
import { now } from '../make.ts';
import { another, catalogue, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { type Beside, type Case, everyKind } from './every-kind.ts';
import { underLoad } from './load.ts';
import { startTarget, type Target } from './target.ts';
import { keptByStandIn, makeReadings, writeInPlaceOfLibrary } from './timescale/readings.ts';
import { installStandIn } from './timescale/stand-in.ts';

let target: Target;
let installed: Awaited<ReturnType<typeof installStandIn>>;
beforeAll(async () => {
  installed = await installStandIn();
  target = await startTarget({
    settings: { extension_control_path: installed.controlPath, 'timescaledb.license': 'timescale' },
    place: { allow: ['settings', 'indexes', 'partitions', 'tables', 'timescale', 'drops'] },
  });
});
afterAll(async () => {
  await target.close();
  await installed.remove();
});

/** Longer than any lock is waited for that somebody could queue behind. */
const heldMs = 1_100;

const cases = Object.entries(everyKind).flatMap(([kind, ofKind]) =>
  Object.entries(ofKind).map(([how, one]) => [`${kind} ${how}`, kind, one] as const),
);

it('has a case for each', () => {
  expect(Object.keys(everyKind).toSorted()).toEqual(sqlDeedNames.toSorted());
});

it.each(cases)(
  '%s: no application waits for more than a second',
  async (_, kind, { application, open = application, ...one }) => {
    const deed = await setUp(kind, one);
    const { kind: undo, by } = undoOfDeed(deed);
    const kept = async () => [
      await catalogue(target),
      one.isOnStandIn && (await keptByStandIn(target)),
    ];
    const felt = await underLoad(target, { statements: application }, async () => {
      const before = await kept();
      const seen = [await done(deed, { ...one, open })];
      if (one.back !== undefined) seen.push(await done(undone(deed), { open, ...one.back }));
      // What is in effect of files is known to each session a moment later.
      if (undo === 'exact' && one.back !== undefined) await expect.poll(kept).toEqual(before);
      return seen;
    });
    expect(felt.failures).toEqual([]);
    expect(felt.longestLockMs).toBeLessThan(1000);
    expect(felt.result).toEqual([one.beside, ...(one.back ? [one.back.beside] : [])]);
    expect(one.back !== undefined).toBe(by !== undefined && !one.isNotRead);
  },
);

async function setUp(kind: string, one: Omit<Case, 'application'>): Promise<SqlDeed> {
  const { admin } = target;
  await admin.query(
    'drop extension if exists timescaledb cascade; drop schema public cascade; create schema public',
  );
  const at = one.isOnStandIn ? await makeReadings(target, '2.22.0') : now;
  if (one.setUp !== undefined) await admin.query(one.setUp);
  if (one.after !== undefined) {
    const [before] = deedsOf(await draw(target, one.after, { at })).slice(-1);
    if (before === undefined) throw new Error('nothing was drawn before');
    expect(await write(target, before)).toEqual({ kind: 'written' });
  }
  const deeds = deedsOf(await draw(target, one.step, { at }));
  for (const each of deeds) {
    if (each.deed === one.afterKind) await writeInPlaceOfLibrary(target, each);
  }
  const deed = deeds.find((each) => each.deed === kind);
  if (deed === undefined) throw new Error(`no ${kind} was drawn`);
  return deed;
}

/** Asks for it while others have transactions open, and again when these have ended, until it is done. */
async function done(
  deed: SqlDeed,
  { open = [], isNotRead }: Pick<Case, 'open' | 'isNotRead'>,
): Promise<Beside> {
  const holders = await Promise.all(
    open.map(async (statement) => {
      const client = await another(target);
      await client.query(`begin; ${statement.replace(/^begin; |; commit$/g, '')}`);
      return client;
    }),
  );
  const asked = ask(deed);
  let beside: Beside;
  try {
    beside = await besideThem(asked);
  } finally {
    await Promise.all(holders.map((each) => each.end()));
  }
  if (isNotRead) {
    expect(await write(target, deed)).toEqual(notRead);
    return beside;
  }
  if (beside === 'waits') expect(await asked.answer).toEqual({ kind: 'written' });
  await expect
    .poll(() => write(target, deed).catch(() => undefined), { timeout: 20_000 })
    .toEqual({ kind: 'written' });
  await expect.poll(() => standing(target, deed)).toMatchObject({ kind: 'reached' });
  return beside;
}

/** What PostgreSQL says of a statement without the library that reads it. */
const notRead = { kind: 'refused', because: 'unrecognized parameter namespace "timescaledb"' };
/** Of a build, which is not begun again by itself. */
const givenUp = {
  kind: 'refused',
  because: 'it waited too long for transactions that use the table',
};

interface Asked {
  readonly answer: Promise<unknown>;
  readonly state: { isAnswered: boolean; hasTold: boolean };
}

function ask(deed: SqlDeed): Asked {
  const state = { isAnswered: false, hasTold: false };
  const onProgress = async () => {
    state.hasTold = true;
  };
  const answer = target.databases
    .write({ how: 'sql', database: target.ref, deed }, { dryRun: false, onProgress })
    .catch((error: unknown) => error)
    .finally(() => {
      state.isAnswered = true;
    });
  return { answer, state };
}

/** What it came to; who waits is waited for no longer than it takes to tell. */
async function besideThem({ answer, state }: Asked): Promise<Beside> {
  let since: number | undefined;
  while (!state.isAnswered) {
    const isWaiting = state.hasTold || (await isLockAwaited());
    since = isWaiting ? (since ?? performance.now()) : undefined;
    if (since !== undefined && performance.now() - since > heldMs) return 'waits';
    await pause(20);
  }
  const answered = await answer;
  if (answered instanceof OperationError && answered.retryable) return 'gives way';
  if (isDeepStrictEqual(answered, givenUp)) return 'gives way';
  if (!isDeepStrictEqual(answered, notRead)) expect(answered).toEqual({ kind: 'written' });
  return 'goes through';
}

async function isLockAwaited(): Promise<boolean> {
  const { rowCount } = await target.admin.query(
    `select from pg_stat_activity where application_name = 'headroom' and wait_event_type = 'Lock'`,
  );
  return (rowCount ?? 0) > 0;
}
