// The state of a workload as the next change of the same plan will find it, so that changes of one object follow exactly from each other.

import type { AutoscalerChange, Change, CreateChange, PatchChange } from '../change/change.ts';
import type { AutoscalerState, ClusterState, SeenObject } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import { valueAt, withValueAt } from '../change/pointer.ts';
import { scaledObjectLimits } from '../change/scaled-object.ts';
import { unreachable } from '../errors.ts';
import { asServerKeeps } from './server-form.ts';

/** What the change leaves when it was written; nothing else has moved meanwhile. */
export function afterChange(state: ClusterState, change: Change): ClusterState {
  switch (change.kind) {
    case 'scale': {
      const { before, after, workload } = change;
      const now = state.workload?.replicas ?? before.replicas;
      const replicas = change.floor ? Math.max(now, after.replicas) : after.replicas;
      return withField(withReplicas(state, replicas), workload, '/spec/replicas', replicas);
    }
    case 'autoscaler':
      return withLimits(afterLimits(state, change), change.after);
    case 'patch':
      return afterPatch(state, change);
    case 'create':
      return afterCreation(state, change);
    case 'sql':
      return state;
    default:
      return unreachable(change);
  }
}

function afterLimits(state: ClusterState, change: AutoscalerChange): ClusterState {
  const { autoscaler, scaledObject, after } = change;
  let next = state;
  for (const field of ['minReplicas', 'maxReplicas'] as const) {
    const own = { kind: 'HorizontalPodAutoscaler', name: autoscaler.name };
    next = withField(next, own, `/spec/${field}`, after[field]);
    const keda = { kind: 'ScaledObject', name: scaledObject ?? '' };
    next = withField(next, keda, `/spec/${scaledObjectLimits[field].field}`, after[field]);
  }
  return next;
}

function afterPatch(state: ClusterState, { object, fields, workload }: PatchChange): ClusterState {
  const seen = seenObjectOf(object, state);
  if (seen === undefined) return state;
  const value = fields.reduce(
    (so, { pointer, after }) => withValueAt(so, pointer, after),
    seen.value,
  );
  const next = withObject(state, { ...seen, value });
  if (object.kind === workload.kind && object.name === workload.name) {
    const replicas = valueAt(value, '/spec/replicas');
    return typeof replicas === 'number' ? withReplicas(next, replicas) : next;
  }
  const isAutoscaler =
    object.kind === 'HorizontalPodAutoscaler' && object.name === state.autoscaler?.name;
  const limits = isAutoscaler
    ? limitsIn(value, 'minReplicas', 'maxReplicas')
    : object.kind === 'ScaledObject'
      ? limitsIn(value, 'minReplicaCount', 'maxReplicaCount')
      : undefined;
  return limits === undefined ? next : withLimits(next, limits);
}

function afterCreation(state: ClusterState, change: CreateChange): ClusterState {
  const { object, fields, workload } = change;
  const { kind, name } = object;
  const made: SeenObject = {
    kind,
    name,
    resourceVersion: '',
    value: { metadata: {}, ...asServerKeeps(kind, fields) },
    writers: [],
  };
  const next = withObject(state, made);
  if (kind === workload.kind && name === workload.name) {
    const replicas = Number(valueAt(fields, '/spec/replicas') ?? 1);
    return { ...next, workload: newWorkload(replicas) };
  }
  const target = valueAt(fields, '/spec/scaleTargetRef/name');
  if (target !== workload.name || state.autoscaler !== undefined) return next;
  if (kind === 'HorizontalPodAutoscaler') {
    const limits = limitsIn(fields, 'minReplicas', 'maxReplicas');
    return limits === undefined ? next : withLimits(withAutoscaler(next, name, limits), limits);
  }
  if (kind !== 'ScaledObject') return next;
  const limits = limitsIn(fields, 'minReplicaCount', 'maxReplicaCount');
  if (limits === undefined) return next;
  // KEDA makes an autoscaler of its own, by this name.
  const own = `keda-hpa-${name}`;
  const ownerReferences = [{ kind: 'ScaledObject', name }];
  const value = { metadata: { ownerReferences }, spec: limits };
  const keda = { ...made, kind: 'HorizontalPodAutoscaler', name: own, value };
  const listed = withObject({ ...next, scaledObject: { kind: 'seen', object: made } }, keda);
  return withLimits(withAutoscaler(listed, own, limits), limits);
}

type Limits = Pick<AutoscalerState, 'minReplicas' | 'maxReplicas'>;

function limitsIn(value: unknown, least: string, most: string): Limits | undefined {
  const minReplicas = valueAt(value, `/spec/${least}`) ?? 1;
  const maxReplicas = valueAt(value, `/spec/${most}`);
  return typeof minReplicas === 'number' && typeof maxReplicas === 'number'
    ? { minReplicas, maxReplicas }
    : undefined;
}

function withAutoscaler(state: ClusterState, name: string, limits: Limits): ClusterState {
  const autoscaler = {
    name,
    resourceVersion: '',
    ...limits,
    active: true,
    limited: false,
    metrics: [],
  };
  return { ...state, autoscaler };
}

/** An autoscaler brings its workload between its limits, unless that is at zero. */
function withLimits(state: ClusterState, limits: Limits): ClusterState {
  if (state.autoscaler === undefined) return state;
  const next = { ...state, autoscaler: { ...state.autoscaler, ...limits } };
  const replicas = state.workload?.replicas ?? 0;
  if (replicas === 0) return next;
  const inside = Math.min(Math.max(replicas, limits.minReplicas), limits.maxReplicas);
  return withReplicas(next, inside);
}

/** Gates wait for the pods, so that the next change finds them ready. */
function withReplicas(state: ClusterState, replicas: number): ClusterState {
  if (state.workload === undefined) return state;
  const counts = { replicas, readyReplicas: replicas, updatedReplicas: replicas };
  return { ...state, workload: { ...state.workload, ...counts } };
}

function newWorkload(replicas: number): NonNullable<ClusterState['workload']> {
  return {
    resourceVersion: '',
    replicas,
    readyReplicas: replicas,
    updatedReplicas: replicas,
    observed: true,
    notReady: [],
  };
}

type Ref = Pick<SeenObject, 'kind' | 'name'>;

function withField(state: ClusterState, ref: Ref, pointer: string, after: unknown): ClusterState {
  const made = state.scaledObject?.kind === 'seen' ? [state.scaledObject.object] : [];
  const seen = [...state.objects, ...made].find(
    ({ kind, name }) => kind === ref.kind && name === ref.name,
  );
  if (seen === undefined) return state;
  return withObject(state, { ...seen, value: withValueAt(seen.value, pointer, after) });
}

function withObject(state: ClusterState, object: SeenObject): ClusterState {
  if (object.kind === 'ScaledObject' && state.scaledObject?.kind === 'seen') {
    return withListed({ ...state, scaledObject: { kind: 'seen', object } }, object);
  }
  return withListed(state, object);
}

function withListed(state: ClusterState, object: SeenObject): ClusterState {
  const others = state.objects.filter(
    ({ kind, name }) => kind !== object.kind || name !== object.name,
  );
  return { ...state, objects: [...others, object] };
}
