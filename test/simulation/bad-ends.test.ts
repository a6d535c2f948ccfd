// How procedures end that do not go as their guides hope: what each guide cares about most holds then too.

import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { valueAt } from '../../src/change/pointer.ts';
import { changesOf } from '../../src/plan/step.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { runSchedules } from '../../src/workflow/run-schedules.ts';
import { type Shipped, shippedProcedures } from '../plan/shipped-procedures.ts';
import type { AppProcess } from './app-process.ts';
import { createSimulatedDatabase, type SimulatedDatabase } from './database.ts';
import { GoodAnswers } from './good-answers.ts';
import { type Meanwhile, type Played, play, playOn } from './play.ts';
import { people, type Rules } from './scene.ts';
import { setScene, startStage } from './stage.ts';
import { type Card, pass, through } from './story.ts';
import type { World } from './world.ts';

let database: SimulatedDatabase;
let world: World;
beforeAll(async () => {
  database = await createSimulatedDatabase(inject('testServer'));
  world = await startStage(database);
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

function shipped(system: string, id: string, given: Shipped['given'] = {}): Shipped {
  const found = shippedProcedures().find((each) => each.profile.id === system && each.id === id);
  if (found === undefined) throw new Error(`no procedure ${id} of ${system}`);
  return { ...found, given: { ...found.given, ...given } };
}

interface Told extends Meanwhile {
  readonly before?: () => void;
  /** (Default: with a database that is asked.) */
  readonly rules?: Rules;
}

async function told(
  asked: Shipped,
  { before, rules: other = rules, ...meanwhile }: Told,
): Promise<Played> {
  setScene(world, asked);
  before?.();
  const process = world.startProcess(other);
  const played = await play({ world, process }, asked, meanwhile);
  process.kill();
  return played;
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
  const { state, reason, plan, steps } = await told(shipped('gl-008', 'gradual'), {
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
  const { state, reason } = await told(shipped('gl-010', 'scale-down'), {
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
  const { state, reason, plan, steps } = await told(shipped('gl-010', 'scale-down'), {
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
  const { state } = await told(shipped('gl-009', 'scale-down'), {
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
  const { state, reason } = await told(shipped('gl-009', 'scale-down'), {
    before: () => {
      eightByHand();
      world.cluster.control.podFailure(...thermaliq, 'ImagePullBackOff');
    },
  });
  expect(state).toBe('reverted');
  expect(reason).toContain('put back: grace period in seconds 30, env not set');
  expect(replicas(...thermaliq)).toBe(8);
  const template = world.cluster.control.get('Deployment', ...thermaliq);
  expect(JSON.stringify(template?.['spec'])).not.toContain('SHUTDOWN_GRACE_PERIOD');
});

it('an emergency adds pods and restarts no database, however few connections that takes', async () => {
  const { state, plan, steps } = await told(shipped('gl-010', 'emergency'), {
    drawn: (_, answers) => {
      answers.instead = ({ fact }) => (fact?.name === 'max-connections' ? 100 : undefined);
    },
  });
  expect(state).toBe('applied');
  expect(changesOf(plan).map(({ kind }) => kind)).toEqual(['autoscaler']);
  expect(JSON.stringify(plan.steps)).not.toMatch(/restart/i);
  expect(steps.find(({ state: one }) => one === 'warned')?.detail).toContain(
    '100, wanted at least 200',
  );
  expect(replicas(...watched)).toBe(20);
});

it('a pre-scale whose pods find no node ends within what its card promises, and nothing else is begun', async () => {
  const asked = shipped('gl-001', 'pre-scale');
  const { state, reason, steps } = await told(asked, {
    rules: { mode: 'apply', required: 1 },
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
  const { state, reason, plan, steps } = await told(shipped('gl-003', 'complete-workflow'), {
    rules: { mode: 'apply', required: 1 },
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
  const last = steps.at(-1);
  expect(plan.steps[last?.position ?? 0]?.kind).toBe('wait');
  expect((last?.untilMs ?? 0) - cameMs).toBeLessThan(3_600_000);
});

it('objects of a plan that failed are gone again, and nothing is said of pods they never had', async () => {
  const { state, reason } = await told(shipped('gl-009', 'redis-sentinel'), {
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
    setScene(world, shipped('gl-008', 'off-peak'));
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
  setScene(world, shipped('gl-008', 'off-peak'));
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
