// Stories of procedures that are carried out step by step, in time that does not pass by itself: gates that hold, fail, and outlive a process.

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { sendNextMessage } from '../../src/workflow/send-messages.ts';
import { stop } from '../../src/workflow/stop-and-resume.ts';
import { tickStep } from '../../src/workflow/tick-step.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { readProfiles } from './main.ts';
import { deploymentOf, namespace, people, type Rules } from './scene.ts';
import { pass, propose, through, untilOver } from './story.ts';
import { World } from './world.ts';

let database: SimulatedDatabase;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
});
afterAll(async () => {
  await database.drop();
});

const rules = { mode: 'apply', required: 1 } as const;
const inspector = 'steam-trap-inspector';

async function inWorld(
  work: (world: World, process: AppProcess) => Promise<void>,
  over: Partial<Rules> = {},
): Promise<void> {
  const world = await World.start({ seed: 1, database, profiles: await readProfiles() });
  try {
    await work(world, world.startProcess({ ...rules, ...over }));
    expect(world.bugs).toEqual([]);
  } finally {
    await world.stop();
  }
}

/** Pods of each name, and every number of replicas it has had since, with when. */
function seed(world: World, pods: Readonly<Record<string, number>>) {
  const sizes: { readonly name: string; readonly replicas: number; readonly atMs: number }[] = [];
  world.cluster.control.seed(
    Object.entries(pods).map(([name, replicas]) => deploymentOf(name, replicas)),
  );
  world.cluster.control.settle();
  world.time.advance(3_000);
  world.cluster.control.settle();
  world.cluster.control.onChange(({ kind, name, replicas }) => {
    if (kind !== 'Deployment' || replicas === undefined || !(name in pods)) return;
    if (sizes.findLast((size) => size.name === name)?.replicas === replicas) return;
    sizes.push({ name, replicas, atMs: world.time.ms });
  });
  return sizes;
}

