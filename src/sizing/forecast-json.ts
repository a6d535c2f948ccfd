// The stable JSON form of a forecast: what `headroom forecast --json` prints.
import { roundTo } from '../profile/rounding.ts';
import type { Forecast, ForecastRow } from './forecast.ts';

/** Rows without the baseline, so that period 1 is the first. */
export function forecastJson(system: string, answer: Forecast): Readonly<Record<string, unknown>> {
  return {
    system,
    input: answer.input,
    growthPerPeriod: answer.growth,
    period: answer.per,
    source: answer.source,
    baseline: rowJson(answer, answer.rows[0]),
    rows: answer.rows.slice(1).map((row) => rowJson(answer, row)),
    milestones: answer.milestones,
    warnings: answer.warnings,
  };
}

function rowJson(
  { input }: Forecast,
  row: ForecastRow | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (row === undefined) return undefined;
  const { plan, period, amount, cpuCores, memoryGib, databaseGib, costUsdPerMonth } = row;
  return {
    period,
    [input]: amount,
    ...(plan.recommended && { sizing: plan.recommended.sizing.id }),
    ...(row.replicas !== undefined && { replicas: row.replicas }),
    ...(row.parts !== undefined && row.parts > 1 && { shards: row.parts }),
    ...(cpuCores !== undefined && { cpuCores: roundTo(cpuCores, 2) }),
    ...(memoryGib !== undefined && { memoryGiB: roundTo(memoryGib, 2) }),
    ...(databaseGib !== undefined && { databaseGiB: roundTo(databaseGib, 1) }),
    ...(plan.database && { databaseStage: plan.database.stage }),
    ...(plan.database && plan.database.shards > 1 && { databaseShards: plan.database.shards }),
    ...(costUsdPerMonth !== undefined && { costUsdPerMonth: roundTo(costUsdPerMonth, 2) }),
  };
}
