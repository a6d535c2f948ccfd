// Chooses what of a forecast is drawn: the growing input, pods and cost, the levels to pass and when something happens.
import type { Forecast, ForecastRow } from '../sizing/forecast.ts';
import type { ChartPoint, ChartSeries, ForecastChart } from './forecast-chart.ts';

/** Milestones after these are in the words beside the picture only: more would hide the line. */
const MILESTONES_MAX = 6;

/** The chart of a forecast. A period without a feasible sizing has no pods and no cost to draw. */
export function chartOfForecast(title: string, answer: Forecast): ForecastChart {
  const { rows, milestones, per, unit } = answer;
  const series = [
    seriesOf('Pods', rows, ({ replicas }) => replicas),
    seriesOf('USD a month', rows, ({ costUsdPerMonth }) => costUsdPerMonth),
  ].flatMap((each) => each ?? []);
  const levels = milestones.flatMap(({ level, id }) =>
    level === undefined ? [] : [{ value: level, label: id.replaceAll('-', ' ') }],
  );
  return {
    title,
    unit,
    periodName: per,
    points: rows.map(({ period, amount }) => ({ period, value: amount })),
    series,
    thresholds: levels,
    milestones: milestones
      .slice(0, MILESTONES_MAX)
      .map(({ period, say }) => ({ period, label: say.replace(/\.$/, '') })),
  };
}

function seriesOf(
  label: string,
  rows: readonly ForecastRow[],
  valueOf: (row: ForecastRow) => number | undefined,
): ChartSeries | undefined {
  const points = rows.flatMap((row): ChartPoint[] => {
    const value = valueOf(row);
    return value === undefined ? [] : [{ period: row.period, value }];
  });
  return points.length === 0 ? undefined : { label, points };
}
