// Runs on databases that were cut off: what may still begin, and what becomes of one whose database headroom.yaml no longer names.

import { expect, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import type { Transaction } from '../../src/ports.ts';
import { applyPlan } from '../../src/workflow/apply-plan.ts';
import { lookAgain } from '../../src/workflow/look-again.ts';
import type { Parts } from '../../src/workflow/parts.ts';
import {
  after,
  hashOf,
  makeDatabasePlace,
  makePlan,
  makeRecord,
  makeSystem,
  makeSystems,
  makeVote,
  makeWorkload,
  now,
  people,
} from '../make.ts';

const votes = (plan: Plan) =>
  [people.ann, people.bob, people.eve].map((by) => makeVote(by, { planHash: hashOf(plan) }));

/** A store that holds one plan whose first run was cut off; tells how the plan moved. */
function interrupted(plan: Plan, { wrote = false, asked = false } = {}) {
  const moves: string[] = [];
  const record = makeRecord({ plan, state: 'unknown', startBy: after(600) });
  const run = { planId: plan.id, number: 2, state: 'queued', purpose: 'apply', queuedAt: now };
  const lost = { ...run, number: 1, state: 'lost' };
  const answers: Record<string, unknown> = {
    'plans.lock': record,
    'plans.find': record,
    'runs.lost': [lost],
    'votes.of': votes(plan),
    'stops.all': [],
    'runs.mayHaveWritten': wrote,
    'runs.stepDone': { isDone: false, ...(asked && { since: now }) },
    'locks.take': { kind: 'held' },
  };
  const tx = new Proxy(
    {},
    {
      get: (_, group) =>
        new Proxy(
          {},
          {
            get:
              (_group, method) =>
              async (first: unknown, to: unknown, _at: unknown, extra?: { reason?: string }) => {
                const name = `${String(group)}.${String(method)}`;
                if (name === 'plans.move') moves.push(`${String(to)}: ${extra?.reason}`);
                if (name === 'runs.find') {
                  return (first as { number: number }).number === 1 ? lost : run;
                }
                return answers[name];
              },
          },
        ),
    },
  ) as Transaction;
  const parts = (systems: Parts['systems']) =>
    ({
      systems,
      store: { transaction: <T>(work: (tx: Transaction) => Promise<T>) => work(tx) },
      clock: { now: () => now },
      counters: { limitMet: () => {} },
      wake: () => {},
    }) as unknown as Parts;
  return { moves, parts, run: { planId: plan.id, number: 2 } };
}

/** It opened an hour ago and closed before `now`. */
const closed = makeDatabasePlace({
  connection: { env: 'SHOP_URL' },
  restart: {
    approvers: [people.eve],
    window: { at: '02:00', minutes: 60, timezone: 'UTC', days: [] },
  },
});
const systems = makeSystems(makeSystem({ databases: new Map([['main', closed]]) }));
const never = new AbortController().signal;

it('a restart that was cut off before it began is not begun after its window', async () => {
  const { moves, parts, run } = interrupted(makePlan({ restarts: ['main'] }));
  expect(await applyPlan(parts(systems))(run, never)).toBe('failed');
  expect(moves[0]).toContain(
    'failed: Not started: database main is restarted 02:00 to 03:00 UTC only',
  );
});

it('one that has begun goes on after it, by itself or with the person who was asked', async () => {
  const plan = makePlan({ restarts: ['main'] });
  const begun = interrupted(plan, { wrote: true });
  expect(await applyPlan(begun.parts(systems))(begun.run, never)).toBe('waiting');
  const steps = [{ kind: 'human', what: 'Restart the servers' }] as const;
  const asked = interrupted({ ...plan, steps }, { asked: true });
  expect(await applyPlan(asked.parts(systems))(asked.run, never)).toBe('waiting');
});

it('a run whose database is no longer in headroom.yaml ends, and whoever reads it is told to look', async () => {
  const deed = {
    deed: 'setting',
    name: 'work_mem',
    after: '20MB',
    running: '4MB',
  } as const;
  const step = {
    kind: 'sql',
    workload: makeWorkload(),
    database: { system: 'steam-traps', name: 'main', server: '1' },
    deed,
    floor: false,
    undo: 'exact',
  } as const;
  const { moves, parts } = interrupted(makePlan({ steps: [step] }));
  await lookAgain(parts(makeSystems()));
  expect(moves[0]).toContain(
    'failed: headroom.yaml names no systems.steam-traps.databases.main.connection any more',
  );
});
