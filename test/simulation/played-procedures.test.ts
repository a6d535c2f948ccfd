// Every procedure that ships, asked for, approved and played to its end: each change and gate in its order, waits waited for, all that was promised there.

import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createStore } from '../../src/adapters/store/store.ts';
import { isSqlStep } from '../../src/database/draw-deed.ts';
import { changesOf as changesIn, isChange } from '../../src/plan/step.ts';
import { verifyStored } from '../../src/workflow/audit-trail.ts';
import { type Shipped, shippedProcedures } from '../plan/shipped-procedures.ts';
import { changesOf } from '../profile/plan-of.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { type Meanwhile, type Played, play } from './play.ts';
import { brokenPromises } from './promised.ts';
import { autoscalerOf } from './scene.ts';
import { setScene, startStage } from './stage.ts';
import type { World } from './world.ts';

let database: SimulatedDatabase;
let world: World;
let connected: AppProcess;
let byHand: AppProcess;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
  world = await startStage(database);
  connected = world.startProcess({ mode: 'apply', required: 1, connected: true });
  byHand = world.startProcess({ mode: 'apply', required: 1 });
});
afterAll(async () => {
  await world.stop();
  await database.drop();
});
afterEach(() => {
  expect(world.bugs.splice(0)).toEqual([]);
});

interface Scene {
  readonly given?: Shipped['given'];
  /** What somebody has done before. */
  readonly before?: () => void;
  readonly meanwhile?: Meanwhile;
}

/** What must be otherwise than the guide leaves it, for the procedure to have something to do. */
const scenes: Readonly<Record<string, Scene>> = {
  // Its usual name is that of the collector the profile knows, whose pods have other labels here.
  'gl-010 edge-collector': { given: { collector: 'collector-north' } },
  // KEDA makes an autoscaler of its own, so a person takes the other one away before.
  'gl-010 calculator-by-lag': {
    before: () =>
      world.cluster.control.remove('HorizontalPodAutoscaler', 'gl-agents', 'gl-010-calculator-hpa'),
    meanwhile: ({ position, state }) => {
      if (position === 1 && state === 'holding') makeAutoscaler();
    },
  },
  // The guide leaves its cluster as it is by day.
  'gl-010 day': {
    before: () => {
      const generator = {
        kind: 'Deployment',
        namespace: 'gl-agents',
        name: 'gl-010-report-generator',
      };
      world.cluster.control.patch(generator, { spec: { replicas: 1 } });
    },
  },
};

/** As KEDA does for its ScaledObject, which the sandbox does not. */
function makeAutoscaler(): void {
  const made = autoscalerOf('gl-010-calculator', 2, 16);
  const metadata = { name: 'keda-hpa-gl-010-calculator-scaler', namespace: 'gl-agents' };
  world.cluster.control.seed([{ ...made, metadata }]);
  world.cluster.control.settle();
}

const procedures = shippedProcedures().map((shipped) => {
  const name = `${shipped.profile.id} ${shipped.id}`;
  const given = { ...shipped.given, ...scenes[name]?.given };
  return { ...shipped, name, given };
});

/** What SQL does is left to a person here: test/servers does it on real servers. */
function processFor({ profile, id, given }: Shipped): AppProcess {
  const isSql = changesOf(profile.id, id, given).some(
    (change) => change.kind === 'database' && isSqlStep(change),
  );
  return isSql ? byHand : connected;
}

it.each(procedures)('$name is played to its end', async (shipped) => {
  const playing = { world, process: processFor(shipped) };
  setScene(world, shipped);
  scenes[shipped.name]?.before?.();
  const played = await play(playing, shipped, scenes[shipped.name]?.meanwhile);
  const { plan, state, reason, steps } = played;
  expect({ state, reason, last: steps.at(-1) }).toMatchObject({ state: 'applied', reason: null });
  expect(brokenPromises(changesIn(plan), world.cluster)).toEqual([]);
  expect(stepsOutOfOrder(played)).toEqual([]);
  expect(await locked()).toEqual([]);
});

/** Each step is begun when the one before it is over, and its wait has passed by then. */
function stepsOutOfOrder({ plan, steps }: Played): readonly string[] {
  return plan.steps.flatMap((step, position) => {
    const played = steps[position];
    const isDone = ['verified', 'reached', 'passed'].includes(played?.state ?? '');
    if (played?.position !== position || !isDone) return [`step ${position}: ${played?.state}`];
    const before = steps[position - 1];
    if (before !== undefined && before.untilMs > played.sinceMs)
      return [`step ${position} too early`];
    const waitMs = step.kind === 'wait' ? step.seconds * 1000 : 0;
    return played.untilMs - played.sinceMs < waitMs ? [`step ${position} did not wait`] : [];
  });
}

async function locked(): Promise<readonly unknown[]> {
  return (await database.pool.query('select target from target_lock')).rows;
}

it('the trail of all of them is whole', async () => {
  expect(await verifyStored(createStore(database.pool))).toMatchObject({ kind: 'intact' });
});
