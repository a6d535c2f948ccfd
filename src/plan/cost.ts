// What a number of pods costs a month: their requests times the profile's rates.

import type { Component, CostRates } from '../profile/profile.ts';
import type { PlanCost } from './plan.ts';

/**
 * `pod` is what the cluster says a pod requests now; what it does not say comes from the profile.
 * Undefined: there are no rates, or the figures are too strange for a sum of money.
 */
export function costOf(facts: {
  readonly rates: CostRates | undefined;
  readonly component: Component;
  readonly pod: { readonly cpuMillicores?: number; readonly memoryMi?: number };
  readonly before: number;
  readonly after: number;
}): PlanCost | undefined {
  const { rates, component, pod, before, after } = facts;
  if (rates === undefined) return undefined;
  const cores = (pod.cpuMillicores ?? component.pod.cpuMillicores) / 1000;
  const gigabytes = (pod.memoryMi ?? component.pod.memoryMi) / 1024;
  const podUsd =
    (cores * rates.cpuCoreHourUsd + gigabytes * rates.memoryGbHourUsd) * rates.hoursPerMonth;
  const beforeUsdPerMonth = cents(before * podUsd);
  const afterUsdPerMonth = cents(after * podUsd);
  if (!Number.isFinite(beforeUsdPerMonth) || !Number.isFinite(afterUsdPerMonth)) return undefined;
  return { beforeUsdPerMonth, afterUsdPerMonth, source: rates.source };
}

function cents(usd: number): number {
  return Math.round(usd * 100) / 100;
}
