// One of everything Headroom can say, by name, for the tests that hold every message to the same rules.

import type { VoteResult } from '../../src/approval/vote-result.ts';
import type { DatabaseSeen } from '../../src/database/health-lines.ts';
import { cardMessage } from '../../src/message/card.ts';
import {
  helpMessage,
  misuseMessage,
  refusedMessage,
  statusMessage,
  systemsMessage,
} from '../../src/message/command-reply.ts';
import { leaseMessage, leaseReply } from '../../src/message/lease-words.ts';
import type { Message, Modal } from '../../src/message/message.ts';
import type { PlanView } from '../../src/message/plan-view.ts';
import { outcomeMessage, progressMessage } from '../../src/message/thread.ts';
import { reasonModal, voteReply } from '../../src/message/vote-reply.ts';
import { whatIfMessage } from '../../src/message/what-if-reply.ts';
import { assembleAlertPlan } from '../../src/plan/assemble.ts';
import { assembleAutoscalerPlan } from '../../src/plan/assemble-autoscaler.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { PlanCheck } from '../../src/plan/plan-check.ts';
import { roomChecks } from '../../src/plan/room-checks.ts';
import { withReverts } from '../../src/plan/with-reverts.ts';
import type { PlanRecord, RunChange } from '../../src/ports.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import { type NamespaceSeen, type Room, type RoomFacts, roomFor } from '../../src/sizing/room.ts';
import { roomLines } from '../../src/sizing/room-words.ts';
import { whatIf } from '../../src/sizing/what-if.ts';
import {
  after,
  componentOf,
  hashOf,
  makeAlertFacts,
  makeAlertOfPlan,
  makeAutoscalerChange,
  makeAutoscalerState,
  makeClusterState,
  makeCommandPlan,
  makeDatabaseHealth,
  makeDecrease,
  makeLease,
  makePatchChange,
  makePlan,
  makeReading,
  makeRecord,
  makeScaleChange,
  makeStoredAlert,
  makeSystem,
  makeSystems,
  makeView,
  makeVote,
  makeWorkload,
  now,
  people,
  triggerOf,
} from '../make.ts';
import { makeNodes, makeRoomFacts, makeWanted, makeWorkers } from '../sizing/room-samples.ts';

const { ann, bob, dan, eve } = people;
const selfHealed = {
  when: 'soon',
  note: 'Argo CD (application steam-traps) keeps replicas of Deployment worker as Git has it and sets that back within about 3 minutes, for self-heal is on.',
} as const;
const byFile = {
  when: 'later',
  note: 'kubectl apply keeps cpu request of Deployment worker as the file has it and sets that back when somebody applies that file again.',
} as const;
const name = { id: 'p-0abcd', revision: 1 };
const drawn = (over: Parameters<typeof makeAlertFacts>[0] = {}) =>
  assembleAlertPlan(makeAlertFacts(over), name);
const usual = drawn();

const yearEnd = 'freeze year-end (Year-end closing) until 2027-01-03 08:00 Europe/Berlin';

function view(
  record: Partial<PlanRecord> = {},
  over: Omit<Partial<PlanView>, 'record'> & { readonly by?: readonly string[] } = {},
): PlanView {
  const { by = [], ...rest } = over;
  const plan = record.plan ?? usual;
  const votes = by.map((who) =>
    makeVote(who, { planHash: hashOf(plan), reason: 'nobody else is awake' }),
  );
  return makeView({ record: makeRecord({ ...record, plan }), votes, ...rest });
}

const run = { planId: 'p-0abcd', number: 1, state: 'running', queuedAt: after(60) } as const;
const ran = (...changes: readonly Omit<RunChange, 'position'>[]) => ({
  run,
  changes: changes.map((change, position) => ({ ...change, position })),
});
const state = (
  to: PlanRecord['state'],
  record: Partial<PlanRecord> = {},
  over: Parameters<typeof view>[1] = {},
) => view({ state: to, stateAt: after(90), ...record }, { by: [bob], ...over });

