// ResourceQuotas at work: what is used of each, and which writes they refuse.

import type { JsonObject } from './json.ts';
import { list, nameOf, object, show } from './json.ts';
import {
  type AmountKind,
  podAmount,
  printAmount,
  silentContainers,
  unfinishedPods,
} from './pod-amounts.ts';
import { quantityNanos } from './quantity.ts';
import { resourceQuota } from './resources/quota.ts';
import { findResourceByCount } from './resources/registry.ts';
import type { Resource } from './resources/resource.ts';
import { claim } from './resources/storage.ts';
import type { ClusterState } from './state.ts';

const one = 1_000_000_000n;
/** What all claims of a namespace ask for together. */
const storage = 'requests.storage';
const storageOf = (made: JsonObject): bigint =>
  quantityNanos(show(object(made, 'spec', 'resources', 'requests')['storage'])) ?? 0n;

/** What a quota counts of a pod: `requests` of `cpu` and the like; `cpu` alone means its requests. */
function amountNamed(name: string): readonly [AmountKind, string] | undefined {
  const match = /^(?:(requests|limits)\.)?(cpu|memory)$/.exec(name);
  if (match === null) return undefined;
  return [match[1] === 'limits' ? 'limits' : 'requests', match[2] ?? ''];
}

function isInScope(quota: JsonObject, spec: JsonObject): boolean {
  const statesNothing = (['requests', 'limits'] as const).every((kind) =>
    ['cpu', 'memory'].every((name) => podAmount(spec, kind, name) === 0n),
  );
  const ends = spec['activeDeadlineSeconds'] !== undefined;
  return list(quota, 'spec', 'scopes').every((scope) =>
    show(scope).endsWith('BestEffort')
      ? statesNothing === (scope === 'BestEffort')
      : ends === (scope === 'Terminating'),
  );
}

function countOf(name: string, spec: JsonObject): bigint | undefined {
  if (name === 'pods' || name === 'count/pods') return one;
  const amount = amountNamed(name);
  return amount === undefined ? undefined : podAmount(spec, ...amount);
}

/** What is used of one thing a quota counts, in billionths. */
function usedOf(state: ClusterState, quota: JsonObject, namespace: string, name: string): bigint {
  if (name === storage) {
    return state.store.list(claim, namespace).reduce((sum, held) => sum + storageOf(held), 0n);
  }
  const counted = findResourceByCount(name);
  if (counted !== undefined && counted.kind !== 'Pod') {
    return BigInt(state.store.list(counted, namespace).length) * one;
  }
  return unfinishedPods(state, namespace)
    .map((held) => object(held, 'spec'))
    .filter((spec) => isInScope(quota, spec))
    .reduce((sum, spec) => sum + (countOf(name, spec) ?? 0n), 0n);
}

/** The status a quota should have. */
export function quotaStatus(state: ClusterState, quota: JsonObject, namespace: string): JsonObject {
  const hard = object(quota, 'spec', 'hard');
  const used = Object.keys(hard).map((name) => [
    name,
    printAmount(name, usedOf(state, quota, namespace, name)),
  ]);
  return { hard, used: Object.fromEntries(used) };
}

/** Why the quotas of a namespace refuse a new pod; undefined: they do not. */
export function podRefusal(
  state: ClusterState,
  namespace: string,
  made: JsonObject,
): string | undefined {
  const spec = object(made, 'spec');
  const quotas = state.store.list(resourceQuota, namespace).filter((each) => isInScope(each, spec));
  for (const quota of quotas) {
    const names = Object.keys(object(quota, 'spec', 'hard')).toSorted();
    const silent = names.flatMap((name) => {
      const amount = amountNamed(name);
      const who = amount === undefined ? [] : silentContainers(spec, ...amount);
      return who.length === 0 ? [] : [`${name} for: ${who.join(',')}`];
    });
    if (silent.length > 0) {
      return `failed quota: ${nameOf(quota)}: must specify ${silent.join('; ')}`;
    }
    const refusal = exceeded(state, quota, namespace, (name) => countOf(name, spec));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Why they refuse one object more of another kind. */
export function countRefusal(
  state: ClusterState,
  namespace: string,
  resource: Resource,
  made: JsonObject,
): string | undefined {
  for (const quota of state.store.list(resourceQuota, namespace)) {
    const refusal = exceeded(state, quota, namespace, (name) => {
      if (name === storage) return resource === claim ? storageOf(made) : undefined;
      return findResourceByCount(name) === resource ? one : undefined;
    });
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** Why they refuse a claim that is to have so much more; undefined: they do not. */
export function growthRefusal(
  state: ClusterState,
  namespace: string,
  more: bigint,
): string | undefined {
  for (const quota of state.store.list(resourceQuota, namespace)) {
    const asked = (name: string) => (name === storage ? more : undefined);
    const refusal = exceeded(state, quota, namespace, asked);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function exceeded(
  state: ClusterState,
  quota: JsonObject,
  namespace: string,
  asked: (name: string) => bigint | undefined,
): string | undefined {
  const hard = object(quota, 'spec', 'hard');
  const over = Object.keys(hard)
    .toSorted()
    .flatMap((name) => {
      const more = asked(name) ?? 0n;
      const used = usedOf(state, quota, namespace, name);
      const most = quantityNanos(show(hard[name])) ?? 0n;
      return more > 0n && used + more > most ? [{ name, more, used, most }] : [];
    });
  if (over.length === 0) return undefined;
  const words = (part: 'more' | 'used' | 'most') =>
    over.map((each) => `${each.name}=${printAmount(each.name, each[part])}`).join(',');
  return `exceeded quota: ${nameOf(quota)}, requested: ${words('more')}, used: ${words('used')}, limited: ${words('most')}`;
}
