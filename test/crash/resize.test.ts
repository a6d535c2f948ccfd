// Death while pods are made bigger, and while that is taken back: the template is written once, and put back once.

import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { valueAt } from '../../src/change/pointer.ts';
import type { CheckpointName } from '../../src/ports.ts';
import { namespace } from '../simulation/scene.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { World } from './world.ts';

const testTimeoutMs = 120_000;
// Most of a story is waiting for a hold to run out.
vi.setConfig({ maxConcurrency: 4 });

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleProgram('child.ts');
});
afterAll(async () => {
  await bundle.remove();
});

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const world = await World.start({ program: bundle.file });
  try {
    await work(world);
  } finally {
    await world.stop();
  }
}

/** A process that dies at the point in a plan that somebody asked for, and one that comes after it. */
async function dieIn(world: World, line: string, point: CheckpointName): Promise<void> {
  const first = await world.child(point);
  await world.command(line, 'ann');
  const card = await world.card('Waiting for approval');
  const clicked = world.approve(card, 'bob');
  expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
  await clicked;
  const second = await world.child();
  await world.until('the plan being over', async () =>
    ['applied', 'reverted', 'left'].includes((await world.plan()).state) ? true : undefined,
  );
  expect(second.log()).not.toContain('bug:');
  expect(await world.auditIsIntact()).toBe(true);
  expect(await world.count('target_lock')).toBe(0);
}

function request(world: World): unknown {
  const deployment = world.cluster.control.get('Deployment', namespace, 'worker');
  return valueAt(deployment, '/spec/template/spec/containers/0/resources/requests/cpu');
}

/** Writes that had an effect, by the last part of their path. */
function written(world: World): readonly (string | undefined)[] {
  return world.cluster.control.requests
    .writes()
    .filter(({ status }) => status === 200)
    .map(({ path }) => path.split('/').at(-1));
}

describe.concurrent('a process that is killed while pods are made bigger', () => {
  it.for(['write-announced', 'write-sent', 'write-stored', 'rollout-seen'] as const)(
    'at %s leaves each change made exactly once',
    { timeout: testTimeoutMs },
    async (point) =>
      inWorld(async (world) => {
        await dieIn(world, '/scale gl-008/worker cpu=3 replicas=7', point);
        expect((await world.plan()).state).toBe('applied');
        expect([request(world), world.sizes.at(-1)]).toEqual(['3', 7]);
        expect(written(world)).toEqual(['worker', 'scale']);
      }),
  );
});

describe.concurrent('a process that is killed while a failed rollout is taken back', () => {
  it.for(['revert-announced', 'revert-sent', 'revert-stored'] as const)(
    'at %s leaves the old template, written once, and never begins anew',
    { timeout: testTimeoutMs },
    async (point) =>
      inWorld(async (world) => {
        const worker = { kind: 'Deployment', namespace, name: 'worker' };
        world.cluster.control.patch(worker, { spec: { progressDeadlineSeconds: 3 } });
        await dieIn(world, '/scale gl-008/worker cpu=65', point);
        expect(await world.plan()).toMatchObject({
          state: 'reverted',
          reason: expect.stringContaining('put back: cpu request 2'),
        });
        expect(request(world)).toBe('2');
        expect(written(world)).toEqual(['worker', 'worker']);
        expect((await world.history()).slice(-4)).toEqual([
          'plan.unknown',
          'plan.applying',
          'plan.failed',
          'plan.reverted',
        ]);
      }),
  );
});
