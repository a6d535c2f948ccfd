// What a system costs as a terminal shows it: each sizing with its difference, the sum, one unit, the budget and the rates.
import { formatNumber } from '../profile/amount.ts';
import type { Profile } from '../profile/profile.ts';
import { cents, type Rates } from '../sizing/cost.ts';
import { standardRates, totalUsdPerMonth } from '../sizing/cost-json.ts';
import type { CapacityPlan, Money } from '../sizing/what-if.ts';
import { type Cell, table } from '../words/table.ts';

/** Lines of text; dollars a month. */
export function costTable(
  title: string,
  profile: Profile,
  plan: CapacityPlan,
  money: Money,
): readonly string[] {
  const rates = standardRates(profile, money);
  if (rates === undefined) {
    return [`${title}: neither its guide nor headroom.yaml says what its machines cost.`];
  }
  const { recommended, storageUsdPerMonth, perUnit, budget } = plan;
  const basis = recommended?.costUsdPerMonth;
  const rows = plan.sizings.flatMap(
    ({ sizing, feasible, costUsdPerMonth: usd, guideCostUsdPerMonth: guide }): Cell[][] =>
      usd === undefined
        ? []
        : [
            [
              sizing === recommended?.sizing ? '*' : feasible ? '' : 'x',
              sizing.id,
              usd,
              basis === undefined ? '' : (cents(usd - basis) ?? ''),
              guide ?? '',
            ],
          ],
  );
  const total = recommended && totalUsdPerMonth(recommended, plan);
  const inputs = Object.entries(plan.inputs).map(
    ([name, value]) => `${name}=${formatNumber(value)}`,
  );
  return [
    `${title}  ${inputs.join(' ')}`,
    '',
    ...table([['', 'sizing', 'pods USD/month', 'difference', 'the guide says'], ...rows]),
    '',
    ...(storageUsdPerMonth === undefined ? [] : [`Storage  ${storageUsdPerMonth} USD/month`]),
    ...(total === undefined ? [] : [`Total    ${total} USD/month`]),
    ...(perUnit === undefined
      ? []
      : [`A unit   ${perUnit.usdPerMonth} USD/month for one of ${perUnit.input}`]),
    ...(budget === undefined
      ? []
      : [
          `Budget   ${formatNumber(budget.usedPercent)} % of ${formatNumber(budget.usdPerMonth)} USD/month: ${budget.state} (${budget.source})`,
        ]),
    `Rates    ${rateWords(rates)}`,
    ...[...(money.rates?.byComponent ?? [])].map(
      ([id, pool]) => `         ${id}: ${rateWords({ ...pool, databaseGbMonthUsd: undefined })}`,
    ),
    ...plan.warnings.map((warning) => `Worth knowing: ${warning}`),
  ];
}

function rateWords(
  rates: Omit<Rates, 'databaseGbMonthUsd'> & { readonly databaseGbMonthUsd?: number | undefined },
): string {
  const { cpuCoreHourUsd, memoryGbHourUsd, databaseGbMonthUsd, hoursPerMonth, source } = rates;
  const storage =
    databaseGbMonthUsd === undefined ? '' : `, ${databaseGbMonthUsd} USD a GB of storage and month`;
  return `${cpuCoreHourUsd} USD a core and hour, ${memoryGbHourUsd} USD a GB and hour${storage}, ${hoursPerMonth} hours (${source})`;
}
