// What a number of pods costs a month: their requests times the profile's rates.

import type { Component } from '../profile/profile.ts';
import { cents, podUsdPerMonth, type Rates } from '../sizing/cost.ts';
import type { PlanCost } from './plan.ts';

/**
 * `pod` is what the cluster says a pod requests now; what it does not say comes from the profile.
 * Undefined: there are no rates, or the figures are too strange for a sum of money.
 */
export function costOf(facts: {
  readonly rates: Rates | undefined;
  readonly component: Component;
  readonly pod: { readonly cpuMillicores?: number; readonly memoryMi?: number };
  readonly before: number;
  readonly after: number;
  /** How much more one pod requests afterwards. (Default: as much as before.) */
  readonly podGrows?: { readonly cpuMillicores: number; readonly memoryMi: number };
}): PlanCost | undefined {
  const { rates, component, pod, before, after, podGrows } = facts;
  if (rates === undefined) return undefined;
  const cpuMillicores = pod.cpuMillicores ?? component.pod.cpuMillicores;
  const memoryMi = pod.memoryMi ?? component.pod.memoryMi;
  const grown = {
    cpuMillicores: cpuMillicores + (podGrows?.cpuMillicores ?? 0),
    memoryMi: memoryMi + (podGrows?.memoryMi ?? 0),
  };
  const beforeUsdPerMonth = cents(before * podUsdPerMonth({ cpuMillicores, memoryMi }, rates));
  const afterUsdPerMonth = cents(after * podUsdPerMonth(grown, rates));
  if (beforeUsdPerMonth === undefined || afterUsdPerMonth === undefined) return undefined;
  return { beforeUsdPerMonth, afterUsdPerMonth, source: rates.source };
}
