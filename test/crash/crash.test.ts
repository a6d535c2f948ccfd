// Death at every named point between a click and its outcome: whatever dies, the change is made once, and it is known.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPostgres } from '../../sandbox/postgres/server.ts';
import { wordsOf } from '../../sandbox/slack/control.ts';
import type { CheckpointName } from '../../src/ports.ts';
import { people } from '../simulation/scene.ts';
import { type Bundle, bundleProgram } from './bundle.ts';
import { type Child, World, type WorldOptions } from './world.ts';

/** From the moment the next process is up until what happened is known and done (design, section 7). */
const resolvedWithinMs = 15_000;
const testTimeoutMs = 120_000;

// Most of a story is waiting for a hold to run out, so more of them fit at once than there are processors.
vi.setConfig({ maxConcurrency: 7 });

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
  await world.card('Done');
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
/** A plan that becomes ready is never taken back, and this one lends nothing; the stories of those that do stand elsewhere. */
type Forward = Exclude<
  CheckpointName,
  `revert-${string}` | `gate-${string}` | `give-back-${string}`
>;
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
} as const satisfies Record<Forward, readonly string[]>;

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
        await world.card('Done, and it helped');
        await expectAppliedOnce(world);
        expect(await world.history()).toEqual(life);
        expect(second.log()).not.toContain('bug:');
      }),
  );
});

describe.concurrent('a write whose answer is lost', () => {
  const isWrite = { method: 'PATCH', path: '/deployments/worker/scale', dryRun: false };

  it('was made: it is found in place, never made again', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world) => {
      const app = await world.child();
      const card = await world.propose(app);
      world.cluster.control.injectFault({ match: isWrite, dropAfterWrite: true, times: 1 });
      await world.approve(card);
      await world.planIs('applied');
      await expectAppliedOnce(world);
      expect(world.writes().length).toBe(1);
      expect(await world.history()).toEqual(interrupted);
    }),
  );

  it('was never received: it is made by the next run', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world) => {
      const app = await world.child();
      const card = await world.propose(app);
      world.cluster.control.injectFault({ match: isWrite, drop: true, times: 1 });
      await world.approve(card);
      await world.planIs('applied');
      await expectAppliedOnce(world);
      expect(world.writes().length).toBe(2);
      expect(await world.history()).toEqual(interrupted);
    }),
  );

  it(
    'hangs in the API server: unknown, looked at, made once',
    { timeout: testTimeoutMs },
    async () =>
      inWorld(async (world) => {
        const app = await world.child();
        const card = await world.propose(app);
        world.cluster.control.injectFault({ match: isWrite, hang: true, times: 1 });
        await world.approve(card);
        await world.card('Unknown: looking at the cluster');
        await world.planIs('applied');
        await expectAppliedOnce(world);
        expect(await world.history()).toEqual(interrupted);
      }),
  );

  it('and its process dies while it hangs', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world) => {
      const first = await world.child();
      const card = await world.propose(first);
      world.cluster.control.injectFault({ match: isWrite, hang: true, times: 1 });
      await world.approve(card);
      await world.until('the write being sent', async () => world.writes()[0]);
      first.signal('SIGKILL');
      await first.ended;
      const second = await world.child();
      await world.planIs('applied', left(second));
      await expectAppliedOnce(world);
    }),
  );
});

describe.concurrent('the world is observed again before a write', () => {
  async function expectUntouched(world: World): Promise<void> {
    await world.planIs('left');
    expect(world.writes()).toEqual([]);
    expect(world.sizes).toEqual([5, 6]);
    const card = await world.card('Stopped');
    expect(wordsOf(card)).toContain('has 6 replicas, the plan saw 5');
    expect(wordsOf(card)).toContain('kubectl-edit');
    expect(await world.auditIsIntact()).toBe(true);
    expect(await world.count('target_lock')).toBe(0);
  }

  it(
    'after a stop: nothing is written and the card says who moved what',
    { timeout: testTimeoutMs },
    async () =>
      inWorld(async (world) => {
        const app = await world.child();
        const card = await world.propose(app);
        await world.command('/scale stop', 'ann');
        await world.card('stopped by');
        await world.approve(card, 'bob');
        await world.card('Approved, but stopped');
        world.edit(6);
        await world.command('/scale resume', 'ann');
        await expectUntouched(world);
      }),
  );

  it('after a death: nothing is written either', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world) => {
      const first = await world.child('run-claimed');
      const clicked = world.approve(await world.propose(first));
      await first.ended;
      await clicked;
      world.edit(6);
      await world.child();
      await expectUntouched(world);
    }),
  );
});

