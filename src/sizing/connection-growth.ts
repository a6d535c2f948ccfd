// Adds the connections that a plan's pods may open to those that are in use, because a database that is full refuses everybody.

import { formatNumber } from '../profile/amount.ts';
import type { Evaluated, Values } from '../profile/formula.ts';
import type { Profile } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { SURGE_PERCENT } from './connections.ts';
import { valuesOf } from './values.ts';

/** Pods of one kind, each with a pool of its own. */
export interface Pools {
  readonly pods: number;
  /** Connections that one pod opens at most. */
  readonly perPod: number;
}

/** More pods, or larger pools. */
export interface Opening {
  readonly name: string;
  readonly now: Pools;
  /** What the plan leaves after each of its changes. */
  readonly moments: readonly Pools[];
  /** Of the pods, what a rollout adds for a while. (Default: the profile's, or Kubernetes' quarter) */
  readonly surgePercent?: number;
}

/** What a server says of its connections. */
export interface ConnectionsUse {
  readonly used: number;
  readonly max: number;
  /** Of max: kept for superusers and tools. */
  readonly reserved: number;
}

export interface ConnectionGrowth {
  /** In use at most when every new pool is full and a rollout runs. */
  readonly count: number;
  /** The same when the pools that are there now are full as well. */
  readonly full: number;
  /** That many may be used. */
  readonly free: number;
  readonly sum: string;
}

/** in use + Σ of what each opens more at its worst moment, beside max_connections less the reserve. */
export function connectionGrowth(
  profile: Profile,
  openings: readonly Opening[],
  { used, max, reserved }: ConnectionsUse,
): ConnectionGrowth {
  const terms = openings.flatMap((each) => worstMoment(each, surgeOf(profile)));
  const count = terms.reduce((sum, term) => sum + term.count, used);
  const words = [`${used} in use`, ...terms.map((term) => term.words)].join(' + ');
  const fullNow = openings.reduce((sum, { now }) => sum + now.pods * ceilTolerant(now.perPod), 0);
  const full = count + Math.max(0, fullNow - used);
  return { count, full, free: max - reserved, sum: `${words} = ${formatNumber(count)}` };
}

/** Pods that a rollout adds for a while, in percent. */
export function surgeOf({ database }: Profile): number {
  return database?.connections?.surgePercent ?? SURGE_PERCENT;
}

/** The pods of a rollout among them: "web (4 + 1 during a rollout) × 10". */
export function fullPools(
  name: string,
  { pods, perPod }: Pools,
  surgePercent: number,
): { readonly count: number; readonly words: string } {
  const { all, words } = withRollout(pods, surgePercent);
  const pool = ceilTolerant(perPod);
  return { count: all * pool, words: `${name} (${words}) × ${pool}` };
}

/**
 * What is there counts as in use already. Old pods keep their pools until each is replaced, so a moment is at its worst
 * either while all old ones are there beside the new ones, or when all are new.
 */
function worstMoment(
  { name, now, moments, surgePercent }: Opening,
  usualSurge: number,
): readonly { readonly count: number; readonly words: string }[] {
  const poolNow = ceilTolerant(now.perPod);
  const isThere = now.pods > 0;
  const all = moments.flatMap((moment) => {
    const rollout = withRollout(moment.pods, surgePercent ?? usualSurge);
    const pool = ceilTolerant(moment.perPod);
    const old = isThere ? ` − ${now.pods} now` : '';
    return [
      {
        count: (rollout.all - now.pods) * pool,
        words: `${name} (${rollout.words}${old}) × ${pool}`,
      },
      {
        count: rollout.all * pool - now.pods * poolNow,
        words: `${name} (${rollout.words}) × ${pool} − ${now.pods} now × ${poolNow}`,
      },
    ];
  });
  const [first, ...others] = all;
  if (first === undefined) return [];
  const worst = others.reduce((most, each) => (each.count > most.count ? each : most), first);
  return worst.count > 0 ? [worst] : [];
}

function withRollout(pods: number, surgePercent: number) {
  const extra = ceilTolerant((pods * surgePercent) / 100);
  const words = extra === 0 ? `${pods}` : `${pods} + ${extra} during a rollout`;
  return { all: pods + extra, words };
}

/**
 * The values of a profile where nobody gives any inputs: those with defaults, and what follows from them. What follows
 * from the others is absent, and a formula that needs it says so.
 */
export function usualValues(profile: Profile): Values {
  const inputs: Record<string, number> = {};
  // Each pass settles at least one more of a chain of defaults.
  for (const _ of profile.inputs.values()) {
    for (const { name, default: usual } of profile.inputs.values()) {
      const value = usual?.evaluate(inputs);
      if (value?.ok === true) inputs[name] = value.value;
    }
  }
  return valuesOf(profile, inputs);
}

/** What a pod of a component opens at most; undefined where the profile says nothing of it. */
export function poolOf(
  profile: Profile,
  component: string,
  values: Values,
): Evaluated<number> | undefined {
  const perPod = profile.components.get(component)?.connections?.perPod.evaluate(values);
  if (perPod?.ok !== true || perPod.value >= 0) return perPod;
  return { ok: false, because: `${formatNumber(perPod.value)} is less than nothing` };
}
