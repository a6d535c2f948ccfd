// Admission of pods by LimitRanges: fills in what containers do not state, then refuses what is too small, too large or too uneven.

import type { Json, JsonObject } from './json.ts';
import { object, objects, text } from './json.ts';
import { podAmount } from './pod-amounts.ts';
import { quantityNanos } from './quantity.ts';
import { limitRange } from './resources/quota.ts';
import type { ClusterState } from './state.ts';

const note = 'kubernetes.io/limit-ranger';

function itemsOf(state: ClusterState, namespace: string): readonly JsonObject[] {
  return state.store
    .list(limitRange, namespace)
    .flatMap((range) => objects(range, 'spec', 'limits'));
}

function fill(container: JsonObject, key: 'requests' | 'limits', given: JsonObject): string[] {
  const resources = object(container, 'resources');
  const stated = object(resources, key);
  const missing = Object.keys(given).filter((name) => stated[name] === undefined);
  if (missing.length === 0) return [];
  container['resources'] = {
    ...resources,
    [key]: { ...stated, ...Object.fromEntries(missing.map((name) => [name, given[name] ?? ''])) },
  };
  const what = key === 'requests' ? 'request' : 'limit';
  return [`${missing.toSorted().join(', ')} ${what} for container ${text(container, 'name')}`];
}

/** Fills defaults into the containers of a pod, in place, and leaves a note of it. */
export function fillLimits(state: ClusterState, namespace: string, made: JsonObject): void {
  const said = itemsOf(state, namespace)
    .filter((item) => text(item, 'type') === 'Container')
    .flatMap((item) =>
      [...objects(made, 'spec', 'containers'), ...objects(made, 'spec', 'initContainers')].flatMap(
        (container) => [
          ...fill(container, 'requests', object(item, 'defaultRequest')),
          ...fill(container, 'limits', object(item, 'default')),
        ],
      ),
    );
  if (said.length === 0) return;
  const metadata = object(made, 'metadata');
  metadata['annotations'] = {
    ...object(metadata, 'annotations'),
    [note]: `LimitRanger plugin set: ${said.join('; ')}`,
  };
}

/** One pod or one container as a rule sees it. */
interface Bounded {
  readonly type: string;
  /** Undefined: it is not stated. */
  readonly amount: (
    kind: 'requests' | 'limits',
    name: string,
  ) => { readonly nanos: bigint; readonly text: string } | undefined;
}

function minimum(item: JsonObject, { type, amount }: Bounded): string[] {
  return Object.entries(object(item, 'min')).flatMap(([name, bound]) => {
    const request = amount('requests', name);
    const rule = `minimum ${name} usage per ${type} is ${show(bound)}`;
    if (request === undefined) return [`${rule}, but no request is specified`];
    return request.nanos < nanosOf(bound) ? [`${rule}, but request is ${request.text}`] : [];
  });
}

function maximum(
  item: JsonObject,
  { type, amount }: Bounded,
  bound: 'limit' | 'request' = 'limit',
): string[] {
  return Object.entries(object(item, 'max')).flatMap(([name, most]) => {
    const stated = amount(`${bound}s`, name);
    const rule = `maximum ${name} usage per ${type} is ${show(most)}`;
    if (stated === undefined) return [`${rule}, but no ${bound} is specified`];
    return stated.nanos > nanosOf(most) ? [`${rule}, but ${bound} is ${stated.text}`] : [];
  });
}

function ratio(item: JsonObject, { type, amount }: Bounded): string[] {
  return Object.entries(object(item, 'maxLimitRequestRatio')).flatMap(([name, bound]) => {
    const rule = `${name} max limit to request ratio per ${type} is ${show(bound)}`;
    const [request, limit] = [amount('requests', name), amount('limits', name)];
    if (request === undefined || request.nanos === 0n) {
      return [`${rule}, but no request is specified or request is 0`];
    }
    if (limit === undefined || limit.nanos === 0n) {
      return [`${rule}, but no limit is specified or limit is 0`];
    }
    const provided = Number(limit.nanos) / Number(request.nanos);
    return provided > Number(nanosOf(bound)) / 1e9
      ? [`${rule}, but provided ratio is ${provided.toFixed(6)}`]
      : [];
  });
}

const show = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
const nanosOf = (value: Json): bigint => quantityNanos(show(value)) ?? 0n;

function containerBounds(container: JsonObject): Bounded {
  return {
    type: 'Container',
    amount: (kind, name) => {
      const stated = text(container, 'resources', kind, name);
      return stated === '' ? undefined : { nanos: nanosOf(stated), text: stated };
    },
  };
}

function podBounds(spec: JsonObject): Bounded {
  return {
    type: 'Pod',
    amount: (kind, name) => {
      const nanos = podAmount(spec, kind, name);
      return nanos === 0n ? undefined : { nanos, text: (Number(nanos) / 1e9).toString() };
    },
  };
}

/** What the LimitRanges of its namespace have against a pod. */
export function limitProblems(
  state: ClusterState,
  namespace: string,
  made: JsonObject,
): readonly string[] {
  const spec = object(made, 'spec');
  const containers = [...objects(spec, 'containers'), ...objects(spec, 'initContainers')];
  return itemsOf(state, namespace).flatMap((item) => {
    const type = text(item, 'type');
    if (type !== 'Container' && type !== 'Pod') return [];
    const bounded = type === 'Pod' ? [podBounds(spec)] : containers.map(containerBounds);
    return bounded.flatMap((each) => [
      ...minimum(item, each),
      ...maximum(item, each),
      ...ratio(item, each),
    ]);
  });
}

/** What they have against a claim: its request is held to both bounds. */
export function claimProblems(
  state: ClusterState,
  namespace: string,
  made: JsonObject,
): readonly string[] {
  const bounds: Bounded = {
    type: 'PersistentVolumeClaim',
    amount: (_kind, name) => {
      const stated = text(made, 'spec', 'resources', 'requests', name);
      return stated === '' ? undefined : { nanos: nanosOf(stated), text: stated };
    },
  };
  return itemsOf(state, namespace)
    .filter((item) => text(item, 'type') === bounds.type)
    .flatMap((item) => [...minimum(item, bounds), ...maximum(item, bounds, 'request')]);
}
