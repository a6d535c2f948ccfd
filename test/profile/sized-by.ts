// Sizes a shipped profile from words and finds the figures that profile tests compare with their guide.
import type { Profile } from '../../src/profile/profile.ts';
import type { Sized } from '../../src/sizing/sized.ts';
import { type CapacityPlan, totals, whatIf } from '../../src/sizing/what-if.ts';

export type Given = Readonly<Record<string, number>>;

export function planOf(profile: Profile, given: Given): CapacityPlan {
  const words = Object.entries(given).map(([name, value]) => [name, String(value)] as const);
  const plan = whatIf(profile, new Map(words));
  if (plan.kind === 'misuse') throw new Error(plan.mistakes.join('\n'));
  return plan;
}

export function recommendedOf(profile: Profile, given: Given): Sized {
  const { recommended, sizings } = planOf(profile, given);
  if (recommended !== undefined) return recommended;
  throw new Error(sizings.flatMap(({ reasons }) => reasons).join('\n'));
}

export function sizingOf(profile: Profile, id: string, given: Given): Sized {
  const found = planOf(profile, given).sizings.find(({ sizing }) => sizing.id === id);
  if (found === undefined) throw new Error(`no sizing ${id}`);
  return found;
}

/** Replicas of one part by component. */
export function replicasOf({ components }: Sized): Readonly<Record<string, number>> {
  return Object.fromEntries(components.map(({ id, replicas }) => [id, replicas]));
}

/** What may never fall when a demand grows. */
export function sizeOf(profile: Profile, given: Given): readonly number[] {
  const { replicas, cpuCores, memoryGib } = totals(recommendedOf(profile, given));
  return [replicas, cpuCores, memoryGib];
}
