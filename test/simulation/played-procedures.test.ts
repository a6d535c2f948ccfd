// Every procedure that ships, played from its command to its end, and the bad ends guides care about; longer than usual, because all share one stage.

import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { createStore } from '../../src/adapters/store/store.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { isSqlStep } from '../../src/database/draw-deed.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changesOf as changesIn } from '../../src/plan/step.ts';
import { verifyStored } from '../../src/workflow/audit-trail.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { runSchedules } from '../../src/workflow/run-schedules.ts';
import { type Shipped, shippedProcedures } from '../plan/shipped-procedures.ts';
import { changesOf } from '../profile/plan-of.ts';
import { mistakesIn } from '../published-schemas.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { GoodAnswers } from './good-answers.ts';
import { type Meanwhile, type Played, play, playOn } from './play.ts';
import { brokenPromises } from './promised.ts';
import { autoscalerOf, people, type Rules } from './scene.ts';
import { setScene, startStage } from './stage.ts';
import { type Card, pass, through } from './story.ts';
import { type Holdings, holdingsOf, takeAllBack } from './taken-back.ts';
import type { World } from './world.ts';

let database: SimulatedDatabase;
let world: World;
let connected: AppProcess;
let byHand: AppProcess;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
  world = await startStage(database);
  connected = world.startProcess(rules);
  byHand = world.startProcess({ mode: 'apply', required: 1 });
});
afterAll(async () => {
  await world.stop();
  await database.drop();
});
afterEach(() => {
  expect(world.bugs.splice(0)).toEqual([]);
  world.health = 200;
});

const rules = { mode: 'apply', required: 1, connected: true } as const satisfies Rules;

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
  'gl-009 scale-down': { before: () => replicas('gl-009-production', 'thermaliq', 8) },
  'gl-010 scale-down': { before: () => replicas('gl-agents', 'gl-010-emissionwatch', 18) },
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
    before: () => replicas('gl-agents', 'gl-010-report-generator', 1),
    otherwise: /all of it is there already/,
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

  expect(await takeAllBack(plan, { world, process: processFor(all) })).toEqual([]);
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

// ---- Bad ends ----

function theOne(system: string, id: string, given: Shipped['given'] = {}): Shipped {
  const found = shippedProcedures().find((each) => each.profile.id === system && each.id === id);
  if (found === undefined) throw new Error(`no procedure ${id} of ${system}`);
  return { ...found, given: { ...found.given, ...given } };
}

const minuteMs = 60_000;

interface Told extends Meanwhile {
  readonly before?: () => void;
  readonly leapMs?: number;
}

async function told(asked: Shipped, { before, leapMs, ...meanwhile }: Told): Promise<Played> {
  setScene(world, asked);
  before?.();
  const process = processFor(asked);
  return play({ world, process, ...(leapMs !== undefined && { leapMs }) }, asked, meanwhile);
}

function replicas(namespace: string, name: string, wanted?: number): number {
  const { control } = world.cluster;
  if (wanted !== undefined) {
    control.patch({ kind: 'Deployment', namespace, name }, { spec: { replicas: wanted } });
    control.settle();
    world.time.advance(5_000);
    control.settle();
  }
  return Number(valueAt(control.get('Deployment', namespace, name), '/spec/replicas'));
}

it('gradual scaling ends at the second step after which health fails, and what was added stays', async () => {
  const { state, reason, plan, steps } = await told(theOne('gl-008', 'gradual'), {
    came: ({ position }) => {
      if (position === 3) world.health = 503;
    },
  });
  const kinds = plan.steps.slice(0, 4).map(({ kind }) => kind);
  expect(kinds).toEqual(['autoscaler', 'check', 'wait', 'autoscaler']);
  expect(state).toBe('left');
  expect(reason).toContain('answers 503');
  expect(steps.at(-1)).toMatchObject({ position: 4, state: 'blocked' });
  expect(replicas('greenlang-gl008', 'steam-trap-inspector')).toBe(8);
});

const watched = ['gl-agents', 'gl-010-emissionwatch'] as const;

it('a scale-down does not begin while work is waiting', async () => {
  const { state, reason } = await told(theOne('gl-010', 'scale-down'), {
    before: () => replicas(...watched, 18),
    drawn: (_, answers) => {
      answers.instead = ({ metric }) => (metric?.below === 500 ? 600 : undefined);
    },
  });
  expect(state).toBe('left');
  expect(reason).toContain('the query gives 600, wanted below 500');
  expect(replicas(...watched)).toBe(18);
});

