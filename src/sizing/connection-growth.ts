// Adds the connections that more pods may open to those that are in use, because a database that is full refuses everybody.

import { formatNumber } from '../profile/amount.ts';
import type { Evaluated, Values } from '../profile/formula.ts';
import type { Profile } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { SURGE_PERCENT } from './connections.ts';
import { valuesOf } from './values.ts';

/** More pods of one kind, each with a pool of its own. */
export interface Opening {
  readonly name: string;
  /** Pods. */
  readonly before: number;
  readonly after: number;
  /** Connections that one pod opens at most. */
  readonly perPod: number;
}

/** What a server says of its connections. */
export interface ConnectionsUse {
  readonly used: number;
  readonly max: number;
  /** Of max: kept for superusers and tools. */
  readonly reserved: number;
}

export interface ConnectionGrowth {
  /** In use at most when every new pod has filled its pool and a rollout runs. */
  readonly count: number;
  /** That many may be used. */
  readonly free: number;
  readonly sum: string;
}

/** in use + Σ (after + surge − before) × pool, beside max_connections less the reserve. */
export function connectionGrowth(
  profile: Profile,
  openings: readonly Opening[],
  { used, max, reserved }: ConnectionsUse,
): ConnectionGrowth {
  const surge = profile.database?.connections?.surgePercent ?? SURGE_PERCENT;
  const terms = openings.map(({ name, before, after, perPod }) => {
    const extra = ceilTolerant((after * surge) / 100);
    const pool = ceilTolerant(perPod);
    return {
      count: (after + extra - before) * pool,
      words: `${name} (${after} + ${extra} during a rollout − ${before} now) × ${pool}`,
    };
  });
  const count = terms.reduce((sum, term) => sum + term.count, used);
  const words = [`${used} in use`, ...terms.map((term) => term.words)].join(' + ');
  return { count, free: max - reserved, sum: `${words} = ${formatNumber(count)}` };
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
