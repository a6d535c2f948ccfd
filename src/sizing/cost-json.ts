// The stable JSON form of what a system costs: what `headroom cost --json` prints.
import type { Profile } from '../profile/profile.ts';
import { cents, type Rates } from './cost.ts';
import type { Sized } from './sized.ts';
import type { CapacityPlan, Money } from './what-if.ts';

/** Whose rates count for a system. */
export function standardRates(profile: Profile, money: Money): Rates | undefined {
  return money.rates?.standard ?? profile.cost;
}

/** Pods of a sizing and storage together; undefined when there are no rates. */
export function totalUsdPerMonth(sized: Sized, plan: CapacityPlan): number | undefined {
  const { costUsdPerMonth } = sized;
  return costUsdPerMonth === undefined
    ? undefined
    : cents(costUsdPerMonth + (plan.storageUsdPerMonth ?? 0));
}

/** Dollars a month by sizing, with the difference to the recommended one; what does not apply is absent. */
export function costJson(
  system: string,
  profile: Profile,
  plan: CapacityPlan,
  money: Money,
): Readonly<Record<string, unknown>> {
  const { recommended, storageUsdPerMonth, perUnit, budget } = plan;
  const rates = standardRates(profile, money);
  const pools = [...(money.rates?.byComponent ?? [])];
  const total = recommended && totalUsdPerMonth(recommended, plan);
  return {
    system,
    inputs: plan.inputs,
    ...(recommended && { recommended: recommended.sizing.id }),
    sizings: plan.sizings.flatMap((sized) => {
      const { costUsdPerMonth: usd, guideCostUsdPerMonth: guide } = sized;
      if (usd === undefined) return [];
      const difference = cents(usd - (recommended?.costUsdPerMonth ?? usd));
      return [
        {
          id: sized.sizing.id,
          feasible: sized.feasible,
          podsUsdPerMonth: usd,
          differenceUsdPerMonth: difference,
          ...(guide !== undefined && { guideCostUsdPerMonth: guide }),
        },
      ];
    }),
    ...(storageUsdPerMonth !== undefined && { storageUsdPerMonth }),
    ...(total !== undefined && { totalUsdPerMonth: total }),
    ...(perUnit && { costPerUnit: { unit: perUnit.input, usdPerMonth: perUnit.usdPerMonth } }),
    ...(budget && { budget }),
    ...(rates && {
      rates: {
        ...ratesJson(rates),
        ...(pools.length > 0 && {
          byComponent: Object.fromEntries(pools.map(([id, each]) => [id, ratesJson(each)])),
        }),
      },
    }),
    warnings: plan.warnings,
  };
}

function ratesJson(rates: Rates): Readonly<Record<string, number | string>> {
  const { cpuCoreHourUsd, memoryGbHourUsd, databaseGbMonthUsd, hoursPerMonth, source } = rates;
  return {
    cpuCoreHourUsd,
    memoryGbHourUsd,
    ...(databaseGbMonthUsd !== undefined && { databaseGbMonthUsd }),
    hoursPerMonth,
    source,
  };
}
