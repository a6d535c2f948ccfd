// Counters and conditions of a Deployment, with the order and wording recorded from the real controller.
import { timestamp } from '../clock.ts';
import type { JsonObject } from '../json.ts';
import { clone, count, nameOf, namespaceOf, object, objects, text } from '../json.ts';
import { deployment } from '../resources/deployment.ts';
import { replicaSet } from '../resources/replica-set.ts';
import type { ClusterState } from '../state.ts';
import { writeStatus } from './actor.ts';
import { limitsOf } from './rollout-limits.ts';

interface Claim {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const find = (conditions: readonly JsonObject[], type: string) =>
  conditions.find((item) => item['type'] === type);

/** Sets a condition. The same claim again leaves everything as it is, unless `renew` asks for a new update time. */
function claim(
  conditions: readonly JsonObject[],
  made: Claim,
  now: string,
  renew = false,
): JsonObject[] {
  const current = find(conditions, made.type);
  const same = current?.['status'] === made.status && current['reason'] === made.reason;
  if (same && !renew) return [...conditions];
  const sameStatus = current?.['status'] === made.status;
  const since = sameStatus ? text(current, 'lastTransitionTime') : now;
  return [
    ...conditions.filter((item) => item !== current),
    {
      type: made.type,
      status: made.status,
      lastUpdateTime: now,
      lastTransitionTime: since,
      reason: made.reason,
      message: made.message,
    },
  ];
}

/** Notes that a rollout began with a new ReplicaSet. */
export function newReplicaSetCreated(state: ClusterState, held: JsonObject, name: string): void {
  const status = clone(object(held, 'status'));
  const conditions = claim(
    objects(status, 'conditions'),
    {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${name}"`,
    },
    timestamp(state.clock.now()),
  );
  writeStatus(state, deployment, held, { ...status, conditions });
}

type Counters = Readonly<
  Record<'replicas' | 'updated' | 'ready' | 'available' | 'unavailable' | 'terminating', number>
>;

function counters(fresh: JsonObject | undefined, sets: readonly JsonObject[]): Counters {
  const total = (key: string) => sets.reduce((sum, set) => sum + count(set, ['status', key]), 0);
  const available = total('availableReplicas');
  const wished = sets.reduce((sum, set) => sum + count(set, ['spec', 'replicas']), 0);
  return {
    replicas: total('replicas'),
    updated: count(fresh, ['status', 'replicas']),
    ready: total('readyReplicas'),
    available,
    unavailable: Math.max(0, wished - available),
    terminating: total('terminatingReplicas'),
  };
}

function progress(
  state: ClusterState,
  held: JsonObject,
  name: string,
  counted: Counters,
  conditions: readonly JsonObject[],
): JsonObject[] {
  const now = timestamp(state.clock.now());
  const old = object(held, 'status');
  const current = find(conditions, 'Progressing');
  const desired = count(held, ['spec', 'replicas'], 1);
  const settled =
    counted.replicas === counted.updated && current?.['reason'] === 'NewReplicaSetAvailable';
  if (settled) return [...conditions];
  const made = (status: 'True' | 'False', reason: string, message: string): Claim => ({
    type: 'Progressing',
    status,
    reason,
    message: `ReplicaSet "${name}" ${message}`,
  });
  const { updated, replicas, available, ready } = counted;
  if (updated === desired && replicas === desired && available === desired) {
    const claimed = made('True', 'NewReplicaSetAvailable', 'has successfully progressed.');
    return claim(conditions, claimed, now);
  }
  const oldReplicas = replicas - updated;
  const progressed =
    updated > count(old, ['updatedReplicas']) ||
    oldReplicas < count(old, ['replicas']) - count(old, ['updatedReplicas']) ||
    ready > count(old, ['readyReplicas']) ||
    available > count(old, ['availableReplicas']);
  if (progressed)
    return claim(conditions, made('True', 'ReplicaSetUpdated', 'is progressing.'), now, true);
  const deadline = count(held, ['spec', 'progressDeadlineSeconds'], 600) * 1000;
  const since = Date.parse(text(current, 'lastUpdateTime'));
  const late = current !== undefined && state.clock.now().getTime() - since > deadline;
  return late
    ? claim(
        conditions,
        made('False', 'ProgressDeadlineExceeded', 'has timed out progressing.'),
        now,
      )
    : [...conditions];
}

function pauseClaim(
  held: JsonObject,
  conditions: readonly JsonObject[],
  now: string,
): JsonObject[] {
  const paused = object(held, 'spec')['paused'] === true;
  const current = find(conditions, 'Progressing');
  const says = (reason: string, message: string): JsonObject[] =>
    claim(conditions, { type: 'Progressing', status: 'Unknown', reason, message }, now);
  if (paused) return says('DeploymentPaused', 'Deployment is paused');
  return current?.['reason'] === 'DeploymentPaused'
    ? says('DeploymentResumed', 'Deployment is resumed')
    : [...conditions];
}

/** Writes counters and conditions. */
export function writeDeploymentStatus(
  state: ClusterState,
  held: JsonObject,
  fresh: JsonObject | undefined,
  old: readonly JsonObject[],
): void {
  const latest = (set: JsonObject) =>
    state.store.get(replicaSet, namespaceOf(set), nameOf(set)) ?? set;
  const current = state.store.get(deployment, namespaceOf(held), nameOf(held));
  if (current === undefined) return;
  const newSet = fresh === undefined ? undefined : latest(fresh);
  const sets = [...old.map(latest), ...(newSet === undefined ? [] : [newSet])];
  const counted = counters(newSet, sets);
  const now = timestamp(state.clock.now());
  const { desired, unavailable } = limitsOf(current);
  let conditions = pauseClaim(current, objects(current, 'status', 'conditions'), now);
  const enough = counted.available >= desired - unavailable;
  const paused = object(current, 'spec')['paused'] === true;
  if (newSet !== undefined && !paused) {
    conditions = progress(state, current, nameOf(newSet), counted, conditions);
  }
  conditions = claim(
    conditions,
    {
      type: 'Available',
      status: enough ? 'True' : 'False',
      reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      message: enough
        ? 'Deployment has minimum availability.'
        : 'Deployment does not have minimum availability.',
    },
    now,
  );
  conditions = replicaFailure(conditions, newSet, now);
  writeStatus(state, deployment, current, printStatus(current, counted, conditions));
}

function replicaFailure(
  conditions: readonly JsonObject[],
  newSet: JsonObject | undefined,
  now: string,
): JsonObject[] {
  const failed = find(objects(newSet, 'status', 'conditions'), 'ReplicaFailure');
  if (failed === undefined) return conditions.filter((item) => item['type'] !== 'ReplicaFailure');
  return claim(
    conditions,
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: text(failed, 'reason'),
      message: text(failed, 'message'),
    },
    now,
  );
}

function printStatus(
  held: JsonObject,
  counted: Counters,
  conditions: readonly JsonObject[],
): JsonObject {
  const some = (key: string, value: number) => (value === 0 ? {} : { [key]: value });
  return {
    observedGeneration: count(held, ['metadata', 'generation']),
    ...some('replicas', counted.replicas),
    ...some('updatedReplicas', counted.updated),
    ...some('readyReplicas', counted.ready),
    ...some('availableReplicas', counted.available),
    ...some('unavailableReplicas', counted.unavailable),
    terminatingReplicas: counted.terminating,
    conditions: [...conditions],
  };
}
