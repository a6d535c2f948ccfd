// Follows the pool of a workload's pods through the changes of a plan: how many pods, how large a pool, and whether it leads to a pooler.

import type { ClusterState } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import { valueAt } from '../change/pointer.ts';
import type { Evaluated } from '../profile/formula.ts';
import { afterChange } from './after-change.ts';
import { podCounts, type WorkloadChanges } from './plan-pods.ts';
import { containersOf } from './pod-containers.ts';
import { poolerName } from './pooler-objects.ts';

/** The pods of a workload as they connect at one moment of a plan. */
export interface ConnectingMoment {
  readonly pods: number;
  readonly perPod: Evaluated<number>;
  /** One of its variables or of its ConfigMap's keys names the pooler; where none does, nobody knows. */
  readonly isPooled: boolean;
}

/** How a profile says what a pod opens. */
export interface PoolReading {
  readonly container: string;
  /** What the profile takes it for. */
  readonly perPod: Evaluated<number>;
  /** The variables or keys that hold it: the pool first, then what is on top of it. */
  readonly settings: readonly string[];
}

/** As it is now, and after each of the changes. */
export function connectingMoments(
  { workload, changes, state }: WorkloadChanges,
  reading: PoolReading,
): readonly [ConnectingMoment, ...ConnectingMoment[]] {
  const momentOf = (seen: ClusterState, pods: number): ConnectingMoment => {
    const texts = textsOf(seenObjectOf(workload, seen), seen, reading.container);
    return {
      pods,
      perPod: poolIn(texts, reading),
      isPooled: [...texts.values()].some(namesPooler),
    };
  };
  const after: ConnectingMoment[] = [];
  let seen = state;
  for (const [index, change] of changes.entries()) {
    seen = afterChange(seen, change);
    const upTo = changes.slice(0, index + 1);
    after.push(momentOf(seen, podCounts({ workload, changes: upTo, state }).after));
  }
  return [momentOf(state, state.workload?.replicas ?? 0), ...after];
}

/** The ConfigMaps that the plan writes for it, and the container's own variables, which win. */
function textsOf(
  workload: ClusterState['objects'][number] | undefined,
  { objects }: ClusterState,
  container: string,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  const add = (key: unknown, value: unknown) => {
    if (typeof key === 'string' && typeof value === 'string') texts.set(key, value);
  };
  for (const { kind, name, value } of objects) {
    if (kind !== 'ConfigMap' || name === poolerName) continue;
    for (const [key, text] of Object.entries(valueAt(value, '/data') ?? {})) add(key, text);
  }
  if (workload === undefined) return texts;
  const own = containersOf(workload).find(({ name }) => name === container);
  const env = own && valueAt(workload.value, `${own.pointer}/env`);
  if (!Array.isArray(env)) return texts;
  for (const each of env as unknown[]) add(valueAt(each, '/name'), valueAt(each, '/value'));
  return texts;
}

/** The sum of what is seen. Where the pool itself is not, it is at least what the profile takes it for. */
function poolIn(
  texts: ReadonlyMap<string, string>,
  { settings, perPod }: PoolReading,
): Evaluated<number> {
  const seen = settings.flatMap((name) => {
    const text = texts.get(name);
    return text === undefined ? [] : [{ name, text }];
  });
  const [first] = seen;
  if (first === undefined) return perPod;
  const wrong = seen.find(({ text }) => !/^\d{1,6}$/.test(text.trim()));
  if (wrong !== undefined) {
    return { ok: false, because: `${wrong.name} is ${JSON.stringify(wrong.text)}` };
  }
  const sum = seen.reduce((all, { text }) => all + Number(text), 0);
  if (first.name === settings[0]) return { ok: true, value: sum };
  return perPod.ok ? { ok: true, value: Math.max(sum, perPod.value) } : perPod;
}

/** As a host of its own, or in an address: `pgbouncer.shop.svc`, `postgresql://pgbouncer:5432/shop`. */
function namesPooler(text: string): boolean {
  return new RegExp(`(^|[@/,=\\s])${poolerName}([.:/,\\s]|$)`).test(text);
}