const accepted: readonly PlanCheck[] = [
  {
    kind: 'dry-run',
    result: 'ok',
    text: 'The cluster would accept this (server-side dry run)',
  },
  { kind: 'access', result: 'ok', text: 'Headroom may write it' },
];
/** The usual plan with what was found out about room for it. */
const checked = (facts: RoomFacts): Plan => ({
  ...usual,
  checks: [...accepted, ...roomChecks(workersIn(facts))],
});

/** Bigger pods and one more, as a command draws it. */
const resized = makeCommandPlan(eve, {
  replicas: { before: 5, after: 6 },
  requests: {
    container: 'worker',
    before: { cpuMillicores: 2000, memoryMi: 4096 },
    after: { cpuMillicores: 2500, memoryMi: 5120 },
  },
  steps: [
    makePatchChange({
      fields: [
        ...makePatchChange().fields,
        { pointer: '/spec/limits', what: 'limits', after: { cpu: '5', memory: '10Gi' } },
      ],
    }),
    makeScaleChange({ after: { replicas: 6 } }),
  ],
  checks: accepted,
});
const resizedAlone = makeCommandPlan(eve, {
  replicas: { before: 5, after: 5 },
  requests: { container: 'worker', before: {}, after: { memoryMi: 5120 } },
  steps: [makePatchChange()],
  checks: [
    {
      kind: 'dry-run',
      result: 'unknown',
      text: 'whether the cluster accepts this: changing deployments: no answer in time',
    },
  ],
});

/** Changes with gates between them, as a procedure has them. */
const gated = makeCommandPlan(eve, {
  steps: [
    makeScaleChange(),
    {
      kind: 'check',
      look: {
        metric: { promql: 'sum(inspection_queue_depth)', cluster: 'production', atMost: 500 },
        withinSeconds: 600,
      },
      otherwise: 'stop',
      say: 'With a backlog the night is skipped.',
    },
    { kind: 'wait', seconds: 120, look: { rollout: makeWorkload() } },
    {
      kind: 'human',
      what: 'Point DNS to the other region',
      who: 'network operations',
      look: { http: { url: 'http://shop.example/health', status: 200 }, withinSeconds: 60 },
    },
    makeScaleChange({ before: { replicas: 8 }, after: { replicas: 10 } }),
  ],
});
const asking = [
  { position: 0, state: 'verified' },
  { position: 1, state: 'warned', detail: 'the query gives nothing (no data)' },
  { position: 2, state: 'passed', detail: 'the time has passed' },
  { position: 3, state: 'holding', detail: 'waiting for somebody to say that it is done' },
] as const satisfies readonly RunChange[];
/** An autoscaler's minimum, raised for an alert for two hours. */
const lent = makePlan({
  replicas: { before: 4, after: 8 },
  steps: [makeAutoscalerChange()],
  lease: { seconds: 7_200, triggers: ['inspection-backlog'] },
});
const unmeasured = makeCommandPlan(eve, { lease: { seconds: 5_400, triggers: [] } });
const lease = (over: Parameters<typeof makeLease>[0] = {}) =>
  view(
    { plan: lent, state: 'applied', stateAt: after(120) },
    { by: [bob], lease: makeLease(over) },
  );
const held = {
  held: 'alert',
  note: 'InspectionQueueBacklog is firing',
  extendedBy: 'headroom',
} as const;
/** Nothing is left to remind of. */
const { remindAt: _remindAt, ...soon } = makeLease();

