// A forecast as a terminal shows it: a row for each period, then what is passed and when.

import { formatNumber } from '../profile/amount.ts';
import { roundTo } from '../profile/rounding.ts';
import { stageWords } from '../sizing/database.ts';
import type { Forecast } from '../sizing/forecast.ts';
import { type Cell, table } from '../words/table.ts';

/** Lines of text. */
export function forecastTable(title: string, answer: Forecast): readonly string[] {
  const { rows, per, milestones, warnings } = answer;
  const heading = [
    per,
    answer.input,
    podsHeading(rows),
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
    row.cpuCores === undefined ? '' : roundTo(row.cpuCores, 2),
    row.memoryGib === undefined ? '' : roundTo(row.memoryGib, 2),
    row.plan.database === undefined ? '' : stageWords(row.plan.database),
    row.databaseGib === undefined ? '' : roundTo(row.databaseGib, 2),
    row.costUsdPerMonth === undefined ? '' : roundTo(row.costUsdPerMonth, 2),
    row.plan.recommended?.sizing.id ?? 'none is feasible',
  ]);
  return [
    `${title}  ${answer.unit} ${growthWords(answer)}  (${answer.source})`,
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

/** `growing by 10 % a month`. */
export function growthWords({ growth, per }: Pick<Forecast, 'growth' | 'per'>): string {
  const verb = growth < 0 ? 'shrinking' : 'growing';
  return `${verb} by ${formatNumber(Math.abs(growth) * 100)} % a ${per}`;
}

/** Cores and money are those of all components; pods are counted of the first one. */
function podsHeading(rows: Forecast['rows']): string {
  for (const { plan } of rows) {
    const [main, ...others] = plan.recommended?.components ?? [];
    if (main !== undefined && others.length > 0) return `${main.id} pods`;
  }
  return 'pods';
}
