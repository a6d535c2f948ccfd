// A cluster that answers badly while a lease is given back: it goes back once, or stays and the thread says why and what comes next.

import { describe, expect, it } from 'vitest';
import type { FaultMatch } from '../../sandbox/cluster/faults.ts';
import { sendNextMessage } from '../../src/workflow/send-messages.ts';
import {
  broken,
  clusterDeadlineMs,
  conflict,
  cut,
  denied,
  drop,
  forbidden,
  hang,
  waits,
  webhook,
} from '../conversation/fault-kinds.ts';
import type { AppProcess } from './app-process.ts';
import { Lending, mind, minuteMs, worker } from './lending.ts';
import { namespace, workerAutoscaler } from './scene.ts';
import { pass, through } from './story.ts';
import type { World } from './world.ts';

const stories = new Lending();

const look: FaultMatch = { verb: 'get', resource: 'deployments', namespace, name: 'worker' };
const write: FaultMatch = { verb: 'patch', resource: 'deployments/scale', namespace };

/** Nine workers in place of six are lent, and their time is over. */
const whenDue = (work: (world: World, process: AppProcess) => Promise<void>) =>
  stories.inWorld(
    async (world, process) => {
      await stories.lend(world, process);
      await world.advance(121 * minuteMs);
      await work(world, process);
    },
    { clusterDeadlineMs },
  );

/** What was written, in the order in which it took effect. */
const written = (world: World) => world.effects.map(({ to }) => to.minReplicas ?? to.replicas);

function meanwhile(world: World, replicas: number): void {
  world.asForeigner(`edits replicas to ${replicas}`, () => {
    world.cluster.control.patch(worker, { spec: { replicas } }, 'kubectl-edit');
  });
}

async function mindAll(world: World, process: AppProcess): Promise<void> {
  for (let round = 0; round < 3; round += 1) await mind(world, process);
}

/** Sends all messages that are owed; answers the newest one about the lease in the plan's thread. */
async function said(world: World, process: AppProcess): Promise<string> {
  let more = true;
  const send = async () => {
    more = await sendNextMessage(process.parts);
  };
  while (more) await through(world, () => process.begin('messages', send), 5_000);
  const texts = [...world.slack.messages.values()].map(({ content }) => content.text);
  return texts.findLast((text) => /^.{0,3}\*.*given back/i.test(text)) ?? '';
}

describe('a write that gives back', () => {
  it.each([
    ['must wait is sent again', waits],
    ['fails is looked for, and sent by the next run', broken],
    ['breaks off before it is done is looked for, and sent by the next run', drop],
    ['gets no answer is looked for, and sent by the next run', hang],
    ['gets half an answer is found in place', cut],
    ['gets none once it is done is found in place', { dropAfterWrite: true }],
  ] as const)('that %s, and it is given back once', async (_what, fault) =>
    whenDue(async (world, process) => {
      world.cluster.control.injectFault({ ...fault, match: write, times: 1 });
      await mindAll(world, process);
      expect(await stories.lease()).toMatchObject({ state: 'given', note: null });
      expect(written(world)).toEqual([9, 6]);
      expect(await said(world, process)).toContain('✅ *Given back*');
    }),
  );

  it('that is refused changes nothing, the thread says why and what comes next, and later it is given back', async () =>
    whenDue(async (world, process) => {
      for (const [fault, because] of [
        [forbidden, 'cannot patch resource "deployments/scale"'],
        [conflict, 'the object has been modified'],
        [webhook, denied],
        [{ status: 429, headers: { 'retry-after': '60' } }, 'asks us to wait'],
      ] as const) {
        world.cluster.control.injectFault({ ...fault, match: write });
        await mindAll(world, process);
        expect(await stories.lease()).toMatchObject({ state: 'lent', held: 'cluster' });
        const words = await said(world, process);
        expect(words).toContain('✋ *Not given back:*');
        expect(words).toContain(because);
        expect(words).toContain('or press Give back now once that is mended');
        expect(world.sizes().replicas).toBe(9);
        world.cluster.control.clearFaults();
        await world.advance(61 * minuteMs);
      }
      await mindAll(world, process);
      expect(await said(world, process)).toContain('✅ *Given back*');
      expect(written(world)).toEqual([9, 6]);
    }));

  it('that fails again and again waits, and says so', async () =>
    whenDue(async (world, process) => {
      world.cluster.control.injectFault({ ...broken, match: write });
      for (let round = 0; round < 3; round += 1) await mindAll(world, process);
      expect(await stories.lease()).toMatchObject({ state: 'lent', held: 'cluster' });
      expect(await said(world, process)).toContain('3 attempts in a row were cut off');
      expect(written(world)).toEqual([9]);
    }));

  it.each([
    ['before a refusal', conflict, [9], 4],
    ['while no answer comes', broken, [9], 12],
    ['after it took effect unheard', { dropAfterWrite: true }, [9, 6], 12],
  ] as const)(
    '%s somebody sets another size: that stays, and the thread says whose',
    async (_when, fault, ours, theirs) =>
      whenDue(async (world, process) => {
        world.cluster.control.injectFault({ ...fault, match: write });
        process.onCheckpoint = (point) => {
          if (point === 'give-back-sent') meanwhile(world, theirs);
        };
        await mindAll(world, process);
        world.cluster.control.clearFaults();
        await mindAll(world, process);
        expect((await stories.lease()).state).toBe('ended');
        expect(await said(world, process)).toContain(
          `has ${theirs} replicas, the plan had set 9 (changed by kubectl-edit`,
        );
        expect(written(world)).toEqual(ours);
        expect(world.sizes().replicas).toBe(theirs);
      }),
  );

  it('lowers a raised minimum as carefully', async () =>
    stories.inWorld(async (world, process) => {
      world.cluster.control.seed([workerAutoscaler(6, 20)]);
      world.cluster.control.setUtilization(namespace, 'worker', { cpu: 70 });
      await pass(world, 20_000);
      await stories.lend(world, process);
      const match: FaultMatch = { verb: 'patch', resource: 'horizontalpodautoscalers' };
      await world.advance(121 * minuteMs);
      world.cluster.control.injectFault({ ...forbidden, match, times: 1 });
      await mindAll(world, process);
      expect(await said(world, process)).toContain('cannot patch resource');
      await world.advance(61 * minuteMs);
      world.cluster.control.injectFault({ ...broken, match, times: 1 });
      await mindAll(world, process);
      expect((await stories.lease()).state).toBe('given');
      expect(written(world)).toEqual([9, 6]);
    }));
});

