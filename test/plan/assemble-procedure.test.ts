// What a procedure becomes as a plan: which steps are changes, which are gates, and which are left to people, by what headroom.yaml says.

import { describe, expect, it } from 'vitest';
import { targetKey, type WorkloadRef } from '../../src/change/change.ts';
import type { ClusterState } from '../../src/change/compare.ts';
import { assembleProcedurePlan } from '../../src/plan/assemble-procedure.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type ProcedureFacts, readsOf } from '../../src/plan/procedure-facts.ts';
import { whyNoReplicas } from '../../src/plan/replica-step.ts';
import type { DatabaseLook } from '../../src/plan/sql-changes.ts';
import { isChange, targetsOf } from '../../src/plan/step.ts';
import type { System } from '../../src/plan/system.ts';
import type { StepChange } from '../../src/sizing/planned-step.ts';
import { makeDatabasePlace, makeSystem, makeWorkloadState, now } from '../make.ts';
import { planOf } from '../profile/plan-of.ts';
import { readProfile } from '../profile/read-profile.ts';

const profile = readProfile('gl-008');
const origin = { kind: 'command', commandId: 'c-1', by: 'U0ANN' } as const;

/** The workload as a cluster shows it, with a DB_URL that is there already. */
function stateOf({ kind, name }: WorkloadRef): ClusterState {
  const container = { name, image: 'x:1', env: [{ name: 'DB_URL', value: 'postgresql://db/old' }] };
  const spec = { replicas: 4, template: { metadata: {}, spec: { containers: [container] } } };
  return {
    workload: makeWorkloadState({ replicas: 4 }),
    autoscaler: undefined,
    objects: [{ kind, name, resourceVersion: '1', value: { metadata: {}, spec }, writers: [] }],
  };
}

function drawn(
  procedure: string,
  over: Partial<System> = {},
  seen: Pick<ProcedureFacts, 'databases'> = {},
): Plan {
  const system = makeSystem({ profile, ...over });
  const plan = planOf(system.profile.id, procedure);
  const states = new Map(
    readsOf(plan, system).workloads.map((workload) => [
      targetKey(workload),
      workload.name === 'pgbouncer'
        ? { workload: undefined, autoscaler: undefined, objects: [] }
        : stateOf(workload),
    ]),
  );
  const facts = { ...seen, system, id: procedure, plan, states, objects: new Map(), origin, now };
  const result = assembleProcedurePlan(facts, { id: 'p-1', revision: 1 });
  if (result.kind === 'refused') throw new Error(result.because);
  return result.plan;
}

const shape = ({ steps }: Plan) =>
  steps.map((step) => {
    if (!isChange(step)) return step.kind;
    return step.kind === 'patch' || step.kind === 'create'
      ? `${step.kind} ${step.object.kind}`
      : step.kind;
  });

const pooler = { host: 'db.example', port: 5432, image: 'pgbouncer:1', userlist: 'users' };

describe('a pooler before the database', () => {
  it('is a person’s work where headroom.yaml does not say where the database is', () => {
    const plan = drawn('pgbouncer');
    expect(shape(plan)).toEqual(['human', 'patch Deployment', 'human', 'human']);
    expect(plan.steps[0]).toMatchObject({
      who: 'somebody for databases',
      say: expect.stringContaining('headroom.yaml does not say where the database is'),
    });
  });

  it('is made before the application is pointed to it where it does, and both are locked', () => {
    const health = new Map([['health', 'http://shop.example/health']]);
    const plan = drawn('pgbouncer', {
      databases: new Map([['main', makeDatabasePlace({ pooler })]]),
      endpoints: health,
    });
    expect(shape(plan)).toEqual([
      'create ConfigMap',
      'create Deployment',
      'create Service',
      'create PodDisruptionBudget',
      'human',
      'patch Deployment',
      'check',
      // Nobody said how to see clients that wait for the pooler.
      'human',
    ]);
    expect(targetsOf(plan).map((target) => target.split('/').at(-1))).toEqual([
      'pgbouncer',
      'steam-trap-inspector',
    ]);
  });

  it('is seen working before the application is pointed to it, where Headroom can look', () => {
    const main = makeDatabasePlace({ pooler, poolerExporter: true });
    const plan = drawn('pgbouncer', { databases: new Map([['main', main]]) });
    expect(shape(plan).slice(3)).toEqual([
      'create PodDisruptionBudget',
      'human',
      'check',
      'patch Deployment',
      'human',
      'check',
    ]);
    const metric = { promql: expect.stringContaining('client_waiting'), atMost: 0 };
    expect(plan.steps[4]).toMatchObject({
      what: expect.stringMatching(/^Log in through the pooler .*Secret users .*SCRAM-SHA-256/),
    });
    expect(plan.steps[5]).toMatchObject({ look: { metric, withinSeconds: 300 } });
  });

  it('stands where the database is, also when that is another namespace than the application’s', () => {
    const main = { operated: 'shop-db', namespace: 'databases' };
    const plan = drawn('pgbouncer', { databases: new Map([['main', makeDatabasePlace(main)]]) });
    expect(plan.steps[0]).toMatchObject({
      kind: 'create',
      object: { kind: 'Pooler', namespace: 'databases' },
    });
  });

  it('is the operator’s own where that keeps the database', () => {
    const plan = drawn('pgbouncer', {
      databases: new Map([['main', makeDatabasePlace({ operated: 'shop-db' })]]),
    });
    expect(shape(plan).slice(0, 2)).toEqual(['create Pooler', 'patch Deployment']);
  });
});

