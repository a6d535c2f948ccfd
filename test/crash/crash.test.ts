// Death at every named point between a click and its outcome: whatever dies, the change is made once, and it is known.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wordsOf } from '../../sandbox/slack/control.ts';
import type { CheckpointName } from '../../src/ports.ts';
import { people } from '../simulation/scene.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { type Child, World, type WorldOptions } from './world.ts';

/** From the moment the next process is up until what happened is known and done (design, section 7). */
const resolvedWithinMs = 15_000;
const testTimeoutMs = 60_000;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundleProgram('child.ts');
});
afterAll(async () => {
  await bundle.remove();
});

async function inWorld(
  work: (world: World) => Promise<void>,
  options: Omit<WorldOptions, 'program'> = {},
): Promise<void> {
  const world = await World.start({ program: bundle.file, ...options });
  try {
    await work(world);
  } finally {
    await world.stop();
  }
}

/** What must be true of every death, once the dust has settled. */
async function expectAppliedOnce(world: World): Promise<void> {
  expect(world.sizes).toEqual([5, 8]);
  expect(world.writes().filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
  expect((await world.plan()).state).toBe('applied');
  expect(await world.auditIsIntact()).toBe(true);
  expect(await world.count('vote')).toBe(1);
  expect(await world.count('target_lock')).toBe(0);
  const cards = (await world.cards()).map(wordsOf);
  expect(cards.length).toBe(1);
  expect(cards[0]).toContain(`<@${people.ann}>`);
}

function left(child: Child): number {
  return Math.max(1, child.readyAt + resolvedWithinMs - Date.now());
}

/** How a plan's life looks when a process died at each point; a new checkpoint needs a line here. */
const straight = ['plan.proposed', 'plan.approved', 'plan.applying', 'plan.applied'];
const interrupted = [
  'plan.proposed',
  'plan.approved',
  'plan.applying',
  'plan.unknown',
  'plan.applying',
  'plan.applied',
];
const lives = {
  'vote-stored': straight,
  'run-queued': straight,
  'run-claimed': interrupted,
  'locks-taken': interrupted,
  'observed-again': interrupted,
  'write-announced': interrupted,
  'write-sent': interrupted,
  'write-stored': interrupted,
  'rollout-seen': interrupted,
  'run-ended': straight,
  'outcome-judged': straight,
} as const satisfies Record<CheckpointName, readonly string[]>;

describe.concurrent('a process that is killed', () => {
  it.for(Object.entries(lives))(
    'at %s leaves a change that is made exactly once',
    { timeout: testTimeoutMs },
    async ([point, life]) =>
      inWorld(async (world) => {
        const first = await world.child(point as CheckpointName);
        const card = await world.propose(first);
        if (point === 'outcome-judged') world.measureBacklog(240);
        const clicked = world.approve(card);
        expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });
        await clicked;

        const second = await world.child();
        await world.planIs('applied', left(second));
        world.measureBacklog(240);
        await world.card('Done, and it helped', 40_000);
        await expectAppliedOnce(world);
        expect(await world.history()).toEqual(life);
        expect(await second.log()).not.toContain('bug:');
      }),
  );
});