describe.concurrent('an app that is asked to stop', () => {
  it(
    'hands a rollout over, exits 0, and the next one sees it ready',
    { timeout: testTimeoutMs },
    async () =>
      inWorld(
        async (world) => {
          const first = await world.child();
          await world.approve(await world.propose(first));
          await world.until('the rollout going on', async () => world.sizes[1]);
          first.signal('SIGTERM');
          expect(await first.ended).toEqual({ code: 0, signal: null });
          expect((await world.plan()).state).toBe('unknown');

          await world.child();
          await world.planIs('applied');
          await expectAppliedOnce(world);
          expect(world.writes().length).toBe(1);
          expect(await world.history()).toEqual(interrupted);
        },
        { podStartMs: 8_000 },
      ),
  );

  it(
    'leaves what is stopped stopped, also over a death, until somebody resumes',
    { timeout: testTimeoutMs },
    async () =>
      inWorld(async (world) => {
        const first = await world.child();
        const card = await world.propose(first);
        await world.command('/scale stop gl-008', 'ann');
        await world.card('stopped by');
        await world.approve(card, 'ann');
        await world.card('Approved, but stopped');
        first.signal('SIGKILL');
        await first.ended;

        const second = await world.child();
        await world.until(
          'the run being tried',
          async () => second.log().includes('"end":"waiting"') || undefined,
        );
        expect(world.writes()).toEqual([]);
        await world.command('/scale resume gl-008', 'ann');
        await world.planIs('applied');
        await expectAppliedOnce(world);
        expect(await world.history()).toEqual(straight);
      }),
  );
});

describe.concurrent('two processes on one database', () => {
  it('make one card, count one vote and write once', { timeout: testTimeoutMs }, async () =>
    inWorld(async (world) => {
      const [app, other] = await Promise.all([world.child(), world.child()]);
      const [card] = await Promise.all([world.propose(app), world.propose(other)]);
      await Promise.all([world.approve(card), world.approve(card)]);
      await world.planIs('applied');
      await expectAppliedOnce(world);
      expect(world.writes().length).toBe(1);
    }),
  );

  it(
    'look after each other: the one that lives finishes what the dead one sent',
    { timeout: testTimeoutMs },
    async () =>
      inWorld(async (world) => {
        const mortal = await world.child('write-sent');
        const card = await world.propose(mortal);
        const clicked = world.approve(card);
        const other = await world.child();
        await mortal.ended;
        await clicked;
        await world.planIs('applied', left(other));
        await expectAppliedOnce(world);
      }),
  );
});

describe.concurrent('a database that is killed', () => {
  it('in the middle of a run costs nothing but time', { timeout: testTimeoutMs }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'headroom-crash-'));
    const server = await startPostgres({ directory, endsWithParent: true });
    try {
      await inWorld(
        async (world) => {
          let app = await world.child();
          await world.approve(await world.propose(app));
          await world.until('the rollout going on', async () => world.sizes[1]);
          await server.kill9();
          await server.restart();
          // A process may end for it, and its supervisor starts it again.
          await world.until('the plan being applied', async () => {
            if (app.hasEnded) app = await world.child();
            return (await world.plan()).state === 'applied' || undefined;
          });
          await expectAppliedOnce(world);
          expect(world.writes().length).toBe(1);
          app.signal('SIGTERM');
          expect((await app.ended).code).toBe(0);
        },
        { databaseUrl: server.url(), podStartMs: 5_000 },
      );
    } finally {
      await server.remove();
    }
  });
});
