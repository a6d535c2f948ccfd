// Makes test values that are complete and usual; a test names only what it is about.

import type { ApprovalRule, Case, Vote } from '../src/approval/condition.ts';
import type {
  AutoscalerChange,
  PatchChange,
  ScaleChange,
  WorkloadRef,
} from '../src/change/change.ts';
import type {
  AutoscalerState,
  ClusterState,
  SeenObject,
  WorkloadState,
} from '../src/change/compare.ts';
import type { DatabaseHealth } from '../src/database/health-lines.ts';
import type { Lease } from '../src/lease/lease.ts';
import type { PlanView } from '../src/message/plan-view.ts';
import type { AlertFacts } from '../src/plan/assemble.ts';
import type { Reading } from '../src/plan/observation.ts';
import { type Plan, planHash, planText } from '../src/plan/plan.ts';
import type { DatabasePlace, PolicyRule, System, Systems } from '../src/plan/system.ts';
import type {
  AlertOfPlan,
  Databases,
  IncomingAlert,
  PlanRecord,
  StoredAlert,
} from '../src/ports.ts';
import { parseProfile } from '../src/profile/parse-profile.ts';
import type { Component, Profile, Trigger } from '../src/profile/profile.ts';
import { formatMistake } from '../src/yaml/parse-yaml.ts';
import { readProfileFile } from './profile/read-fixture.ts';

/** The moment all made values agree on. */
export const now = new Date('2026-11-22T03:12:00.000Z');

