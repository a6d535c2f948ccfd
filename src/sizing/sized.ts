// What a sizing comes to: pods, parts, connections, cost; and why it does not fit where it does not.
import type { Values } from '../profile/formula.ts';
import type { Pod, Sizing } from '../profile/profile.ts';
import type { SizedDatabase } from './database.ts';

/** One component under a sizing. */
export interface SizedComponent {
  readonly id: string;
  /** In one part. */
  readonly replicas: number;
  readonly pod: Pod;
  /** False where the sizing says nothing about pods and another's pod is used. */
  readonly podStated: boolean;
}

/** One sizing of a profile with its arithmetic done. */
export interface Sized {
  readonly sizing: Sizing;
  /** How many equal parts; 1 when it is not split. Replicas and connections are those of one part. */
  readonly parts: number;
  /** The sizing's own component first; empty when its formulas have no value. */
  readonly components: readonly SizedComponent[];
  readonly feasible: boolean;
  /** Why it is not feasible, one sentence each. */
  readonly reasons: readonly string[];
  /** What else it comes to, in words. */
  readonly note?: string;
  /** Each limit it met, one sentence each. */
  readonly warnings: readonly string[];
  /** Every name its formulas could use, for one part. */
  readonly values: Values;
  readonly costUsdPerMonth?: number;
  readonly guideCostUsdPerMonth?: number;
  readonly database?: SizedDatabase;
}

/** Where the pods of a sizing are from that states none: the recommended one's where that states them, else the usual ones. */
export function podsFrom(
  sized: Sized,
  recommended: Sized | undefined,
): 'stated' | 'recommended' | 'usual' {
  const unstated = sized.components.filter(({ podStated }) => !podStated);
  if (unstated.length === 0) return 'stated';
  const stated = recommended?.components.filter(({ podStated }) => podStated) ?? [];
  return unstated.some(({ id }) => stated.some((each) => each.id === id)) ? 'recommended' : 'usual';
}

/** Requests of all pods of all parts, in cores and GiB. */
export function totalsOf(
  components: readonly SizedComponent[],
  parts: number,
): { readonly cpuCores: number; readonly memoryGib: number; readonly replicas: number } {
  let millicores = 0;
  let mi = 0;
  let replicas = 0;
  for (const { replicas: count, pod } of components) {
    millicores += count * pod.cpuMillicores;
    mi += count * pod.memoryMi;
    replicas += count;
  }
  return {
    cpuCores: (millicores * parts) / 1000,
    memoryGib: (mi * parts) / 1024,
    replicas: replicas * parts,
  };
}
