// Each kind of deed with the process that carries it out and the server that does it killed in the middle: it is done once.

import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SqlDeed, undoOfDeed } from '../../../src/database/sql-deed.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Checkpoint, CheckpointName, RunId } from '../../../src/ports.ts';
import { applyPlan } from '../../../src/workflow/apply-plan.ts';
import { verifyStored } from '../../../src/workflow/audit-trail.ts';
import { castVote } from '../../../src/workflow/cast-vote.ts';
import { limits } from '../../../src/workflow/limits.ts';
import { findAbandonedRuns, lookAgain } from '../../../src/workflow/look-again.ts';
import { storePlan } from '../../../src/workflow/store-plan.ts';
import { type Bundle, bundleProgram } from '../../crash/bundle.ts';
import { withDatabase } from '../../database.ts';
import { hashOf, makeCommandPlan, makeWorkload, now, people } from '../../make.ts';
import { another, catalogue, standing, undone, write } from '../deeds.ts';
import { startTarget, type Target } from '../target.ts';
import { sendToStandIn } from '../timescale/in-place.ts';
import { keptByStandIn, makeReadings } from '../timescale/readings.ts';
import { installStandIn } from '../timescale/stand-in.ts';
import type { Errand } from './child.ts';
import { drawnOf } from './draw-case.ts';
import { cases, type Killed } from './kinds.ts';
import { runParts } from './run-parts.ts';

const ledger = withDatabase();
const profile = readFileSync(
  new URL('../../fixtures/profiles/sets/sets.yaml', import.meta.url),
  'utf8',
);
let target: Target;
let installed: Awaited<ReturnType<typeof installStandIn>>;
let bundle: Bundle;
let asBefore: () => void;
beforeAll(async () => {
  [bundle, installed] = await Promise.all([
    bundleProgram('../servers/killed/child.ts'),
    installStandIn(),
  ]);
  target = await startTarget({
    settings: { extension_control_path: installed.controlPath, 'timescaledb.license': 'timescale' },
    conf: { allow_system_table_mods: 'on' },
    place: { allow: ['settings', 'indexes', 'partitions', 'tables', 'timescale', 'drops'] },
  });
  await target.admin.query(holdsUp);
  asBefore = sendToStandIn();
});
afterAll(async () => {
  asBefore();
  await target.close();
  await Promise.all([bundle.remove(), installed.remove()]);
});

/** A session that asks for it is held behind whatever it does first, before that is committed. */
const holdsUp = `
  create schema killed;
  create function killed.hold() returns void language plpgsql as $$ begin
    if current_setting('killed.held', true) = 'on' then perform pg_sleep(600); end if; end $$;
  create function killed.on_statement() returns event_trigger language plpgsql as $$ begin
    perform killed.hold(); end $$;
  create function killed.on_rows() returns trigger language plpgsql as $$ begin
    perform killed.hold(); return null; end $$;
  create event trigger held on ddl_command_end execute function killed.on_statement();
  alter function pg_catalog.pg_reload_conf() rename to read_anew;
  create function pg_catalog.pg_reload_conf() returns boolean volatile language plpgsql as $$ begin
    perform killed.hold(); return pg_catalog.read_anew(); end $$`;

/** Of the clock that all of them go by; what is dead is passed over in a moment. */
let aheadMs = now.getTime() + 60_000 - Date.now();

function carrying(isHeld = false) {
  const { profile: _, ...system } = target.system;
  const url = target.server.url('shop');
  return { ledger: ledger.url, target: url, system, profile, aheadMs, isHeld };
}

/** Works with the parts of a process that has none of the state of any other. */
async function inHere<T>(
  work: (parts: ReturnType<typeof runParts>['parts']) => Promise<T>,
  { isHeld = false, checkpoint = () => {} }: { isHeld?: boolean; checkpoint?: Checkpoint } = {},
): Promise<T> {
  const { parts, pool } = runParts(carrying(isHeld), checkpoint);
  try {
    return await work(parts);
  } finally {
    await pool.end();
  }
}

/** Nobody stops it. */
const never = new AbortController().signal;

async function agreed(plan: Plan): Promise<void> {
  await inHere(async (parts) => {
    await parts.store.transaction((tx) => storePlan(tx, plan, parts));
    for (const by of [people.ann, people.bob]) {
      await castVote(parts)({ planId: plan.id, planHash: hashOf(plan), by, kind: 'approve' });
    }
  });
}

/** What every other process does when it has not heard of a run for a while. */
async function lookedAfter(): Promise<void> {
  aheadMs += limits.runHoldMs + 1_000;
  await inHere(async (parts) => {
    await findAbandonedRuns(parts);
    await lookAgain(parts);
  });
}

interface Child {
  readonly process: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | number | null>;
}

function child(errand: Pick<Errand, 'run' | 'dieAt'> & { readonly isHeld?: boolean }): Child {
  const started = fork(bundle.file, { serialization: 'advanced', execArgv: [] });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    started.once('exit', (code, signal) => resolve(signal ?? code));
  });
  started.send({ ...carrying(errand.isHeld), ...errand } satisfies Errand);
  return { process: started, ended };
}

async function audit(planId: string): Promise<readonly string[]> {
  const { rows } = await ledger.pool.query<{ body: string }>(
    `select body from audit_entry where body::jsonb ->> 'planId' = $1 order by seq`,
    [planId],
  );
  return rows.map(({ body }) => (JSON.parse(body) as { event: string }).event);
}

