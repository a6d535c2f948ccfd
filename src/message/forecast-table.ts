// A forecast as a terminal shows it: a row for each period, then what is passed and when.
import { formatNumber } from '../profile/amount.ts';
import type { Forecast } from '../sizing/forecast.ts';
import { type Cell, table } from '../words/table.ts';

/** Lines of text. */
export function forecastTable(title: string, answer: Forecast): readonly string[] {
  const { rows, per, milestones, warnings } = answer;
  const growth = `${formatNumber(answer.growth * 100)} % a ${per}`;
  const heading = [
    per,
    answer.input,
    'pods',
    'cores',
    'GiB',
    'database',
    'GiB',
    'USD/month',
    'sizing',
  ];
  const lines = rows.map((row): Cell[] => [
    row.period,
    row.amount,
    row.replicas ?? '-',
    row.cpuCores === undefined ? '' : rounded(row.cpuCores),
    row.memoryGib === undefined ? '' : rounded(row.memoryGib),
    row.plan.database?.stage ?? '',
    row.databaseGib === undefined ? '' : rounded(row.databaseGib),
    row.costUsdPerMonth === undefined ? '' : rounded(row.costUsdPerMonth),
    row.plan.recommended?.sizing.id ?? 'none is feasible',
  ]);
  return [
    `${title}  ${answer.unit} growing by ${growth}  (${answer.source})`,
    '',
    ...table([heading, ...lines]),
    ...(milestones.length === 0 ? [] : ['', 'Passed on the way:']),
    ...milestones.map(
      ({ period, say }) => `  ${period === 0 ? 'now' : `${per} ${period}`}: ${say}`,
    ),
    ...(warnings.length === 0 ? [] : ['', 'Worth knowing:']),
    ...warnings.map((warning) => `  ${warning}`),
  ];
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
