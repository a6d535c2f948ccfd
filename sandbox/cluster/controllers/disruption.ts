// Counts for each PodDisruptionBudget how many of its pods serve and how many may be evicted.
import { timestamp } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import { count, isObject, nameOf, namespaceOf, object, objects, show, text } from '../json.ts';
import { isFinished } from '../pod-amounts.ts';
import { pod } from '../resources/core.ts';
import { deployment } from '../resources/deployment.ts';
import { disruptionBudget } from '../resources/disruption-budget.ts';
import { replicaSet } from '../resources/replica-set.ts';
import type { Resource } from '../resources/resource.ts';
import { statefulSet } from '../resources/stateful-set.ts';
import { matchesSelector } from '../selector.ts';
import type { ClusterState } from '../state.ts';
import { controllerManager, isLeaving, isReady, writeStatus } from './actor.ts';

/** An eviction that has not happened by then is forgotten, in milliseconds. */
const patienceMs = 120_000;

/** Whether a budget covers a pod. Without a selector it covers none, with an empty one all. */
export function covers(budget: JsonObject, held: JsonObject): boolean {
  const selector = object(budget, 'spec')['selector'];
  return isObject(selector) && matchesSelector(selector, object(held, 'metadata', 'labels'));
}

function ownerOf(
  state: ClusterState,
  held: JsonObject,
  kinds: readonly Resource[],
): readonly [Resource, JsonObject] | undefined {
  const reference = objects(held, 'metadata', 'ownerReferences').find(
    (item) => item['controller'] === true,
  );
  const kind = kinds.find((item) => item.kind === reference?.['kind']);
  const owner = kind && state.store.get(kind, namespaceOf(held), text(reference, 'name'));
  return kind === undefined || owner === undefined ? undefined : [kind, owner];
}

/** The workload that says how many pods of this one's kind there should be. */
function workloadOf(state: ClusterState, held: JsonObject): JsonObject | undefined {
  const found = ownerOf(state, held, [replicaSet, statefulSet]);
  if (found === undefined) return undefined;
  const [kind, owner] = found;
  if (kind !== replicaSet) return owner;
  return ownerOf(state, owner, [deployment])?.[1] ?? owner;
}

/** A number or a share of the total, rounded up. */
function amountOf(value: Json | undefined, total: number): number {
  if (typeof value === 'number') return value;
  return Math.ceil((total * Number(show(value).replace('%', ''))) / 100);
}

interface Counts {
  readonly expected: number;
  readonly desired: number;
}

/** How many pods there should be and how many of them must serve; undefined when a pod belongs to nothing that says. */
function countsOf(
  state: ClusterState,
  budget: JsonObject,
  pods: readonly JsonObject[],
): Counts | undefined {
  const { minAvailable, maxUnavailable } = object(budget, 'spec');
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable };
  const workloads = new Map<string, JsonObject>();
  for (const held of pods) {
    const workload = workloadOf(state, held);
    if (workload === undefined) return undefined;
    workloads.set(text(workload, 'metadata', 'uid'), workload);
  }
  const expected = [...workloads.values()].reduce(
    (sum, workload) => sum + count(workload, ['spec', 'replicas'], 1),
    0,
  );
  if (minAvailable !== undefined) return { expected, desired: amountOf(minAvailable, expected) };
  const lost = maxUnavailable === undefined ? 0 : amountOf(maxUnavailable, expected);
  return { expected, desired: Math.max(0, expected - lost) };
}

/** The condition that says whether an eviction would pass. */
export function allowedCondition(
  budget: JsonObject,
  allowed: number,
  now: string,
  problem = '',
): JsonObject {
  const status = allowed > 0 ? 'True' : 'False';
  const before = objects(budget, 'status', 'conditions').find(
    (item) => item['type'] === 'DisruptionAllowed',
  );
  const enough = allowed > 0 ? 'SufficientPods' : 'InsufficientPods';
  return {
    type: 'DisruptionAllowed',
    status,
    observedGeneration: count(budget, ['metadata', 'generation']),
    lastTransitionTime:
      text(before, 'status') === status ? text(before, 'lastTransitionTime') : now,
    reason: problem === '' ? enough : 'SyncFailed',
    message: problem,
  };
}

/** Evictions that were allowed and whose pods are still there as if nothing was. */
function stillDisrupted(
  state: ClusterState,
  budget: JsonObject,
  pods: readonly JsonObject[],
): JsonObject {
  const now = state.clock.now().getTime();
  return Object.fromEntries(
    Object.entries(object(budget, 'status', 'disruptedPods')).filter(([name, at]) => {
      const held = pods.find((item) => nameOf(item) === name);
      const isFresh = now - Date.parse(show(at)) < patienceMs;
      return held !== undefined && !isLeaving(held) && isFresh;
    }),
  );
}

function syncBudget(state: ClusterState, budget: JsonObject): void {
  const pods = state.store
    .list(pod, namespaceOf(budget))
    .filter((held) => covers(budget, held) && !isFinished(held));
  const disrupted = stillDisrupted(state, budget, pods);
  const healthy = pods.filter(
    (held) => isReady(held) && !isLeaving(held) && disrupted[nameOf(held)] === undefined,
  ).length;
  const counts = countsOf(state, budget, pods);
  const { expected, desired } = counts ?? { expected: 0, desired: 0 };
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const problem = counts === undefined ? 'found no controllers for some of the pods' : '';
  const hasDisrupted = Object.keys(disrupted).length > 0;
  writeStatus(
    state,
    disruptionBudget,
    budget,
    {
      observedGeneration: count(budget, ['metadata', 'generation']),
      ...(hasDisrupted ? { disruptedPods: disrupted } : {}),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [allowedCondition(budget, allowed, timestamp(state.clock.now()), problem)],
    },
    controllerManager,
  );
}

/** One pass over all budgets. */
export function syncBudgets(state: ClusterState): void {
  for (const budget of state.store.list(disruptionBudget)) syncBudget(state, budget);
}