const sessions = async (where: string) =>
  (
    await target.admin.query(
      `select from pg_stat_activity where application_name = 'headroom' and ${where}`,
    )
  ).rowCount ?? 0;

/** In the middle of what it was sent. */
const isHeldUp = `(wait_event = 'PgSleep' or wait_event_type = 'Lock' or exists (select from pg_stat_progress_create_index p
  where p.pid = pg_stat_activity.pid and phase like 'waiting for%'))`;

const halfDone = `select indexrelid::regclass::text as name from pg_index where not indisvalid
  union all select inhrelid::regclass::text from pg_inherits where inhdetachpending`;

/** Each of its five runs but the last is cut off, found, and looked after. */
const history = [
  'plan.proposed',
  'plan.approved',
  ...Array.from({ length: 4 }, () => ['plan.applying', 'plan.unknown', 'run.looked']).flat(),
  'plan.applying',
  'plan.applied',
];

it.each(cases)(
  '%s, %s: whoever is killed in the middle, it is done once',
  async (deed, what, kind) => {
    const { admin } = target;
    await admin.query('drop schema public cascade; create schema public');
    const at = kind.isOnStandIn ? await makeReadings(target, '2.22.0') : now;
    if (kind.setUp !== undefined) await admin.query(kind.setUp);
    const deeds = await drawnOf(target, [deed, kind], at);
    if (kind.hold !== undefined) await admin.query(kind.hold);
    const kept = async () => [
      await catalogue(target),
      kind.isOnStandIn && (await keptByStandIn(target)),
    ];
    const remains = async () =>
      kind.remains === undefined ? [] : (await target.admin.query(kind.remains)).rows;
    const [before, remaining] = [await kept(), await remains()];
    const plan = planOf(`${deed} ${what}`, deeds);
    const run = (number: number): RunId => ({ planId: plan.id, number });
    await agreed(plan);

    expect(await child({ run: run(1), dieAt: 'write-announced' }).ended).toBe('SIGKILL');
    await lookedAfter();
    const holder = await another(target);
    if (kind.writtenTo !== undefined) {
      await holder.query(`begin; insert into ${kind.writtenTo} values (0, '2026-11-02')`);
    }
    if (kind.lockedBy !== undefined) await holder.query(`begin; select from ${kind.lockedBy}`);
    await killedAtWork(run(2), kind);
    if (kind.lockedBy !== undefined) await holder.query('rollback');
    await lookedAfter();
    await killedServer(run(3), kind);
    await holder.end().catch(() => undefined);
    await target.restart();
    await lookedAfter();
    // Sent and not stored.
    expect(await child({ run: run(4), dieAt: 'write-sent' }).ended).toBe('SIGKILL');
    await lookedAfter();
    expect(await inHere((parts) => applyPlan(parts)(run(5), never))).toBe('applied');

    for (const each of deeds) expect(await standing(target, each)).toEqual({ kind: 'reached' });
    expect((await target.admin.query(halfDone)).rows).toEqual([]);
    expect(await remains()).toEqual(remaining);
    const events = await audit(plan.id);
    expect(events.filter((event) => /^(plan|run)\./.test(event))).toEqual(history);
    expect(events.slice(-3)).toEqual(['change.written', 'change.verified', 'plan.applied']);
    expect(await inHere(({ store }) => verifyStored(store))).toMatchObject({ kind: 'intact' });
    if (!deeds.every((each) => undoOfDeed(each).kind === 'exact')) return;
    for (const each of deeds.toReversed()) {
      expect(await write(target, undone(each))).toEqual({ kind: 'written' });
    }
    expect(await kept()).toEqual(before);
  },
);

function planOf(name: string, deeds: readonly SqlDeed[]): Plan {
  const id = `p-${name.replaceAll(/\W+/g, '-')}`;
  const workload = makeWorkload({ name: id });
  return makeCommandPlan(people.carla, {
    id,
    origin: { kind: 'command', commandId: id, by: people.carla },
    workload,
    steps: deeds.map((deed) => ({ ...target.change(deed), workload })),
  });
}

const isHeldIn = ({ writtenTo }: Killed) => writtenTo === undefined;

/** The app, while the server is at it. */
async function killedAtWork(run: RunId, kind: Killed): Promise<void> {
  const { process, ended } = child({ run, isHeld: isHeldIn(kind) });
  await expect.poll(() => sessions(isHeldUp), { timeout: 30_000 }).toBe(1);
  process.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  if (kind.goesOn) return;
  await target.admin.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headroom'`,
  );
  await expect.poll(() => sessions('true'), { timeout: 10_000 }).toBe(0);
}

/** The server, while the next process sends it again, or waits for what is still at work. */
async function killedServer(run: RunId, kind: Killed): Promise<void> {
  let isWriting = false;
  const checkpoint = (point: CheckpointName) => {
    isWriting ||= point === 'write-announced';
  };
  const end = inHere((parts) => applyPlan(parts)(run, never), {
    isHeld: isHeldIn(kind),
    checkpoint,
  });
  await expect.poll(() => isWriting, { timeout: 30_000 }).toBe(true);
  await expect.poll(() => sessions(isHeldUp), { timeout: 30_000 }).toBe(1);
  // Whoever waits has a session beside the one that is at work.
  const own = kind.goesOn ? 2 : 1;
  await expect.poll(() => sessions('true'), { timeout: 30_000 }).toBeGreaterThanOrEqual(own);
  await target.killDatabase();
  expect(await end).toBe('unknown');
}