it('a scale-down after which no data came in for a time is not called done', async () => {
  const { state, reason, plan, steps } = await told(theOne('gl-010', 'scale-down'), {
    before: () => replicas(...watched, 18),
    drawn: (_, answers) => {
      answers.instead = ({ metric }) => (metric?.above === 0 ? 0 : undefined);
    },
  });
  expect(state).toBe('left');
  expect(reason).toContain('the query gives 0, wanted above 0');
  expect(steps.at(-1)).toMatchObject({ position: plan.steps.length - 1, state: 'blocked' });
  expect(replicas(...watched)).toBe(15);
});

const thermaliq = ['gl-009-production', 'thermaliq'] as const;

/** Where an autoscaler decides how many there are, no plan takes one away. */
function eightByHand(): void {
  world.cluster.control.remove('HorizontalPodAutoscaler', 'gl-009-production', 'thermaliq-hpa');
  replicas(...thermaliq, 8);
}

it('no pod is taken away before all of them have their grace period', async () => {
  const graces: unknown[] = [];
  const stop = world.cluster.control.onChange((change) => {
    if (change.name !== 'thermaliq' || change.replicas !== 4 || graces.length > 0) return;
    const pods = world.cluster.control
      .list('Pod', change.namespace)
      .filter((pod) => valueAt(pod, '/metadata/deletionTimestamp') === undefined);
    graces.push(...pods.map((pod) => valueAt(pod, '/spec/terminationGracePeriodSeconds')));
  });
  const { state } = await told(theOne('gl-009', 'scale-down'), {
    before: () => {
      eightByHand();
      graces.length = 0;
    },
  });
  stop();
  expect(state).toBe('applied');
  expect(graces).toEqual([300, 300, 300, 300, 300, 300, 300, 300]);
});

it('pods that do not come up with their grace period end a scale-down before it takes one away', async () => {
  const { state, reason } = await told(theOne('gl-009', 'scale-down'), {
    before: () => {
      eightByHand();
      world.cluster.control.podFailure(...thermaliq, 'ImagePullBackOff');
    },
    leapMs: minuteMs,
  });
  expect(state).toBe('reverted');
  expect(reason).toContain('put back: grace period in seconds 30, env not set');
  expect(replicas(...thermaliq)).toBe(8);
  const template = world.cluster.control.get('Deployment', ...thermaliq);
  expect(JSON.stringify(template?.['spec'])).not.toContain('SHUTDOWN_GRACE_PERIOD');
});

it('an emergency adds pods and restarts no database, however few connections that takes', async () => {
  const { state, plan, steps } = await told(theOne('gl-010', 'emergency'), {
    drawn: (_, answers) => {
      answers.instead = ({ fact }) => (fact?.name === 'max-connections' ? 100 : undefined);
    },
  });
  expect(state).toBe('applied');
  expect(changesIn(plan).map(({ kind }) => kind)).toEqual(['autoscaler']);
  expect(JSON.stringify(plan.steps)).not.toMatch(/restart/i);
  expect(steps.find(({ state: one }) => one === 'warned')?.detail).toContain(
    '100, wanted at least 200',
  );
  expect(replicas(...watched)).toBe(20);
});

it('a pre-scale whose pods find no node ends within what its card promises, and nothing else is begun', async () => {
  const asked = theOne('gl-001', 'pre-scale');
  const { state, reason, steps } = await told(asked, {
    leapMs: minuteMs,
    before: () =>
      world.cluster.control.podFailure(
        'greenlang',
        'gl-001-process-heat-orchestrator',
        'Unschedulable',
      ),
  });
  expect(state).toBe('left');
  expect(reason).toMatch(/not ready after 10 minutes.*the replicas that were added stay/);
  expect(steps.map(({ position }) => position)).toEqual([0]);
  const [first] = steps;
  expect((first?.untilMs ?? 0) - (first?.sinceMs ?? 0)).toBeLessThan(11 * 60_000);
});