const stops = [`Everything is stopped by <@${dan}>: incident 12`];
const system = makeSystem();
const inspector = {
  component: componentOf(system.profile, 'steam-trap-inspector'),
  trigger: triggerOf(system.profile, 'high-cpu-inspector'),
  workload: makeWorkload({ name: 'steam-trap-inspector' }),
  measured: makeReading(0.84),
  arrival: undefined,
  alertValue: 0.88,
  origin: {
    kind: 'alert',
    alertname: 'HighCPUUtilization',
    fingerprint: '8d915370a6357713',
    startsAt: '2026-11-22T03:06:33.13807347Z',
    summary: 'High CPU utilization - consider scaling up',
  },
} as const;
const owned = (over: Parameters<typeof makeAutoscalerState>[0]) => ({
  ...inspector,
  cluster: makeClusterState({
    autoscaler: makeAutoscalerState({ name: 'inspector-hpa', ...over }),
  }),
});
const lookAt = { kind: 'investigate', lookAt: ['recent rollouts', 'slow queries'] } as const;
const cacheHits = {
  id: 'cache-hits',
  unit: 'ratio',
  fires: 'below',
  fireAt: 0.2,
  warnAt: 0.5,
  lookAt: ['queries that read whole tables'],
} as const;
const doubtful = {
  ...inspector.trigger,
  source: 'Scaling Alerts',
  lookAt: ['slow queries, before more pods hide them'],
} as typeof inspector.trigger;
const afterRelease = (answer: number) => ({
  doubt: {
    promql: 'sum(releases)',
    above: 0,
    say: 'A release ended less than half an hour ago.',
    source: 'Decision tree',
  },
  reading: makeReading(answer),
});
const sudden = (answer?: number) => ({
  doubt: {
    promql: 'sum(cpu) / sum(cpu offset 10m) - 1',
    above: 0.5,
    say: 'CPU rose by more than half within ten minutes',
    source: 'Decision tree',
  },
  reading:
    answer === undefined
      ? ({ kind: 'missing', because: 'no such series', source: 'q' } as const)
      : makeReading(answer),
});
const maxedOutAlert = makeAlertOfPlan({ alertname: 'KubeHpaMaxedOut' });
const maxedOut = (over: Parameters<typeof makeAutoscalerState>[0]) =>
  assembleAutoscalerPlan(
    {
      system: makeSystem({ id: 'shop', title: 'Web shop', profile: emptyProfile }),
      componentId: 'web',
      component: undefined,
      workload: makeWorkload({ namespace: 'shop', name: 'web' }),
      cluster: makeClusterState({
        autoscaler: makeAutoscalerState({
          name: 'web-hpa',
          maxReplicas: 5,
          desiredReplicas: 5,
          limited: true,
          metrics: [
            { name: 'cpu', current: 1.8, target: 0.7, unit: 'ratio' },
            { name: 'orders_waiting', current: 45.5, target: 30, unit: '' },
          ],
          ...over,
        }),
      }),
      now,
      origin: {
        ...inspector.origin,
        alertname: 'KubeHpaMaxedOut',
        summary: 'HPA shop/web-hpa has been running at max replicas for longer than 15 minutes.',
      },
    },
    name,
  );
const twoChanges = makePlan({
  steps: [
    makeScaleChange(),
    makeScaleChange({ workload: makeWorkload({ name: 'api-gateway' }), undo: 'none' }),
  ],
});

const quotasOf = (used: number): NamespaceSeen['quotas'] => ({
  kind: 'known',
  value: [
    {
      name: 'team-a',
      scopes: [],
      lines: [
        { resource: 'requests.cpu', used, hard: 20_000 },
        { resource: 'pods', used: 19, hard: 20 },
      ],
    },
  ],
});
const forbidden = (right: string) =>
  ({
    kind: 'unknown',
    because: `Headroom may not ${right}; grant it that in a ClusterRole`,
  }) as const;
const workersIn = (facts: RoomFacts, replicas = 8): Room =>
  roomFor([makeWanted({ replicas })], facts);

