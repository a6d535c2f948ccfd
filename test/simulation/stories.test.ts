// Stories that the histories meet too seldom, each told once: lost answers, a process that hangs, a cluster that cannot be read.

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { Plan } from '../../src/plan/plan.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { receiveAlerts } from '../../src/workflow/receive-alerts.ts';
import { resume, stop } from '../../src/workflow/stop-and-resume.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { readProfiles } from './main.ts';
import { alertname, namespace, people } from './scene.ts';
import { World } from './world.ts';

let database: SimulatedDatabase;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
});
afterAll(async () => {
  await database.drop();
});

async function inWorld(work: (world: World, process: AppProcess) => Promise<void>): Promise<void> {
  const world = await World.start({ seed: 1, database, profiles: await readProfiles() });
  try {
    const process = world.startProcess({ mode: 'apply', required: 1 });
    await alert(world, process, 'aaaa000000000001');
    await through(world, () => process.loop('messages'));
    await work(world, process);
    expect(world.bugs).toEqual([]);
  } finally {
    await world.stop();
  }
}

async function alert(world: World, process: AppProcess, fingerprint: string): Promise<void> {
  const startsAt = '2026-11-22T02:59:00Z';
  const labels = { alertname, namespace };
  const firing = { fingerprint, startsAt, status: 'firing', labels, annotations: {} } as const;
  await through(world, () =>
    process.begin('alert', () =>
      receiveAlerts(process.parts)({ ok: true, alerts: [firing], truncated: 0 }),
    ),
  );
  await through(world, () => process.loop('alerts'));
}

/** Begins something and lets every call through until nothing moves. */
async function through(world: World, begin: () => void): Promise<void> {
  await world.advance(1_000);
  begin();
  for (;;) {
    await world.gates.settle();
    if (world.gates.waiting.length === 0) return;
    world.gates.release(world.gates.waiting[0]);
  }
}

function card(world: World): string {
  return [...world.slack.messages.values()][0]?.content.text ?? '';
}

it('an update whose answer was lost is made good, also when the card is again as it was before', async () => {
  await inWorld(async (world, process) => {
    const text = () => [...world.slack.messages.values()][0]?.text ?? '';
    const before = text();
    expect(card(world)).toContain('Waiting for approval');

    await through(world, () =>
      process.begin('stop', () => stop({ scope: '*', by: 'cli:ann' }, process.parts)),
    );
    world.slack.losesNext = true;
    await through(world, () => process.loop('messages'));
    expect(text()).toContain('is stopped');
    const askedAt = world.time.now();
    await through(world, () =>
      process.begin('resume', () => resume({ scope: '*', by: 'cli:ann', askedAt }, process.parts)),
    );
    await world.advance(60_000);
    await through(world, () => process.loop('messages'));
    expect(text()).toBe(before);
  });
});

it('a plan drawn on what a watch has not yet told is drawn again, and not proposed to be refused later', async () => {
  await inWorld(async (world, process) => {
    world.staleness = 1;
    const worker = { kind: 'Deployment', namespace, name: 'worker' };
    world.cluster.control.patch(worker, { spec: { replicas: 6 } }, 'kubectl-edit');
    const { rows } = await world.database.pool.query<{ id: string; hash: string }>(
      'select id, hash from plan',
    );
    for (const { id, hash } of rows) {
      const ballot = { planId: id, planHash: hash, by: people.bob, kind: 'deny' } as const;
      await through(world, () => process.begin('vote', () => castVote(process.parts)(ballot)));
    }
    await alert(world, process, 'aaaa000000000002');
    const { rows: open } = await world.database.pool.query<{ body: string }>(
      "select body from plan where state = 'proposed'",
    );
    const drawn = open.map(({ body }) => (JSON.parse(body) as Plan).replicas);
    expect(drawn).toEqual([{ before: 6, after: 8 }]);
  });
});

it('a process that hung for longer than its hold leaves Slack to the others', async () => {
  await inWorld(async (world, slow) => {
    const quick = world.startProcess(slow.rules);
    const calls = world.slack.calls.length;
    await through(world, () =>
      slow.begin('stop', () => stop({ scope: '*', by: 'cli:ann' }, slow.parts)),
    );
    await world.advance(1_000);
    slow.loop('messages');
    await world.gates.settle();
    world.gates.release(world.gates.waiting[0]);
    await world.gates.settle();
    await world.advance(25_000);
    const [hung] = world.gates.waiting;
    expect(hung?.caller).toBe(slow);

    quick.loop('messages');
    for (;;) {
      await world.gates.settle();
      const next = world.gates.waiting.find(({ caller }) => caller === quick);
      if (next === undefined) break;
      world.gates.release(next);
    }
    await through(world, () => undefined);
    expect(world.slack.calls.length - calls).toBe(1);
  });
});

async function approved(world: World, process: AppProcess): Promise<string> {
  const { rows } = await world.database.pool.query<{ id: string; hash: string }>(
    'select id, hash from plan',
  );
  const [plan] = rows;
  if (plan === undefined) throw new Error('there is a plan');
  const ballot = { planId: plan.id, planHash: plan.hash, by: people.ann, kind: 'approve' } as const;
  await through(world, () => process.begin('vote', () => castVote(process.parts)(ballot)));
  return plan.id;
}

async function stateOf(world: World, planId: string): Promise<string | undefined> {
  const { rows } = await world.database.pool.query<{ state: string }>(
    'select state from plan where id = $1',
    [planId],
  );
  return rows[0]?.state;
}

const reads = { method: 'GET', path: '/deployments/worker' };

it('a process that is asked to stop does not first wait as the API server asks it to', async () => {
  await inWorld(async (world, process) => {
    const planId = await approved(world, process);
    const headers = { 'retry-after': '8' };
    world.cluster.control.injectFault({ match: reads, status: 429, headers });
    await through(world, () => process.run({ planId, number: 1 }));
    process.stop();
    await through(world, () => undefined);
    expect(process.hasStopped).toBe(true);
    expect(await stateOf(world, planId)).toBe('unknown');
    expect(world.effects).toEqual([]);
  });
});

it('a run after an interruption that cannot look stays unknown until somebody can', async () => {
  await inWorld(async (world, process) => {
    const { control } = world.cluster;
    const planId = await approved(world, process);
    control.injectFault({
      match: { method: 'PATCH', dryRun: false },
      dropAfterWrite: true,
      times: 1,
    });
    await through(world, () => process.run({ planId, number: 1 }));
    await through(world, () => process.loop('runs'));
    control.injectFault({ match: reads, status: 503 });
    await through(world, () => process.run({ planId, number: 2 }));
    for (let wait = 0; wait < 10; wait += 1) await through(world, () => undefined);
    expect(await stateOf(world, planId)).toBe('unknown');

    control.clearFaults();
    await through(world, () => process.loop('runs'));
    await through(world, () => process.run({ planId, number: 3 }));
    for (let wait = 0; wait < 10; wait += 1) await through(world, () => undefined);
    expect(await stateOf(world, planId)).toBe('applied');
    expect(world.effects.length).toBe(1);
  });
});
