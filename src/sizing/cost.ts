// What pods and storage cost a month: requests times rates, so that every sum can be done again by hand.

import type { CostRates, Pod, Sizing } from '../profile/profile.ts';
import { roundTo } from '../profile/rounding.ts';
import type { Sized } from './sized.ts';

/** What one core and one GB (2^30 bytes) cost an hour, and one GB of storage a month, in US dollars. */
export type Rates = Pick<
  CostRates,
  'cpuCoreHourUsd' | 'memoryGbHourUsd' | 'databaseGbMonthUsd' | 'hoursPerMonth' | 'source'
>;

/** Whose rates count for a component: its node pool's, where headroom.yaml names one. */
export interface RateCard {
  readonly standard: Rates;
  readonly byComponent: ReadonlyMap<string, Rates>;
}

/** The requests of one pod for a month, in dollars, not rounded. */
export function podUsdPerMonth(pod: Pick<Pod, 'cpuMillicores' | 'memoryMi'>, rates: Rates): number {
  const cores = pod.cpuMillicores / 1000;
  const gigabytes = pod.memoryMi / 1024;
  return (cores * rates.cpuCoreHourUsd + gigabytes * rates.memoryGbHourUsd) * rates.hoursPerMonth;
}

/** All pods of all parts, or the totals the guide pays for in their place; storage is apart. Rounded to cents. */
export function sizedUsdPerMonth(
  sized: Pick<Sized, 'parts' | 'components' | 'values'> & { readonly sizing: Sizing },
  { standard, byComponent }: RateCard,
): number | undefined {
  const { cost } = sized.sizing;
  if (sized.components.length === 0) return undefined;
  if (cost !== undefined) {
    const cpu = cost.cpuMillicores.evaluate(sized.values);
    const memory = cost.memoryMi.evaluate(sized.values);
    return cpu.ok && memory.ok
      ? cents(podUsdPerMonth({ cpuMillicores: cpu.value, memoryMi: memory.value }, standard))
      : undefined;
  }
  let sum = 0;
  for (const { id, replicas, pod } of sized.components) {
    sum += replicas * podUsdPerMonth(pod, byComponent.get(id) ?? standard);
  }
  return cents(sum * sized.parts);
}

/** Whole cents; undefined when it is too strange for a sum of money. */
export function cents(usd: number): number | undefined {
  const rounded = roundTo(usd, 2);
  return Number.isFinite(rounded) ? rounded : undefined;
}

/** What pods cost a month, as requests times rates. */
export interface CostMove {
  readonly beforeUsdPerMonth: number;
  readonly afterUsdPerMonth: number;
}

/** Two sums as one move, in cents; undefined when one of them is not known. */
export function costMove(
  before: number | undefined,
  after: number | undefined,
): CostMove | undefined {
  const beforeUsdPerMonth = before === undefined ? undefined : cents(before);
  const afterUsdPerMonth = after === undefined ? undefined : cents(after);
  return beforeUsdPerMonth === undefined || afterUsdPerMonth === undefined
    ? undefined
    : { beforeUsdPerMonth, afterUsdPerMonth };
}

export type Budget = NonNullable<CostRates['budget']>;

/** Where a month's spending stands against a budget. */
export interface BudgetState {
  readonly usdPerMonth: number;
  readonly usedPercent: number;
  readonly state: 'ok' | 'warning' | 'critical';
  readonly source: string;
}

/** Critical at the budget, a warning from its level on. */
export function budgetState(spentUsdPerMonth: number, budget: Budget): BudgetState {
  const usedPercent = (spentUsdPerMonth / budget.usdPerMonth) * 100;
  const warned = usedPercent >= budget.warnAtPercent ? 'warning' : 'ok';
  return {
    usdPerMonth: budget.usdPerMonth,
    // Cut off, not rounded: 99.98 % shall not read 100 % beside a mere warning.
    usedPercent: Math.floor(usedPercent * 10 + 1e-6) / 10,
    state: usedPercent >= 100 ? 'critical' : warned,
    source: budget.source,
  };
}
