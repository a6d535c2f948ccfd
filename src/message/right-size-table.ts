// A right-sizing as a terminal shows it: one table of sizes, then the reason and the sum of each.

import { formatDuration } from '../profile/duration.ts';
import type { Recommendation, RightSize } from '../sizing/right-size.ts';
import type { NotSized, SizedContainer, SizedPods } from '../sizing/right-size-component.ts';
import { amountText, resourceText } from '../sizing/right-size-words.ts';
import { type Cell, table } from '../words/table.ts';
import { oneOfTwo, samplesText } from './right-size-reply.ts';

const heading: readonly Cell[] = [
  'component',
  'container',
  'resource',
  'advice',
  'request',
  'limit',
  'samples',
  'USD/month',
];

/** Lines of text; what could not be sized stands at the end. */
export function rightSizeTable(
  title: string,
  containers: readonly SizedContainer[],
  notSized: readonly NotSized[] = [],
): readonly string[] {
  const problems = notSized.map(({ component, because }) => `${component}: ${because}`);
  if (containers.length === 0) return [`${title}: there is no container to size`, ...problems];
  return [
    title,
    '',
    ...table([heading, ...containers.flatMap(rowsOf)]),
    ...containers.flatMap((each) => ['', ...reasonsOf(each)]),
    ...(problems.length === 0 ? [] : ['', 'Not sized:', ...problems.map((line) => `  ${line}`)]),
  ];
}

function rowsOf({ component, result, cost }: SizedContainer): readonly (readonly Cell[])[] {
  return [result.cpu, result.memory].map((from, index) => [
    index === 0 ? component : '',
    index === 0 ? result.container : '',
    resourceText(from.resource),
    from.kind,
    move(from, 'request'),
    move(from, 'limit'),
    `${from.samplesSeen ?? '?'}/${from.samplesExpected}`,
    index === 0 && cost !== undefined
      ? `${cost.beforeUsdPerMonth.toFixed(2)} → ${cost.afterUsdPerMonth.toFixed(2)}`
      : '',
  ]);
}

function move({ resource, before, after }: Recommendation, part: 'request' | 'limit'): string {
  const text = (amount: number | undefined) =>
    amount === undefined ? 'none' : amountText(resource, amount);
  return before[part] === after[part]
    ? text(after[part])
    : `${text(before[part])} → ${text(after[part])}`;
}

function reasonsOf({ component, result, pods }: SizedContainer): readonly string[] {
  const { cpu, memory, rule, windowMs, stepMs, targets, notes } = result;
  return [
    `${component}: ${samplesText(cpu, windowMs)}, one every ${formatDuration(stepMs)}; ${rule.source}`,
    ...[cpu, memory].flatMap(({ resource, because, arithmetic }) => [
      `  ${resourceText(resource)}: ${because}`,
      ...arithmetic.map(({ text }) => `    ${text}`),
    ]),
    ...(pods ? podsLines(pods, result) : []),
    ...targets.map(
      ({ resource, because }) => `  autoscaler, ${resourceText(resource)}: ${because}`,
    ),
    ...notes.map((note) => `  note: ${note}`),
  ];
}

function podsLines({ advice, source, cost }: SizedPods, { cpu, memory }: RightSize) {
  const { kind, before, after, because } = advice;
  const lines = [`  pods: ${because}; ${source}`];
  if (kind === 'keep') return lines;
  const usd =
    cost && [cost.beforeUsdPerMonth, cost.afterUsdPerMonth].map((each) => each.toFixed(2));
  lines.push(`    ${before} → ${after} pods${usd ? `, ${usd.join(' → ')} USD/month` : ''}`);
  if (cpu.kind !== 'keep' || memory.kind !== 'keep') lines.push(`    ${oneOfTwo}`);
  return lines;
}