/** The card in every state and in the ways in which a state is told differently. */
export const cardViews = {
  'card-proposed': view(),
  'card-proposed-arrival-unknown': view({
    plan: drawn({ arrival: { kind: 'missing', because: 'no such series', source: 'q' } }),
  }),
  'card-proposed-nodes-full': view({
    plan: checked(makeRoomFacts({ nodes: makeNodes(1), pods: makeWorkers(7, 1) })),
  }),
  'card-proposed-nodes-come': view({
    plan: checked(makeRoomFacts({ nodes: [], grows: true })),
  }),
  'card-proposed-quota': view({
    plan: checked(makeRoomFacts({ quotas: quotasOf(18_000) })),
  }),
  'card-proposed-stale': view({
    plan: drawn({ measured: { kind: 'stale', value: 400, ageSeconds: 720, source: 'q' } }),
  }),
  'card-proposed-freeze': view({}, { freezes: [yearEnd] }),
  'card-proposed-freeze-decrease': view({ plan: makeDecrease() }, { freezes: [yearEnd] }),
  'card-proposed-share': view({ plan: drawn(inspector) }),
  'card-proposed-autoscaler-minimum': view({ plan: drawn(owned({})) }),
  'card-proposed-autoscaler-maximum': view({
    plan: drawn(owned({ maxReplicas: 5, limited: true })),
  }),
  'card-proposed-without-profile': view({ plan: maxedOut({}) }, { alerts: [maxedOutAlert] }),
  'card-enough-without-profile': view(
    { plan: maxedOut({ limited: false, desiredReplicas: 3 }) },
    { alerts: [maxedOutAlert] },
  ),
  'card-proposed-second-alert': view(
    { plan: { ...usual, id: 'p-1bcde', revision: 2, replaces: 'p-0abcd' } },
    {
      alerts: [
        makeAlertOfPlan({ resolvedAt: '2026-11-22T03:11:00Z' }),
        ...Array.from({ length: 7 }, (_, index) => makeAlertOfPlan({ fingerprint: `${index}` })),
      ],
    },
  ),
  'card-proposed-decrease': view(
    {
      plan: makeDecrease({
        checks: [
          ...accepted,
          {
            kind: 'disruption',
            result: 'warning',
            text: 'PodDisruptionBudget worker wants at least 5 pods available, and 4 would be left: draining a node would wait for ever',
          },
        ],
      }),
    },
    { by: [bob], alerts: [] },
  ),
  'card-proposed-on-call': view({ plan: makeCommandPlan(dan) }, { alerts: [] }),
  'card-proposed-only-requester-listed': view(
    { plan: makeCommandPlan(ann) },
    {
      alerts: [],
      rule: { ...(system.rule as NonNullable<typeof system.rule>), approvers: [ann], oncall: [] },
    },
  ),
  'card-proposed-stopped': view({}, { stops }),
  'card-cleared': view({ clearedAt: after(60) }),
  'card-observe': view({}, { mode: 'observe' }),
  'card-without-policy': view({}, { rule: undefined }),
  'card-irreversible': view({ plan: twoChanges }),
  'card-investigate': view({
    plan: drawn({
      trigger: { ...triggerOf(system.profile, 'inspection-backlog'), ...lookAt } as never,
    }),
  }),
  'card-investigate-below': view({
    plan: drawn({
      trigger: { ...triggerOf(system.profile, 'api-latency'), ...cacheHits },
      measured: { kind: 'stale', value: 0.9, ageSeconds: 720, source: 'q' },
      arrival: undefined,
      alertValue: 0.15,
      origin: { ...inspector.origin, alertname: 'CacheHits', summary: 'Cache hits are at 15 %' },
    }),
  }),
  'card-investigate-doubt': view({
    plan: drawn({ ...inspector, trigger: doubtful, doubts: [afterRelease(1), sudden(0.2)] }),
  }),
  'card-proposed-doubts': view({
    plan: drawn({ ...inspector, trigger: doubtful, doubts: [afterRelease(0), sudden()] }),
  }),
  'card-enough': view({ plan: drawn({ measured: makeReading(200) }) }),
  'card-commit': view({ plan: withReverts(usual, [selfHealed], 'apply') }),
  'card-kept-elsewhere': view({ plan: withReverts(resizedAlone, [byFile], 'apply') }),
  'card-cluster-silent': view({
    plan: drawn({
      cluster: undefined,
      clusterProblem: 'asking cluster production: it does not answer',
    }),
  }),
  'card-stateful-set': view({
    plan: drawn({ workload: makeWorkload({ kind: 'StatefulSet', name: 'store' }) }),
  }),
  'card-approved': state('approved', { startBy: after(990) }),
  'card-approved-stopped': state('approved', { startBy: after(990) }, { stops }),
  'card-approved-by-hand': state('approved', { startBy: after(990) }, { mode: 'propose' }),
  'card-approved-by-hand-autoscaler': state(
    'approved',
    { startBy: after(990), plan: drawn(owned({})) },
    { mode: 'propose' },
  ),
  'card-denied': state('denied', { reason: `denied by <@${ann}>: a release runs` }, { by: [] }),
  'card-expired': state('expired', {}, { by: [] }),
  'card-expired-observe': state('expired', {}, { by: [], mode: 'observe' }),
  'card-withdrawn': state(
    'withdrawn',
    { reason: 'The alert had cleared and nobody approved it anyway within 15 minutes.' },
    { by: [] },
  ),
  'card-superseded': state('superseded', {
    reason: 'Plan p-1bcde asks for 12 replicas.',
    supersededBy: 'p-1bcde',
  }),
  'card-lapsed': state('lapsed', { reason: 'It was approved, but did not start in time.' }),
  'card-applying': state('applying', {}, ran({ state: 'writing' })),
  'card-applying-stopped': state('applying', {}, { ...ran({ state: 'written' }), stops }),
  'card-unknown': state(
    'unknown',
    { reason: 'The process that carried it out stopped answering.' },
    ran({ state: 'writing' }),
  ),
  'card-applied-watching': state(
    'applied',
    { outcome: 'pending', outcomeBy: after(1_000) },
    ran({ state: 'verified' }),
  ),
  'card-applied-helped': state('applied', {
    outcome: 'helped',
    outcomeNote: 'inspection-backlog 812 → 240 jobs, below 250, 4 min after the change.',
  }),
  'card-applied-not-helped': state('applied', {
    outcome: 'not-helped',
    outcomeNote: 'inspection-backlog 812 → 900 jobs 15 min after the change, not below 250.',
  }),
  'card-applied-unmeasured': state('applied', {
    outcome: 'unmeasured',
    outcomeNote: 'No measurement 15 min after the change: no such series.',
  }),
  'card-applied-by-command': state(
    'applied',
    { plan: makeCommandPlan(eve) },
    { alerts: [], ...ran({ state: 'verified' }) },
  ),
  'card-drifted': state(
    'left',
    {
      reason:
        'Deployment worker has 6 replicas, the plan saw 5 (changed by kubectl-edit, 2026-11-22 03:12 UTC); nothing was written',
    },
    ran(),
  ),
  'card-not-ready': state(
    'left',
    { reason: 'not ready after 10 minutes: 6 of 8 pods ready: 2 pods Unschedulable: no nodes' },
    ran({ state: 'failed' }),
  ),
  'card-drifted-after-interruption': state(
    'left',
    { reason: 'Deployment worker has 6 replicas, the plan saw 5; nothing was written' },
    { run: { ...run, number: 2 } },
  ),
  'card-failed': state(
    'failed',
    { reason: 'not ready after 10 minutes: 6 of 8 pods ready' },
    ran({ state: 'failed' }),
  ),
  'card-proposed-resize': state('proposed', { plan: resized }, { by: [] }),
  'card-proposed-resize-unchecked': state('proposed', { plan: resizedAlone }, { by: [] }),
  'card-approved-by-hand-resize': state(
    'approved',
    { startBy: after(990), plan: resizedAlone },
    { mode: 'propose' },
  ),
  'card-left-resize': state(
    'left',
    { plan: resizedAlone, reason: 'it was stuck; cpu request could not be put back: drift' },
    ran({ state: 'kept' }),
  ),
  'card-proposed-lease': state('proposed', { plan: lent }, { by: [] }),
  'card-proposed-lease-unmeasured': state('proposed', { plan: unmeasured }, { by: [], alerts: [] }),
  'card-approved-lease-by-hand': state(
    'approved',
    { plan: lent, startBy: after(990) },
    { mode: 'propose' },
  ),
  'card-applied-lease': lease(),
  'card-applied-lease-held': lease(held),
  'card-applied-lease-given': lease({ state: 'given', stateAt: after(7_300) }),
  'card-applied-nothing-lent': state('applied', { plan: lent }),
  'card-reverted': state('reverted', { reason: 'not ready after 10 minutes: 6 of 8 pods ready' }),
} as const satisfies Record<string, PlanView>;