async function planId(): Promise<{ readonly id: string; readonly hash: string }> {
  const { rows } = await database.pool.query<{ id: string; hash: string }>(
    'select id, hash from plan',
  );
  const [plan] = rows;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

it('a process that dies in a pause is followed by one that waits for the rest of it only', async () =>
  inWorld(async (world, process) => {
    const sizes = seed(world, { [inspector]: 4 });
    await propose(world, process, 'run gl-008 gradual to=8');
    await pass(world, 60_000);
    expect(sizes.map(({ replicas }) => replicas)).toEqual([6]);
    process.kill();
    const next = world.startProcess(rules);
    for (let round = 0; round < 4; round += 1) await through(world, () => next.loop('runs'), 2_500);
    for (const run of world.queue.splice(0)) await through(world, () => next.run(run));
    const over = await untilOver(world);
    expect(over.state).toBe('applied');
    expect(sizes.map(({ replicas }) => replicas)).toEqual([6, 8]);
    const [first, second] = sizes;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeLessThan(200_000);

    // Slack was away all the time: each run is told by what it did itself, also the one that has long been over.
    let isMore = true;
    const send = async () => {
      isMore = await sendNextMessage(next.parts);
    };
    while (isMore) await through(world, () => next.begin('messages', send), 5_000);
    const [, firstRun, secondRun] = [...world.slack.messages.values()].map(
      ({ content }) => content.text,
    );
    expect(firstRun).toMatch(/⏳ here now: wait 2m\n.*\n▫️ not begun: .*: 6 → at least 8/);
    expect(firstRun).toContain('a later one went on');
    expect(secondRun).toMatch(/An earlier run carried it out\.[^]*carried out .*: 6 → at least 8/);
    expect(secondRun).not.toContain('a later one');
  }));

it('a process that dies before the first write does not take the steps that follow for drift', async () =>
  inWorld(async (world, process) => {
    const sizes = seed(world, { [inspector]: 4 });
    process.doom = { point: 'write-announced', left: 1 };
    await propose(world, process, 'run gl-008 gradual to=8');
    const next = world.startProcess(rules);
    for (let round = 0; round < 4; round += 1) {
      await through(world, () => next.loop('runs'), 2_500);
    }
    for (const run of world.queue.splice(0)) await through(world, () => next.run(run));
    expect(await untilOver(world)).toMatchObject({ state: 'applied' });
    expect(sizes.map(({ replicas }) => replicas)).toEqual([6, 8]);
  }));

it('a stop in a pause ends the run before it writes again', async () =>
  inWorld(async (world, process) => {
    const sizes = seed(world, { [inspector]: 4 });
    await propose(world, process, 'run gl-008 gradual to=8');
    await through(world, () =>
      process.begin('stop', () => stop({ scope: '*', by: 'cli:driver' }, world.commandLine)),
    );
    const over = await untilOver(world);
    expect(over.state).toBe('left');
    expect(over.reason).toContain('stopped by');
    expect(sizes.map(({ replicas }) => replicas)).toEqual([6]);
  }));

it('a failover looks at the role of the database itself, and drains nothing while that is not the primary', async () =>
  inWorld(
    async (world, process) => {
      const [east, west] = [`${inspector}-us-east-1`, `${inspector}-us-west-2`];
      const sizes = seed(world, { [east]: 12, [west]: 4 });
      world.backlog = 0;
      world.databaseRole = undefined;
      await propose(world, process, 'run gl-008 failover');
      await pass(world, 60_000);
      const plan = await planId();
      await through(world, () =>
        process.begin('tick', () =>
          tickStep(process.parts)({
            planId: plan.id,
            planHash: plan.hash,
            position: 2,
            by: people.bob,
          }),
        ),
      );
      const gate = async () => {
        const { rows } = await database.pool.query<{ state: string; detail: string }>(
          'select state, detail from run_change where position = 3',
        );
        return rows[0];
      };
      await pass(world, 60_000);
      expect(await gate()).toMatchObject({
        state: 'holding',
        detail: expect.stringContaining('nobody answers'),
      });
      world.databaseRole = 'standby';
      await pass(world, 60_000);
      expect(await gate()).toMatchObject({
        state: 'holding',
        detail: expect.stringContaining('role of the primary: 0, wanted'),
      });
      expect(sizes).toMatchObject([{ name: west, replicas: 12 }]);
      world.databaseRole = 'primary';
      const over = await untilOver(world);
      expect(over.state).toBe('applied');
      expect(await gate()).toMatchObject({ state: 'passed' });
      expect(sizes.at(-1)).toMatchObject({ name: east, replicas: 0 });
    },
    { connected: true },
  ));

it('a failover waits for a person, and drains the primary only when nobody asks it any more', async () =>
  inWorld(async (world, process) => {
    const [east, west] = [`${inspector}-us-east-1`, `${inspector}-us-west-2`];
    const sizes = seed(world, { [east]: 12, [west]: 4 });
    world.backlog = 50;
    await propose(world, process, 'run gl-008 failover');
    await pass(world, 60_000);
    expect(sizes).toMatchObject([{ name: west, replicas: 12 }]);

    const plan = await planId();
    const done = (by: string, position: number) =>
      tickStep(process.parts)({ planId: plan.id, planHash: plan.hash, position, by });
    const said: unknown[] = [];
    const say = (by: string, position: number) =>
      through(world, () =>
        process.begin('tick', async () => void said.push((await done(by, position)).kind)),
      );
    // Position 2 points DNS, 3 looks at the database's role, which nobody but a person can see here.
    await say(people.eve, 2);
    await say(people.bob, 3);
    await say(people.bob, 2);
    await say(people.bob, 2);
    await pass(world, 10_000);
    await say(people.oncall, 3);
    expect(said).toEqual(['refused', 'refused', 'ticked', 'refused', 'ticked']);

    await pass(world, 60_000);
    expect(sizes).toHaveLength(1);
    world.backlog = 0;
    const over = await untilOver(world);
    expect(over.state).toBe('applied');
    expect(sizes.at(-1)).toMatchObject({ name: east, replicas: 0 });
    expect(world.cluster.control.get('Deployment', namespace, west)).toMatchObject({
      spec: { replicas: 12 },
    });
  }));
