// Every procedure that ships, asked for, approved and played to its end: steps in order, waits waited for, all that was promised there, and taken back.

import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { createStore } from '../../src/adapters/store/store.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { isSqlStep } from '../../src/database/draw-deed.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changesOf as changesIn } from '../../src/plan/step.ts';
import { verifyStored } from '../../src/workflow/audit-trail.ts';
import { type Shipped, shippedProcedures } from '../plan/shipped-procedures.ts';
import { changesOf } from '../profile/plan-of.ts';
import { mistakesIn } from '../published-schemas.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { type Meanwhile, type Played, play } from './play.ts';
import { brokenPromises } from './promised.ts';
import { autoscalerOf } from './scene.ts';
import { setScene, startStage } from './stage.ts';
import { type Holdings, holdingsOf, takeAllBack } from './taken-back.ts';
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
  readonly came?: Meanwhile['came'];
  /** What is said where nobody has. */
  readonly otherwise?: RegExp;
}

/** What must be otherwise than the guide leaves it, for the procedure to have all of it to do. */
const scenes: Readonly<Record<string, Scene>> = {
  'gl-009 scale-down': { before: () => scaled('gl-009-production', 'thermaliq', 8) },
  'gl-010 scale-down': { before: () => scaled('gl-agents', 'gl-010-emissionwatch', 18) },
  // Its usual name is that of the collector the profile knows, whose pods have other labels here.
  'gl-010 edge-collector': {
    given: { collector: 'collector-north' },
    otherwise: /is there with another selector, which can never change/,
  },
  'gl-010 calculator-by-lag': {
    before: () =>
      world.cluster.control.remove('HorizontalPodAutoscaler', 'gl-agents', 'gl-010-calculator-hpa'),
    came: ({ position }) => {
      if (position === 1) makeAutoscaler();
    },
    otherwise:
      /gl-010-calculator-hpa scales gl-010-calculator already.*take it away with .kubectl delete --namespace gl-agents hpa gl-010-calculator-hpa. \(gl-010-calculator keeps its/,
  },
  // The guide leaves its cluster as it is by day.
  'gl-010 day': {
    before: () => scaled('gl-agents', 'gl-010-report-generator', 1),
    otherwise: /all of it is there already/,
  },
};

function scaled(namespace: string, name: string, replicas: number): void {
  world.cluster.control.patch({ kind: 'Deployment', namespace, name }, { spec: { replicas } });
  world.cluster.control.settle();
  world.time.advance(5_000);
  world.cluster.control.settle();
}

/** As KEDA does for its ScaledObject, which the sandbox does not. */
function makeAutoscaler(): void {
  const made = autoscalerOf('gl-010-calculator', 2, 16);
  const metadata = { name: 'keda-hpa-gl-010-calculator-scaler', namespace: 'gl-agents' };
  world.cluster.control.seed([{ ...made, metadata }]);
  world.cluster.control.settle();
}

const procedures = shippedProcedures().map((shipped) => {
  const name = `${shipped.profile.id} ${shipped.id}`;
  return { ...shipped, name, scene: scenes[name] };
});

/** What SQL does is left to a person here: test/servers does it on real servers. */
function processFor({ profile, id, given }: Shipped): AppProcess {
  const isSql = changesOf(profile.id, id, given).some(
    (change) => change.kind === 'database' && isSqlStep(change),
  );
  return isSql ? byHand : connected;
}

/** What became of each, by its name. */
const plans = new Map<string, Plan>();

it.each(procedures)('$name is played to its end', async ({ name, scene, ...shipped }) => {
  const all = { ...shipped, given: { ...shipped.given, ...scene?.given } };
  setScene(world, all);
  scene?.before?.();
  let before: Holdings = new Map();
  const played = await play({ world, process: processFor(all) }, all, {
    drawn: (plan) => {
      before = holdingsOf(plan, world.cluster);
    },
    ...(scene?.came && { came: scene.came }),
  });
  const { plan, state, reason, steps } = played;
  plans.set(name, plan);
  expect({ state, reason, last: steps.at(-1) }).toMatchObject({ state: 'applied', reason: null });
  expect(stepsOutOfOrder(played)).toEqual([]);
  expect(brokenPromises(changesIn(plan), world.cluster)).toEqual([]);
  expect(strangeObjects(plan)).toEqual([]);
  expect((await database.pool.query('select target from target_lock')).rows).toEqual([]);

  expect(await takeAllBack(plan, world.clusters)).toEqual([]);
  expect(holdingsOf(plan, world.cluster)).toEqual(before);
});

it('the trail of all of them is whole', async () => {
  expect(await verifyStored(createStore(database.pool))).toMatchObject({ kind: 'intact' });
});

const refused = procedures.filter(({ scene }) => scene?.otherwise);

it.each(refused)(
  '$name is refused where somebody must act before',
  async ({ scene, ...shipped }) => {
    setScene(world, shipped);
    const asked = play({ world, process: connected }, shipped);
    await expect(asked).rejects.toThrow(scene?.otherwise);
  },
);

it('a bigger database server is left to a person with the commands, and its rollout is looked at', () => {
  const steps = plans.get('gl-003 database-resources')?.steps ?? [];
  const at = steps.findIndex((step) => step.kind === 'human' && step.what.includes('kubectl'));
  expect(steps.slice(at, at + 2)).toMatchObject([
    {
      what: 'Change the pods of StatefulSet postgresql: kubectl set resources statefulset/postgresql --namespace greenlang-db --containers=postgresql --limits=cpu=8,memory=32Gi',
      say: expect.stringContaining('does not mend itself'),
    },
    {
      kind: 'check',
      look: { rollout: { kind: 'StatefulSet', name: 'postgresql' }, withinSeconds: 1800 },
    },
  ]);
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

/** What a published server would not take. */
function strangeObjects(plan: Plan): readonly string[] {
  return changesIn(plan).flatMap((change) => {
    if (change.kind !== 'create') return [];
    const write = clusterWrite(change, '');
    return write.how === 'apply' ? mistakesIn(write.body) : [];
  });
}
