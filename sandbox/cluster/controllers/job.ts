// The Job controller: starts the pods of a Job, counts how they end, and says when it is done.
import { timestamp } from '../clock.ts';
import { createPod } from '../create-pod.ts';
import { deleteObject } from '../deletion.ts';
import type { JsonObject } from '../json.ts';
import { count, list, nameOf, namespaceOf, object, objects, text } from '../json.ts';
import { isFinished } from '../pod-amounts.ts';
import { job } from '../resources/batch.ts';
import { pod } from '../resources/core.ts';
import type { ClusterState } from '../state.ts';
import { ApiError } from '../status.ts';
import {
  controllerManager,
  isLeaving,
  isReady,
  ownedBy,
  podFromTemplate,
  tell,
  tellOnce,
  writeStatus,
} from './actor.ts';

const component = 'job-controller';

interface Verdict {
  readonly first: string;
  readonly last: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

const done: Verdict = {
  first: 'SuccessCriteriaMet',
  last: 'Complete',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};
const failed: Verdict = {
  first: 'FailureTarget',
  last: 'Failed',
  reason: 'BackoffLimitExceeded',
  message: 'Job has reached the specified backoff limit',
};

const hasEnded = (held: JsonObject) =>
  objects(held, 'status', 'conditions').some(
    (item) => ['Complete', 'Failed'].includes(text(item, 'type')) && item['status'] === 'True',
  );

function start(state: ClusterState, held: JsonObject): void {
  const body = podFromTemplate(object(held, 'spec', 'template'), { resource: job, object: held });
  object(body, 'metadata')['generateName'] = `${nameOf(held)}-`;
  try {
    const made = createPod(state, namespaceOf(held), body, { manager: controllerManager });
    const message = `Created pod: ${nameOf(made)}`;
    tell(state, job, held, { type: 'Normal', reason: 'SuccessfulCreate', message, component });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error;
    const message = `Error creating: ${error.message}`;
    tellOnce(state, job, held, { type: 'Warning', reason: 'FailedCreate', message, component });
  }
}

function stop(state: ClusterState, held: JsonObject): void {
  if (isLeaving(held)) return;
  deleteObject(state, pod, held, {
    dryRun: false,
    propagation: undefined,
    uid: '',
    resourceVersion: '',
    graceSeconds: undefined,
  });
}

/** A condition as Jobs have it; one that says the same keeps its times. */
function conditionsWith(held: JsonObject, now: string, types: readonly string[], why: JsonObject) {
  const before = objects(held, 'status', 'conditions').filter(
    (item) => !types.includes(text(item, 'type')),
  );
  const made = types.map((type) => ({
    type,
    status: 'True',
    lastProbeTime: now,
    lastTransitionTime: now,
    ...why,
  }));
  return [...before, ...made];
}

/** What a Job that waits says of itself; one that goes on says so too. */
function suspension(held: JsonObject, now: string): readonly JsonObject[] {
  const known = objects(held, 'status', 'conditions');
  const waits = object(held, 'spec')['suspend'] === true;
  const before = known.find((item) => item['type'] === 'Suspended');
  const status = waits ? 'True' : 'False';
  if (before === undefined ? !waits : before['status'] === status) return known;
  const [reason, message] = waits
    ? ['JobSuspended', 'Job suspended']
    : ['JobResumed', 'Job resumed'];
  const made = { type: 'Suspended', status, lastProbeTime: now, lastTransitionTime: now };
  return [...known.filter((item) => item !== before), { ...made, reason, message }];
}

/** How many more pods should run now. */
function missing(held: JsonObject, active: number, succeeded: number): number {
  const spec = object(held, 'spec');
  const parallel = count(spec, ['parallelism'], 1);
  const wanted = spec['completions'];
  const left = typeof wanted === 'number' ? wanted - succeeded : parallel;
  return Math.min(parallel, succeeded > 0 && wanted === undefined ? 0 : left) - active;
}

function syncJob(state: ClusterState, held: JsonObject): void {
  const now = timestamp(state.clock.now());
  const pods = ownedBy(state, pod, held);
  const phases = (phase: string) =>
    pods.filter((item) => text(item, 'status', 'phase') === phase).length;
  const [succeeded, lost] = [phases('Succeeded'), phases('Failed')];
  const active = pods.filter((item) => !isFinished(item) && !isLeaving(item));
  const waits = object(held, 'spec')['suspend'] === true;
  const wanted = object(held, 'spec')['completions'];
  const isDone =
    typeof wanted === 'number' ? succeeded >= wanted : succeeded > 0 && active.length === 0;
  const isLost = lost > count(held, ['spec', 'backoffLimit'], 6);
  const verdict = isLost ? failed : isDone && !waits ? done : undefined;
  if (waits || verdict !== undefined) for (const item of active) stop(state, item);
  else {
    const more = missing(held, active.length, succeeded);
    for (let made = 0; made < more; made += 1) start(state, held);
  }
  const running =
    waits || verdict !== undefined
      ? []
      : ownedBy(state, pod, held).filter((item) => !isFinished(item) && !isLeaving(item));
  const started = text(held, 'status', 'startTime') || (waits ? '' : now);
  const some = (key: string, value: number) => (value === 0 ? {} : { [key]: value });
  const why = verdict === undefined ? {} : { reason: verdict.reason, message: verdict.message };
  const conditions =
    verdict === undefined
      ? suspension(held, now)
      : conditionsWith(held, now, [verdict.first, verdict.last], why);
  writeStatus(state, job, held, {
    ...(conditions.length === 0 ? {} : { conditions: [...conditions] }),
    ...(started === '' ? {} : { startTime: started }),
    ...(verdict === done ? { completionTime: now } : {}),
    ...some('active', running.length),
    ...some('succeeded', succeeded),
    ...some('failed', lost),
    terminating: pods.filter((item) => isLeaving(item) && !isFinished(item)).length,
    uncountedTerminatedPods: {},
    ready: running.filter(isReady).length,
  });
  if (verdict === undefined) return;
  const [type, reason, message] =
    verdict === done
      ? (['Normal', 'Completed', 'Job completed'] as const)
      : (['Warning', failed.reason, failed.message] as const);
  tellOnce(state, job, held, { type, reason, message, component });
}

/** One pass over all Jobs that have not ended. */
export function syncJobs(state: ClusterState): void {
  for (const held of state.store.list(job)) {
    const isOrphaning = list(held, 'metadata', 'finalizers').length > 0;
    if (!hasEnded(held) && !isLeaving(held) && !isOrphaning) syncJob(state, held);
  }
}
