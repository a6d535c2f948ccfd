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
}): PlanCost | undefined {
  const { rates, component, pod, before, after } = facts;
  if (rates === undefined) return undefined;
  const podUsd = podUsdPerMonth(
    {
      cpuMillicores: pod.cpuMillicores ?? component.pod.cpuMillicores,
      memoryMi: pod.memoryMi ?? component.pod.memoryMi,
    },
    rates,
  );
  const beforeUsdPerMonth = cents(before * podUsd);
  const afterUsdPerMonth = cents(after * podUsd);
  if (beforeUsdPerMonth === undefined || afterUsdPerMonth === undefined) return undefined;
  return { beforeUsdPerMonth, afterUsdPerMonth, source: rates.source };
}