describe('a look', () => {
  it('that fails before it is decided leaves all as it is, and the thread says so', async () =>
    whenDue(async (world, process) => {
      for (const [fault, because] of [
        [forbidden, 'cannot get resource "deployments"'],
        [waits, 'asks us to wait'],
        [broken, 'injected fault'],
        [cut, 'cannot be reached'],
        [hang, 'no answer in time'],
      ] as const) {
        world.cluster.control.injectFault({ ...fault, match: look });
        await mind(world, process);
        expect(await said(world, process)).toContain(because);
        world.cluster.control.clearFaults();
        await world.advance(61 * minuteMs);
      }
      expect(written(world)).toEqual([9]);
      await mindAll(world, process);
      expect(written(world)).toEqual([9, 6]);
    }));

  it.each([
    ['forbidden', forbidden, 'cannot get resource "deployments"'],
    ['failing', broken, 'injected fault'],
  ] as const)(
    'that is %s right before the write ends the attempt, and nobody waits for an answer about it',
    async (_what, fault, because) =>
      whenDue(async (world, process) => {
        world.cluster.control.injectFault({ ...fault, match: look, after: 1 });
        await mindAll(world, process);
        expect(await stories.lease()).toMatchObject({ state: 'lent', held: 'cluster' });
        const words = await said(world, process);
        expect(words).toContain('✋ *Not given back:*');
        expect(words).toContain(because);
        expect(written(world)).toEqual([9]);
        world.cluster.control.clearFaults();
        await world.advance(61 * minuteMs);
        await mindAll(world, process);
        expect(await said(world, process)).toContain('✅ *Given back*');
        expect(written(world)).toEqual([9, 6]);
      }),
  );

  it('that fails once it may have been written is not known until there is an answer', async () =>
    whenDue(async (world, process) => {
      world.cluster.control.injectFault({ dropAfterWrite: true, match: write });
      process.onCheckpoint = (point) => {
        if (point !== 'give-back-sent') return;
        world.cluster.control.injectFault({ ...forbidden, match: look });
      };
      await mindAll(world, process);
      const words = await said(world, process);
      expect(words).toContain('❓ *Not known whether it was given back:* worker: 9 → 6 replicas.');
      world.cluster.control.clearFaults();
      await mindAll(world, process);
      expect(await said(world, process)).toContain('✅ *Given back*');
      expect(written(world)).toEqual([9, 6]);
    }));

  it('that fails after the write does not make it happen again', async () =>
    whenDue(async (world, process) => {
      process.onCheckpoint = (point) => {
        if (point === 'give-back-stored') {
          world.cluster.control.injectFault({ ...broken, match: look, times: 3 });
        }
      };
      await mindAll(world, process);
      expect(await said(world, process)).toContain('✅ *Given back*');
      expect(written(world)).toEqual([9, 6]);
    }));
});