/** A moment so many seconds after `now`. */
export function after(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

export const people = { ann: 'U0ANN', bob: 'U0BOB', carla: 'U0CARLA', dan: 'U0DAN', eve: 'U0EVE' };

const steamTraps = read('gl-008');

/** The profile most tests plan with. */
export function makeProfile(over: Partial<Profile> = {}): Profile {
  return { ...steamTraps, ...over };
}

function read(id: string): Profile {
  const file = `${id}.yaml`;
  const parsed = parseProfile(readProfileFile(file), file);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return parsed.value;
}

/** Ann, Bob and Carla approve, one is enough, two for what is risky; Dan is on call. */
export function makeRule(over: Partial<PolicyRule> = {}): PolicyRule {
  return {
    name: 'production',
    requesters: [],
    approvers: [people.ann, people.bob, people.carla],
    required: 1,
    requiredForRisky: 2,
    oncall: [people.dan],
    oncallMayApproveOwn: true,
    approvesScheduled: false,
    expireAfterSeconds: 30 * 60,
    startWithinSeconds: 15 * 60,
    ...over,
  };
}

export function makeSystem(over: Partial<System> = {}): System {
  const profile = over.profile ?? makeProfile();
  const cluster = over.cluster ?? 'production';
  return {
    id: 'steam-traps',
    title: 'Steam traps',
    profile,
    mode: 'apply',
    cluster,
    channel: 'C0STEAMTRAP',
    workloads: new Map(
      [...profile.components].map(([id, { workload }]) => [id, { cluster, ...workload }]),
    ),
    endpoints: new Map(),
    addresses: new Map(),
    databases: new Map(),
    schedules: [],
    freezes: [],
    routes: [{ alertname: 'InspectionQueueBacklog', namespace: 'greenlang-gl008' }],
    rule: makeRule(),
    ...over,
  };
}

export function makeSystems(...systems: readonly System[]): Systems {
  const all = systems.length === 0 ? [makeSystem()] : systems;
  return new Map(all.map((system) => [system.id, system]));
}

export function makeWorkload(over: Partial<WorkloadRef> = {}): WorkloadRef {
  return {
    cluster: 'production',
    namespace: 'greenlang-gl008',
    kind: 'Deployment',
    name: 'worker',
    ...over,
  };
}

export function makeWorkloadState(over: Partial<WorkloadState> = {}): WorkloadState {
  return {
    resourceVersion: '1041',
    replicas: 5,
    readyReplicas: 5,
    updatedReplicas: 5,
    observed: true,
    notReady: [],
    ...over,
  };
}

export function makeAutoscalerState(over: Partial<AutoscalerState> = {}): AutoscalerState {
  return {
    name: 'worker-hpa',
    resourceVersion: '1042',
    minReplicas: 4,
    maxReplicas: 20,
    active: true,
    limited: false,
    metrics: [],
    ...over,
  };
}

export function makeClusterState(over: Partial<ClusterState> = {}): ClusterState {
  return { workload: makeWorkloadState(), autoscaler: undefined, objects: [], ...over };
}

export function makeScaleChange(over: Partial<ScaleChange> = {}): ScaleChange {
  return {
    kind: 'scale',
    workload: makeWorkload(),
    before: { replicas: 5 },
    after: { replicas: 8 },
    floor: true,
    undo: 'exact',
    ...over,
  };
}

export function makeAutoscalerChange(over: Partial<AutoscalerChange> = {}): AutoscalerChange {
  return {
    kind: 'autoscaler',
    workload: makeWorkload(),
    autoscaler: { cluster: 'production', namespace: 'greenlang-gl008', name: 'worker-hpa' },
    before: { minReplicas: 4, maxReplicas: 20 },
    after: { minReplicas: 8, maxReplicas: 20 },
    floor: true,
    undo: 'exact',
    ...over,
  };
}

/** The worker's cpu request from 2 cores to 2500m, in one container without limits. */
export function makePatchChange(over: Partial<PatchChange> = {}): PatchChange {
  const here = '/spec/template/spec/containers/0';
  return {
    kind: 'patch',
    workload: makeWorkload(),
    object: {
      cluster: 'production',
      namespace: 'greenlang-gl008',
      kind: 'Deployment',
      name: 'worker',
    },
    fields: [
      {
        pointer: `${here}/resources/requests/cpu`,
        what: 'cpu request',
        before: '2',
        after: '2500m',
      },
    ],
    guards: [{ pointer: `${here}/name`, equals: 'worker' }],
    rollout: true,
    decrease: false,
    floor: false,
    undo: 'exact',
    ...over,
  };
}

/** The worker's Deployment as patches see it: one container with these resources. */
export function makeSeenDeployment(
  resources: Readonly<Record<string, unknown>> = { requests: { cpu: '2', memory: '4Gi' } },
  spec: Readonly<Record<string, unknown>> = {},
): SeenObject {
  return {
    kind: 'Deployment',
    name: 'worker',
    resourceVersion: '1041',
    value: {
      spec: { template: { spec: { containers: [{ name: 'worker', resources }] } }, ...spec },
    },
    writers: [],
  };
}

/** An autoscaler of the worker as patches see it, with these metrics. */
export function makeSeenAutoscaler(metrics: readonly unknown[]): SeenObject {
  return {
    kind: 'HorizontalPodAutoscaler',
    name: 'worker-hpa',
    resourceVersion: '1042',
    value: { spec: { metrics } },
    writers: [],
  };
}

/** The ScaledObject that makes the worker's autoscaler. */
export function makeSeenScaledObject(
  spec: Readonly<Record<string, unknown>> = { minReplicaCount: 2, maxReplicaCount: 20 },
  annotations: Readonly<Record<string, string>> = {},
): SeenObject {
  return {
    kind: 'ScaledObject',
    name: 'worker',
    resourceVersion: '1043',
    value: { metadata: { annotations }, spec: { scaleTargetRef: { name: 'worker' }, ...spec } },
    writers: [],
  };
}

export function makeReading(value: number, over: { readonly ageSeconds?: number } = {}): Reading {
  const ageSeconds = over.ageSeconds ?? 3;
  return { kind: 'value', value, at: after(-ageSeconds), ageSeconds, source: 'the query' };
}

/** What is known when the usual alert is answered: 5 workers, 812 jobs wait, 300 a minute arrive. */
export function makeAlertFacts(over: Partial<AlertFacts> = {}): AlertFacts {
  const system = over.system ?? makeSystem();
  return {
    system,
    component: componentOf(system.profile, 'worker'),
    trigger: triggerOf(system.profile, 'inspection-backlog'),
    workload: makeWorkload(),
    cluster: makeClusterState(),
    now,
    measured: makeReading(812),
    arrival: makeReading(300),
    alertValue: 812,
    origin: alertOrigin,
    ...over,
  };
}

export function componentOf(profile: Profile, id: string): Component {
  const component = profile.components.get(id);
  if (component === undefined) throw new Error(`the profile has no component ${id}`);
  return component;
}

export function triggerOf(profile: Profile, id: string): Trigger {
  const trigger = profile.triggers.get(id);
  if (trigger === undefined) throw new Error(`the profile has no trigger ${id}`);
  return trigger;
}

const alertOrigin = {
  kind: 'alert',
  alertname: 'InspectionQueueBacklog',
  fingerprint: '6b3ccae35d04e9dd',
  startsAt: '2026-11-22T03:01:33.122125729Z',
  summary: 'Large inspection queue backlog - scale up workers',
} as const;

/** A plan that takes the workers from 5 to at least 8, drawn for an alert. */
export function makePlan(over: Partial<Plan> = {}): Plan {
  return {
    id: 'p-0abcd',
    revision: 1,
    system: 'steam-traps',
    title: 'Steam traps',
    component: 'worker',
    trigger: 'inspection-backlog',
    origin: alertOrigin,
    workload: makeWorkload(),
    replicas: { before: 5, after: 8 },
    observations: [
      {
        name: 'inspection-backlog',
        unit: 'jobs',
        kind: 'value',
        value: 812,
        at: after(-3).toISOString(),
        ageSeconds: 3,
        source: 'sum(inspection_queue_depth)',
      },
      {
        name: 'replicas',
        unit: 'pods',
        kind: 'value',
        value: 5,
        at: now.toISOString(),
        ageSeconds: 0,
        source: 'Deployment greenlang-gl008/worker in cluster production',
      },
    ],
    arithmetic: [
      {
        formula: 'ceil((arrival + backlog / drainMinutes) / perPod)',
        values: { arrival: 300, backlog: 812, drainMinutes: 10, perPod: 50 },
        result: 8,
        source: 'Scaling Alerts, InspectionQueueBacklog',
        text: '(300 arriving + 812 ÷ 10 min) ÷ 50 per pod = 7.624 → 8 pods',
      },
    ],
    notes: [],
    limitsMet: [],
    steps: [makeScaleChange()],
    decrease: false,
    cost: { beforeUsdPerMonth: 365, afterUsdPerMonth: 584, source: 'Capacity Planning' },
    outcomeTest: {
      promql: 'sum(inspection_queue_depth)',
      below: 250,
      unit: 'jobs',
      withinSeconds: 15 * 60,
    },
    createdAt: now.toISOString(),
    expiresAt: after(30 * 60).toISOString(),
    startWithinSeconds: 15 * 60,
    ...over,
  };
}

/** The same plan asked for by a person. */
export function makeCommandPlan(by: string, over: Partial<Plan> = {}): Plan {
  const { trigger: _trigger, outcomeTest: _test, ...plan } = makePlan();
  const origin = { kind: 'command', commandId: 'c-0abcd', by, reason: 'the queue grows' } as const;
  return { ...plan, origin, arithmetic: [], ...over };
}

/** A plan that takes a worker away: two people must agree. */
export function makeDecrease(over: Partial<Plan> = {}): Plan {
  return makeCommandPlan(people.eve, {
    replicas: { before: 5, after: 4 },
    steps: [makeScaleChange({ after: { replicas: 4 }, floor: false })],
    decrease: true,
    cost: { beforeUsdPerMonth: 365, afterUsdPerMonth: 292, source: 'Capacity Planning' },
    ...over,
  });
}

export function makeVote(userId: string, over: Partial<Vote> = {}): Vote {
  return { userId, planHash: hashOf(makePlan()), kind: 'approve', castAt: after(60), ...over };
}

export function hashOf(plan: Plan): string {
  return planHash(planText(plan));
}

/** A proposed plan with one approval by Ann, in time, nothing stopped: approved unless a test says otherwise. */
export function makeCase(over: Partial<Case> = {}): Case {
  const plan = over.plan ?? makePlan();
  const hash = over.hash ?? hashOf(plan);
  return {
    plan,
    hash,
    state: 'proposed',
    votes: [makeVote(people.ann, { planHash: hash })],
    rule: makeRule() satisfies ApprovalRule,
    mode: 'apply',
    stops: [],
    now: after(120),
    ...over,
  };
}

/** Capacity that the plan has lent for two hours, one minute after it was drawn. */
export function makeLease(over: Partial<Lease> = {}): Lease {
  return {
    planId: 'p-0abcd',
    target: 'production/greenlang-gl008/Deployment/worker',
    system: 'steam-traps',
    state: 'lent',
    stateAt: after(60),
    lentAt: after(60),
    dueAt: after(60 + 7_200),
    remindAt: after(60 + 6_300),
    attempts: 0,
    message: 1,
    ...over,
  };
}

export function makeRecord(over: Partial<PlanRecord> = {}): PlanRecord {
  const plan = over.plan ?? makePlan();
  return { plan, hash: over.hash ?? hashOf(plan), state: 'proposed', stateAt: now, ...over };
}

export function makeAlertOfPlan(over: Partial<AlertOfPlan> = {}): AlertOfPlan {
  const { alertname, fingerprint, startsAt } = alertOrigin;
  return { alertname, fingerprint, startsAt, deliveries: 1, ...over };
}

export function makeView(over: Partial<PlanView> = {}): PlanView {
  return {
    record: makeRecord(),
    votes: [],
    alerts: [makeAlertOfPlan()],
    rule: makeRule(),
    mode: 'apply',
    stops: [],
    run: undefined,
    changes: [],
    ticks: [],
    auditHead: undefined,
    ...over,
  };
}

/** One alert as Alertmanager delivers it. */
export function makeAlert(over: Partial<IncomingAlert> = {}): IncomingAlert {
  return {
    status: 'firing',
    labels: {
      alertname: 'InspectionQueueBacklog',
      headroom_system: 'steam-traps',
      headroom_component: 'worker',
      namespace: 'greenlang-gl008',
    },
    annotations: { summary: alertOrigin.summary, value: '812' },
    startsAt: alertOrigin.startsAt,
    fingerprint: alertOrigin.fingerprint,
    ...over,
  };
}

export function makeStoredAlert(over: Partial<StoredAlert> = {}): StoredAlert {
  return { ...makeAlert(), id: '1', deliveries: 1, receivedAt: now, lastSeenAt: now, ...over };
}

/** A database that is only named: nothing is asked of it by SQL. */
export function makeDatabasePlace(over: Partial<DatabasePlace> = {}): DatabasePlace {
  return { standbys: new Map(), allow: [], ...over };
}

/** A primary in good order. */
export function makeDatabaseHealth(over: Partial<DatabaseHealth> = {}): DatabaseHealth {
  return {
    server: {
      version: '18.0',
      database: 'shop',
      isStandby: false,
      maxConnections: 100,
      reserved: 3,
    },
    connections: {
      used: 45,
      byState: [
        { name: 'idle', count: 40 },
        { name: 'active', count: 5 },
      ],
      byApplication: [
        { name: 'worker', count: 30 },
        { name: 'api', count: 15 },
      ],
    },
    standbys: [
      { name: 'east', state: 'streaming', sync: 'async', lagSeconds: 0.4, lagBytes: 12_288 },
    ],
    replay: undefined,
    counters: {
      hits: 995,
      reads: 5,
      transactions: 1_000_000,
      atSeconds: 1,
      since: new Date('2026-11-03T00:00:00Z'),
    },
    transactionsPerSecond: { kind: 'value', value: 211.34 },
    transactions: [],
    invalidIndexes: [],
    settingsPending: [],
    sizes: { bytes: 13_421_772_800, largest: [{ name: 'public.reading', bytes: 9_663_676_416 }] },
    backupHours: { kind: 'missing', because: 'only CloudNativePG says, and it is none' },
    ...over,
  };
}

/** For what is about clusters alone: asking a database fails the test. */
export const noDatabases: Databases = {
  read: async ({ name }) => Promise.reject(new Error(`nobody should ask database ${name}`)),
  isOwn: async () => false,
  waitingClients: async ({ name }) =>
    Promise.reject(new Error(`nobody should ask the pooler of ${name}`)),
  write: async ({ database }) =>
    Promise.reject(new Error(`nobody should change database ${database.name}`)),
};

/** The change, which is one of a cluster. */
export function inCluster<T extends { readonly kind: string }>(
  change: T,
): Exclude<T, { readonly kind: 'sql' }> {
  if (change.kind === 'sql') throw new Error('this is a change of a database');
  return change as Exclude<T, { readonly kind: 'sql' }>;
}