it('a replica of a plain server is a person’s, who learns why no pod is added', () => {
  const plan = drawn('read-routing', { profile: readProfile('gl-010') });
  expect(plan.steps[0]).toMatchObject({
    what: 'See that database main has 2 read replicas, those that are there included: pg_basebackup -R into an empty directory, with a slot of its own, then start it',
    say: expect.stringContaining('a second, empty primary'),
  });
});

it('a step of SQL is a person’s without a connection, who learns that and what the guide says of it', () => {
  const [, , human] = drawn('hypertable', { profile: readProfile('gl-001') }).steps;
  expect(human).toMatchObject({
    say: 'Measurements older than 90 days are dropped for good. headroom.yaml names no connection for database main',
  });
});

it('a refusal says why, however much there is to say of the step', () => {
  const look = { primary: { facts: { extensions: new Map() }, answers: [] }, standbys: new Map() };
  const databases = new Map([[1, look as unknown as DatabaseLook]]);
  const draw = () => drawn('timescale', { profile: readProfile('gl-003') }, { databases });
  expect(draw).toThrow(/^step 1 \(.{119}…\): this database has no TimescaleDB/);
});

it('a step whose address nobody names is looked at by a person, and says why', () => {
  const [, , human] = drawn('pgbouncer').steps;
  expect(human).toMatchObject({
    kind: 'human',
    say: expect.stringContaining('headroom.yaml names no address for health'),
  });
});

it('pods that are added bit by bit build on each other', () => {
  const plan = drawn('gradual');
  const sizes = plan.steps.flatMap((step) =>
    step.kind === 'scale' ? [[step.before.replicas, step.after.replicas]] : [],
  );
  expect(sizes).toEqual([
    [4, 6],
    [6, 8],
    [8, 10],
    [10, 12],
    [12, 14],
    [14, 16],
  ]);
  expect(plan.replicas).toEqual({ before: 4, after: 16 });
  expect(plan.cost?.afterUsdPerMonth).toBeGreaterThan(plan.cost?.beforeUsdPerMonth ?? 0);
});

it('goes on without a cluster that does not answer, whose steps are left to a person', () => {
  const plan = planOf('gl-008', 'failover', { east: 'east' });
  const system = makeSystem({ profile });
  const reads = readsOf(plan, system);
  const states = new Map(
    reads.workloads
      .filter(({ cluster }) => cluster !== 'east')
      .map((workload) => [targetKey(workload), stateOf(workload)]),
  );
  const away = new Map([['east', 'reading Deployment x: it cannot be reached (ECONNREFUSED)']]);
  const result = assembleProcedurePlan(
    {
      system,
      id: 'failover',
      plan,
      states,
      objects: new Map(),
      away,
      origin,
      now,
    },
    { id: 'p-1', revision: 1 },
  );
  if (result.kind === 'refused') throw new Error(result.because);
  expect(shape(result.plan)[0]).toBe('scale');
  expect(result.plan.steps.at(-1)).toMatchObject({
    kind: 'human',
    what: expect.stringContaining('When cluster east answers again'),
  });
  // Traffic of a region that is gone is measured by nobody: what only guards its pods does not stop the plan.
  const guards = result.plan.steps.flatMap((step) =>
    step.kind === 'check' ? [[Object.keys(step.look)[0], step.otherwise]] : [],
  );
  expect(guards).toEqual([
    ['rollout', 'stop'],
    ['metric', 'warn'],
  ]);
});

it.each([
  [{ isEmergency: true, isAlert: false }, /never adds or takes away replicas/],
  [{ isEmergency: false, isAlert: true }, /never adds or takes away replicas/],
  [{ isEmergency: false, isAlert: false }, undefined],
])('a plan of birth %o is refused replicas: %s', (birth, because) => {
  const place = { component: 'store', namespace: 'shop', name: 'store', container: 'store' };
  const target = { ...place, kind: 'StatefulSet' } as const;
  const metadata = { name: 'main', namespace: 'shop' };
  const cluster = { apiVersion: 'postgresql.cnpg.io/v1', kind: 'Cluster', metadata };
  const said = (change: StepChange) =>
    whyNoReplicas(
      [{ number: 1, kind: change.kind, what: 'replicas', change, notes: [], source: '' }],
      birth,
    );
  for (const change of [
    { kind: 'database', database: 'main', deed: 'replicas', replicas: 2 },
    { kind: 'apply', target, object: { ...cluster, spec: { instances: 3 } } },
    { kind: 'scale', target, replicas: 3, floor: true },
    { kind: 'autoscaler', target, name: 'store', minReplicas: 3 },
  ] as const) {
    if (because === undefined) expect(said(change)).toBeUndefined();
    else expect(said(change)).toMatch(because);
  }
  const storage = { kind: 'apply', target, object: { ...cluster, spec: { storage: {} } } } as const;
  expect(said(storage)).toBeUndefined();
});

it('what is worth knowing of a step names the number that the card gives it, not the one in the profile', () => {
  const databases = new Map([['main', makeDatabasePlace({ pooler })]]);
  const { notes } = drawn('pgbouncer', { databases });
  expect(notes).toContainEqual(expect.stringMatching(/^step 6: Every pod is replaced/));
});