it('an hour of watching that sees slow answers ends a complete workflow at once, and its pods are as before', async () => {
  let cameMs = 0;
  let kinds: readonly string[] = [];
  const { state, reason, plan, steps } = await told(theOne('gl-003', 'complete-workflow'), {
    came: ({ position, sinceMs }, answers) => {
      if (kinds[position] !== 'wait') return;
      cameMs = sinceMs;
      answers.instead = ({ metric }) => (metric?.below === 0.5 ? 0.7 : undefined);
    },
    drawn: (drawn) => {
      kinds = drawn.steps.map(({ kind }) => kind);
    },
  });
  expect(state).toBe('reverted');
  expect(reason).toContain('the query gives 0.7, wanted below 0.5');
  // Pods read it when they start, so it is as before when they start anew.
  expect(reason).toMatch(/put back: DATABASE_PORT not set, DATABASE_HOST not set, restart not set/);
  const last = steps.at(-1);
  expect(plan.steps[last?.position ?? 0]?.kind).toBe('wait');
  expect((last?.untilMs ?? 0) - cameMs).toBeLessThan(3_600_000);
});

it('objects of a plan that failed are gone again, and nothing is said of pods they never had', async () => {
  const { state, reason } = await told(theOne('gl-009', 'redis-sentinel'), {
    leapMs: minuteMs,
    before: () =>
      world.cluster.control.podFailure('gl-009-production', 'redis-sentinel', 'ImagePullBackOff'),
  });
  expect(state).toBe('reverted');
  expect(reason).toContain('ConfigMap redis-sentinel-config is gone again');
  expect(reason).not.toContain('set back');
});

const inspector = ['greenlang-gl008', 'steam-trap-inspector'] as const;

/** The night's plan by its schedule, 22:00 in Berlin; undefined when none was drawn at that time. */
async function atNight(process: AppProcess, at: string): Promise<Card | undefined> {
  const drawnLast = async () => (await database.pool.query<Card>(newest)).rows[0];
  const before = await drawnLast();
  world.answering = new GoodAnswers();
  world.time.advance(Date.parse(at) - world.time.ms);
  await through(world, () => process.begin('night', () => runSchedules(process.parts)), 0);
  const card = await drawnLast();
  return card?.id === before?.id ? undefined : card;
}

const newest = 'select id, hash from plan order by created_at desc limit 1';

async function startNight(process: AppProcess): Promise<void> {
  const [run] = world.queue.splice(0);
  if (run === undefined) throw new Error('the rule approved nothing');
  await through(world, () => process.run(run), 0);
}

const offPeak = { ...rules, scheduled: 'approve' } as const satisfies Rules;

it('the night begins at 22:00 on people’s clocks, also in the night in which they are put forward', async () => {
  const process = world.startProcess(offPeak);
  for (const [early, due] of [
    ['2027-03-27T20:59:00Z', '2027-03-27T21:00:10Z'],
    ['2027-03-28T19:59:00Z', '2027-03-28T20:00:10Z'],
  ] as const) {
    setScene(world, theOne('gl-008', 'off-peak'));
    expect(await atNight(process, early)).toBeUndefined();
    const card = await atNight(process, due);
    if (card === undefined) throw new Error(`nothing was drawn at ${due}`);
    const { state } = await playOn({ world, process }, { card, begin: () => startNight(process) });
    expect(state).toBe('applied');
    expect(replicas('greenlang-gl008', 'worker')).toBe(3);
    const owner = world.cluster.control.get(
      'HorizontalPodAutoscaler',
      inspector[0],
      `${inspector[1]}-hpa`,
    );
    expect(valueAt(owner, '/spec/minReplicas')).toBe(2);
  }
  process.kill();
});

it('a night in a freeze takes no pod away, whoever approves it', async () => {
  const frozen = ['2027-03-29 00:00', '2027-03-30 00:00'] as const;
  const process = world.startProcess({ ...offPeak, frozen });
  setScene(world, theOne('gl-008', 'off-peak'));
  const before = replicas('greenlang-gl008', 'worker');
  const card = await atNight(process, '2027-03-29T20:00:10Z');
  if (card === undefined) throw new Error('nothing was drawn');
  expect(world.queue).toEqual([]);
  for (const by of [people.ann, people.bob, people.oncall]) {
    const ballot = { planId: card.id, planHash: card.hash, by, kind: 'approve' } as const;
    await through(world, () => process.begin('vote', () => castVote(process.parts)(ballot)));
  }
  await pass(world, 10_000);
  const { rows } = await database.pool.query('select state from plan where id = $1', [card.id]);
  expect({ rows, queue: world.queue }).toEqual({ rows: [{ state: 'proposed' }], queue: [] });
  expect(replicas('greenlang-gl008', 'worker')).toBe(before);
  process.kill();
});
