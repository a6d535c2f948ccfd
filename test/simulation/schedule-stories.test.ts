// Stories of schedules in virtual time: due once, approved by rule or by people, left out when something stands in the way.

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runSchedules } from '../../src/workflow/run-schedules.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { readProfiles } from './main.ts';
import { autoscalerOf, deploymentOf, namespace, type Rules } from './scene.ts';
import { pass, propose, through, untilOver } from './story.ts';
import { World } from './world.ts';

let database: SimulatedDatabase;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
});
afterAll(async () => {
  await database.drop();
});

const inspector = 'steam-trap-inspector';

/** The virtual day begins at 03:00 UTC; the story's schedule is due at 04:30 in Berlin, half an hour later. */
const scheduled = { mode: 'apply', required: 1, scheduled: 'approve' } as const satisfies Rules;

async function inWorld(
  rules: Rules,
  work: (world: World, process: AppProcess) => Promise<void>,
): Promise<void> {
  const world = await World.start({ seed: 1, database, profiles: await readProfiles() });
  try {
    world.cluster.control.seed([deploymentOf(inspector, 4), autoscalerOf(inspector, 4, 20)]);
    world.cluster.control.settle();
    await work(world, world.startProcess(rules));
    expect(world.bugs).toEqual([]);
  } finally {
    await world.stop();
  }
}

const tick = (world: World, process: AppProcess) =>
  through(world, () => process.begin('schedules', () => runSchedules(process.parts)));

async function plans() {
  const { rows } = await database.pool.query<{ id: string; state: string; body: string }>(
    'select id, state, body from plan order by created_at',
  );
  return rows;
}

it('is not approved by the rule in a freeze, but when that ends in time', async () => {
  const frozen = ['2026-11-22 03:15', '2026-11-22 03:40'] as const;
  await inWorld({ ...scheduled, frozen }, async (world, process) => {
    world.time.advance(30 * 60_000);
    await tick(world, process);
    await through(world, () => process.loop('messages'));
    expect(await plans()).toMatchObject([{ state: 'proposed' }]);
    const [card] = [...world.slack.messages.values()];
    expect(card?.text).toContain(
      '❄️ In force: freeze year-end (Year-end closing) until 2026-11-22 03:40 UTC; capacity may be added',
    );
    await pass(world, 60_000);
    expect(await plans()).toMatchObject([{ state: 'proposed' }]);
    world.time.advance(10 * 60_000);
    await through(world, () => process.loop('runs'));
    expect((await plans())[0]?.state).not.toBe('proposed');
  });
});

it('is drawn once by two processes, approved by the rule, and carried out', async () =>
  inWorld(scheduled, async (world, process) => {
    const other = world.startProcess(scheduled);
    await tick(world, process);
    expect(await plans()).toEqual([]);
    world.time.advance(30 * 60_000);
    await through(world, () => {
      process.begin('schedules', () => runSchedules(process.parts));
      other.begin('schedules', () => runSchedules(other.parts));
    });
    await tick(world, other);
    expect(await plans()).toHaveLength(1);
    for (const run of world.queue.splice(0)) await through(world, () => process.run(run));
    expect(await untilOver(world)).toMatchObject({ state: 'applied' });
    expect(world.sizes().replicas).toBe(12);
    const { rows } = await database.pool.query<{ body: string }>('select body from audit_entry');
    const approved = rows
      .map(({ body }) => JSON.parse(body))
      .find(({ event }) => event === 'plan.approved');
    expect(approved).toMatchObject({ by: 'policy rule "everyone"' });
  }));

it('waits for people where the rule asks for them', async () =>
  inWorld({ ...scheduled, scheduled: 'ask' }, async (world, process) => {
    world.time.advance(31 * 60_000);
    await tick(world, process);
    expect((await plans()).map(({ state }) => state)).toEqual(['proposed']);
    await pass(world, 10_000);
    expect(world.sizes().replicas).toBe(5);
    expect(world.queue).toEqual([]);
  }));

it('is left out half an hour later, and while another plan is open for its workload', async () =>
  inWorld(scheduled, async (world, process) => {
    await propose(world, process, 'gl-008/worker replicas=7');
    world.time.advance(32 * 60_000);
    await tick(world, process);
    expect(await plans()).toHaveLength(1);
    const { rows } = await database.pool.query<{ note: string }>('select note from scheduled');
    expect(rows[0]?.note).toContain('for the same target');
    world.time.advance(31 * 60_000);
    await tick(world, process);
    expect(await plans()).toHaveLength(1);
  }));

it('that cannot be drawn becomes a card that says why', async () =>
  inWorld(scheduled, async (world, process) => {
    world.cluster.control.remove('Deployment', namespace, 'worker');
    world.time.advance(31 * 60_000);
    await tick(world, process);
    const [plan] = await plans();
    expect(JSON.parse(plan?.body ?? '{}')).toMatchObject({
      steps: [],
      finding: { kind: 'frozen', because: expect.stringContaining('worker') },
    });
  }));
