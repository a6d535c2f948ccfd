// Stories of pods that are made bigger, in time that does not pass by itself: a rollout that fails, a stop, somebody else's edit.

import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { stop } from '../../src/workflow/stop-and-resume.ts';
import { conflict, denied, forbidden, webhook } from '../conversation/fault-kinds.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { readProfiles } from './main.ts';
import { namespace, workerAutoscaler } from './scene.ts';
import { propose, through, untilOver } from './story.ts';
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
    await work(world, world.startProcess({ mode: 'apply', required: 1 }));
    expect(world.bugs).toEqual([]);
  } finally {
    await world.stop();
  }
}

it('an autoscaler’s target goes down before the pods grow, and both come back when they find no place', async () =>
  inWorld(async (world, process) => {
    world.cluster.control.seed([workerAutoscaler(5, 9)]);
    world.cluster.control.setUtilization(namespace, 'worker', { cpu: 50 });
    world.cluster.control.podFailure(namespace, 'worker', 'Unschedulable');
    await propose(world, process, 'gl-008/worker cpu=2500m');
    const over = await untilOver(world);
    expect(over.state).toBe('reverted');
    expect(over.reason).toContain('put back: cpu request 2, cpu target in percent 70');
    expect(world.sizes()).toMatchObject({ cpu: '2', target: 70 });
    expect(world.effects.map(({ to }) => [to.target, to.cpu])).toEqual([
      [56, '2'],
      [56, '2500m'],
      [56, '2'],
      [70, '2'],
    ]);
  }));

it('smaller pods and more of them: the new ones come first, and stay when they find no place', async () =>
  inWorld(async (world, process) => {
    world.cluster.control.podFailure(namespace, 'worker', 'Unschedulable');
    await propose(world, process, 'gl-008/worker cpu=1 replicas=7');
    const over = await untilOver(world);
    expect(over.state).toBe('left');
    expect(over.reason).toContain('the replicas that were added stay');
    expect(world.sizes()).toMatchObject({ replicas: 7, cpu: '2' });
    expect(world.effects).toHaveLength(1);
  }));

it('somebody who edits the request meanwhile is not overwritten by the taking back', async () =>
  inWorld(async (world, process) => {
    world.cluster.control.podFailure(namespace, 'worker', 'Unschedulable');
    await propose(world, process, 'gl-008/worker cpu=2500m');
    await through(world, () => undefined, 5_000);
    world.asForeigner('edits the request', () => {
      const container = {
        name: 'worker',
        image: 'registry.example/worker:1.0.0',
        resources: { requests: { cpu: '2100m', memory: '4Gi' } },
      };
      world.cluster.control.patch(
        { kind: 'Deployment', namespace, name: 'worker' },
        { spec: { template: { spec: { containers: [container] } } } },
      );
    });
    const over = await untilOver(world);
    expect(over.state).toBe('left');
    expect(over.reason).toContain('could not be put back');
    expect(world.sizes().cpu).toBe('2100m');
  }));

it('after a stop not even the undo is written', async () =>
  inWorld(async (world, process) => {
    world.cluster.control.podFailure(namespace, 'worker', 'Unschedulable');
    await propose(world, process, 'gl-008/worker cpu=2500m');
    await through(world, () =>
      process.begin('stop', () => stop({ scope: '*', by: 'cli:driver' }, world.commandLine)),
    );
    const over = await untilOver(world);
    expect(over.state).toBe('left');
    expect(over.reason).toContain('could not be put back');
    expect(world.sizes().cpu).toBe('2500m');
    expect(world.effects).toHaveLength(1);
  }));

it.each([
  ['forbidden', forbidden, 'cannot patch resource "deployments"'],
  ['in conflict', conflict, 'the object has been modified'],
  ['denied by a webhook', webhook, denied],
] as const)(
  'a taking back that is %s leaves what was written, and says what to set by hand',
  async (_what, fault, because) =>
    inWorld(async (world, process) => {
      const { control } = world.cluster;
      control.patch(
        { kind: 'Deployment', namespace, name: 'worker' },
        { spec: { progressDeadlineSeconds: 20 } },
      );
      control.podFailure(namespace, 'worker', 'Unschedulable');
      await propose(world, process, 'gl-008/worker cpu=2500m');
      const match = { verb: 'patch', resource: 'deployments', dryRun: false };
      control.injectFault({ ...fault, match });
      const over = await untilOver(world);
      expect(over.state).toBe('left');
      expect(over.reason).toContain('cpu request could not be put back');
      expect(over.reason).toContain(because);
      expect(over.reason).toContain('set it by hand: cpu request 2');
      expect(world.effects.map(({ to }) => to.cpu)).toEqual(['2500m']);
    }),
);
