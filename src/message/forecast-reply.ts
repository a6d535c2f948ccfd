// A forecast as Slack tells it: what is passed and when, then the rows; the chart is a picture of its own.
import { formatNumber } from '../profile/amount.ts';
import type { Forecast } from '../sizing/forecast.ts';
import { codeBlocks } from './code-block.ts';
import { forecastTable, growthWords } from './forecast-table.ts';
import { context, fallback, literal, type Message, section, sections } from './message.ts';

/** The answer to somebody who asked what is to come. `chart` says whether its picture has been sent. */
export function forecastMessage(
  title: string,
  answer: Forecast,
  chart: 'sent' | 'not-sent',
): Message {
  const { rows, per, milestones, unit } = answer;
  const [first, last] = [rows[0], rows.at(-1)];
  const name = literal(title, 80);
  const span = `${formatNumber(first?.amount ?? 0)} → ${formatNumber(last?.amount ?? 0)} ${literal(unit, 60)} in ${last?.period ?? 0} ${per}s`;
  const passed = milestones.map(
    ({ period, say }) => `• *${period === 0 ? 'now' : `${per} ${period}`}* ${literal(say, 300)}`,
  );
  const picture =
    chart === 'sent' ? 'The chart is in a direct message to you.' : 'The chart could not be sent.';
  const warnings = answer.warnings.map((warning) => `⚠️ ${literal(warning, 400)}`);
  return fallback(`${name}: ${span}`, [
    section(`*${name}*: ${span}, ${growthWords(answer)}`),
    ...sections(passed.length === 0 ? ['Nothing worth telling is passed on the way.'] : passed, 1),
    ...sections(warnings, 1),
    ...codeBlocks(forecastTable(title, { ...answer, milestones: [], warnings: [] }).slice(2), 2),
    context(picture, literal(answer.source, 200), 'Nothing was changed.'),
  ]);
}