const results = {
  'reply-approved': { kind: 'approved', starts: true },
  'reply-approved-by-hand': { kind: 'approved', starts: false },
  'reply-counted': { kind: 'counted', because: '1 of 2 approvals' },
  'reply-denied': { kind: 'denied' },
  'reply-already-voted': { kind: 'already-voted' },
  'reply-reason-needed': { kind: 'reason-needed' },
  'reply-refused': {
    kind: 'refused',
    because:
      'Only people listed under policy rule "production" may decide on steam-traps. You are not on that list; nothing was changed.',
  },
  'reply-no-such-plan': { kind: 'no-such-plan' },
} as const satisfies Record<string, VoteResult>;

const sized = (sites: string, seen?: Parameters<typeof whatIfMessage>[2]) => {
  const result = whatIf(system.profile, new Map([['sites', sites]]));
  if (result.kind === 'misuse') throw new Error(result.mistakes.join());
  return whatIfMessage(system.title, result, seen);
};
const running = (room: Room) => ({
  changes: [
    { component: 'worker', field: 'replicas', current: 5, planned: 15, decrease: false } as const,
  ],
  notes: [],
  room: roomLines(room),
  scaleWith: (component: string, replicas: number) =>
    `/scale steam-traps/${component} replicas=${replicas}`,
});

function statusOf(...databases: readonly DatabaseSeen[]): Message {
  return statusMessage({
    systems: [system],
    leases: [],
    plans: [],
    stops: [],
    freezes: [],
    unrouted: { count: 0, newest: [] },
    clusters: [],
    databases,
    messagesOwed: 0,
  });
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  convert: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}

/** Every kind of message. */
export const messages: Readonly<Record<string, Message>> = {
  ...mapValues<PlanView, Message>(cardViews, cardMessage),
  ...mapValues<VoteResult, Message>(results, voteReply),
  'progress-begun': progressMessage(state('applying', { plan: twoChanges }, { run })),
  'progress-half': progressMessage(
    state(
      'applying',
      { plan: twoChanges },
      ran({ state: 'verified' }, { state: 'written', detail: '6 of 8 pods ready: 2 pods Pending' }),
    ),
  ),
  'progress-waiting': progressMessage(
    state(
      'applying',
      { plan: gated },
      {
        run,
        changes: [
          { position: 0, state: 'verified' },
          { position: 1, state: 'passed', detail: 'the query gives 12' },
          { position: 2, state: 'holding', detail: 'letting time pass', since: after(100) },
        ],
      },
    ),
  ),
  'progress-asking': progressMessage(
    state('applying', { plan: gated }, { run, changes: asking, ticks: [] }),
  ),
  'progress-asked': progressMessage(
    state(
      'applying',
      { plan: gated },
      { run, changes: asking, ticks: [{ position: 3, by: bob, at: after(120) }] },
    ),
  ),
  'progress-gate-stopped': progressMessage(
    state(
      'left',
      { plan: gated },
      ran(
        { state: 'verified' },
        { state: 'blocked', detail: 'the query gives 900, wanted at most 500' },
      ),
    ),
  ),
  'progress-taken-back': progressMessage(
    state(
      'reverted',
      { plan: resized },
      ran({ state: 'reverted', detail: '3 of 5 pods replaced' }, { state: 'blocked' }),
    ),
  ),
  'progress-taking-back': progressMessage(
    state('applying', { plan: resized }, ran({ state: 'reverting' }, { state: 'kept' })),
  ),
  'progress-stopped': progressMessage(
    state('applying', {}, { ...ran({ state: 'written' }), stops }),
  ),
  'progress-refused': progressMessage(
    state(
      'left',
      {},
      ran({ state: 'refused', detail: 'admission webhook "quota" denied the request' }),
    ),
  ),
  'progress-unknown': progressMessage(state('unknown', {}, ran({ state: 'unknown' }))),
  'outcome-helped': outcomeMessage({
    ...cardViews['card-applied-helped'],
    alerts: [makeAlertOfPlan({ resolvedAt: '2026-11-22T03:20:00Z' })],
    auditHead: { seq: 12, hash: 'a'.repeat(64) },
  }),
  'outcome-not-helped': outcomeMessage({
    ...cardViews['card-applied-not-helped'],
    auditHead: { seq: 12, hash: 'a'.repeat(64) },
  }),
  'outcome-some-alerts': outcomeMessage({
    ...cardViews['card-applied-helped'],
    alerts: [makeAlertOfPlan({ resolvedAt: '2026-11-22T03:20:00Z' }), makeAlertOfPlan()],
  }),
  'outcome-all-alerts': outcomeMessage({
    ...cardViews['card-applied-helped'],
    alerts: [
      makeAlertOfPlan({ resolvedAt: '2026-11-22T03:25:00Z' }),
      makeAlertOfPlan({ resolvedAt: '2026-11-22T03:20:00Z' }),
    ],
  }),
  'outcome-drifted': outcomeMessage({ ...cardViews['card-drifted'], alerts: [] }),
  'lease-lent': leaseMessage(lease(), 1),
  'lease-extended': leaseMessage(lease({ extendedBy: bob }), 1),
  'lease-reminder': leaseMessage({ ...lease(), lease: soon }, 1),
  'lease-asked': leaseMessage(lease({ askedBy: ann }), 1),
  'lease-held-by-alert': leaseMessage(lease(held), 1),
  'lease-held-nothing-measures': leaseMessage(
    lease({
      held: 'nothing-measures',
      note: 'nothing measures what fewer pods would have to carry, so a person must give it back',
    }),
    1,
  ),
  'lease-held-by-cluster': leaseMessage(
    lease({
      ...held,
      held: 'cluster',
      note: 'changing autoscaler shop/worker-hpa in cluster production: forbidden',
    }),
    1,
  ),
  'lease-giving': leaseMessage(lease({ state: 'giving' }), 1),
  'lease-unknown': leaseMessage(lease({ state: 'unknown', note: 'no answer came (timeout)' }), 1),
  'lease-given': leaseMessage(lease({ state: 'given', stateAt: after(7_300) }), 1),
  'lease-given-asked': leaseMessage(
    lease({ state: 'given', stateAt: after(3_600), askedBy: ann }),
    1,
  ),
  'lease-ended': leaseMessage(
    lease({
      state: 'ended',
      note: 'autoscaler worker-hpa has minReplicas 6, the plan had set 8 (changed by kubectl-edit, 2026-11-22 04:00 UTC)',
    }),
    1,
  ),
  'lease-older': leaseMessage(lease({ message: 2 }), 1),
  'lease-reply-extended': leaseReply({ kind: 'extended', dueAt: after(7_200) }),
  'lease-reply-asked': leaseReply({ kind: 'asked' }),
  'lease-reply-refused': leaseReply({
    kind: 'refused',
    because: 'it is being given back right now',
  }),
  'lease-reply-none': leaseReply({ kind: 'no-such-lease' }),
  'command-help': helpMessage({ capacity: '/capacity', scale: '/scale' }),
  'command-misuse': misuseMessage('/capacity', 'there is no "stauts"; did you mean "status"?'),
  'command-refused': refusedMessage('worker already has 5 replicas'),
  'command-systems': systemsMessage(
    makeSystems(
      system,
      makeSystem({ id: 'boilers', title: 'Boilers', mode: 'observe', rule: undefined }),
    ),
  ),
  'command-systems-none': systemsMessage(new Map()),
  'command-status-quiet': statusMessage({
    systems: [system],
    leases: [],
    plans: [],
    stops: [],
    freezes: [],
    unrouted: { count: 0, newest: [] },
    clusters: [{ cluster: 'production' }],
    databases: [],
    messagesOwed: 0,
  }),
  'command-status-database': statusOf(
    { kind: 'seen', name: 'main', health: makeDatabaseHealth() },
    { kind: 'unseen', name: 'reports', because: 'it did not answer within 3 s' },
  ),
  'command-status-database-trouble': statusOf({
    kind: 'seen',
    name: 'main',
    health: makeDatabaseHealth({
      connections: {
        used: 91,
        byState: [
          { name: 'idle in transaction', count: 60 },
          { name: 'active', count: 31 },
        ],
        byApplication: [{ name: '<!channel> *worker*', count: 80 }],
      },
      standbys: [
        { name: 'east', state: 'streaming', sync: 'async', lagSeconds: 72, lagBytes: 9e9 },
        { name: 'west', state: 'catchup', sync: 'async', lagSeconds: 2, lagBytes: 4096 },
        { name: 'south' },
      ],
      counters: { hits: 85, reads: 15, transactions: 1, atSeconds: 1 },
      transactionsPerSecond: { kind: 'missing', because: 'it did not answer within 3 s' },
      transactions: [
        { role: 'report', application: 'nightly', state: 'idle in transaction', seconds: 4000 },
        { role: 'app', application: 'worker', state: 'active', seconds: 3 },
      ],
      invalidIndexes: ['public.a', 'public.b', 'public.c', 'public.d'],
      settingsPending: ['max_connections'],
      backupHours: { kind: 'value', value: 30 },
    }),
  }),
  'command-status-standby': statusOf({
    kind: 'seen',
    name: 'main',
    health: makeDatabaseHealth({
      server: {
        version: '15.18',
        database: 'shop',
        isStandby: true,
        maxConnections: 100,
        reserved: 3,
      },
      standbys: [],
      replay: { isReceiving: true, lagSeconds: 14, lagBytes: 2_500_000 },
    }),
  }),
  'command-status-busy': statusMessage({
    systems: [system],
    leases: [
      { lease: makeLease(), plan: lent },
      { lease: makeLease({ planId: 'p-3defg', ...held }), plan: lent },
    ],
    plans: [
      makeRecord({ plan: usual }),
      makeRecord({ plan: makeDecrease({ id: 'p-2cdef' }), state: 'applied', outcome: 'pending' }),
    ],
    stops: [
      { scope: '*', by: dan, reason: 'incident 12', stoppedAt: now },
      { scope: 'system:boilers', by: 'cli:root', stoppedAt: now },
    ],
    freezes: [yearEnd],
    unrouted: {
      count: 7,
      newest: [
        makeStoredAlert({ labels: { alertname: 'DiskFull' } }),
        makeStoredAlert({ labels: {} }),
      ],
    },
    clusters: [
      { cluster: 'production' },
      { cluster: 'staging', problem: 'asking cluster staging: it does not answer' },
    ],
    databases: [],
    messagesOwed: 1,
  }),
  'command-what-if': sized('100'),
  'command-plan-room': sized('100', running(workersIn(makeRoomFacts({ nodes: makeNodes(4) }), 15))),
  'command-plan-no-room': sized(
    '100',
    running(workersIn(makeRoomFacts({ nodes: makeNodes(1), quotas: quotasOf(18_000) }), 15)),
  ),
  'command-plan-room-not-known': sized(
    '100',
    running(
      workersIn(
        { nodes: forbidden('list nodes of cluster production'), namespaces: new Map() },
        15,
      ),
    ),
  ),
  'command-what-if-too-many': sized('1000'),
};

const token = { planId: 'p-0abcd', planHash: 'a'.repeat(64) };

/** Every modal. */
export const modals: Readonly<Record<string, Modal>> = {
  'modal-deny': reasonModal('deny', token),
  'modal-approve': reasonModal('approve', token),
};
