// A right-sizing as Slack shows it: what each container should request, why, on how many samples, and the sum behind it.

import { formatDuration } from '../profile/duration.ts';
import type { Recommendation } from '../sizing/right-size.ts';
import type { SizedContainer } from '../sizing/right-size-json.ts';
import { amountText, resourceText } from '../sizing/right-size-words.ts';
import {
  context,
  costDelta,
  fallback,
  figure,
  literal,
  type Message,
  sections,
} from './message.ts';

/** A change of size in a few words: `request 1000m → 495m, limit 2000m → 990m`; what stays is said once. */
export function changeOfSize({ resource, before, after }: Recommendation): string {
  const part = (name: 'request' | 'limit'): string[] => {
    const [from, to] = [before[name], after[name]];
    if (to === undefined) return [];
    const now = amountText(resource, to);
    if (from === to) return [`${name} stays ${now}`];
    return [`${name} ${from === undefined ? 'none' : amountText(resource, from)} → ${now}`];
  };
  return [...part('request'), ...part('limit')].join(', ') || 'no request, no limit';
}

/** `4,000 of 4,032 samples in 14d`. */
export function samplesText(
  { samplesSeen, samplesExpected }: Recommendation,
  windowMs: number,
): string {
  const seen = samplesSeen === undefined ? 'an unknown number' : figure(samplesSeen);
  return `${seen} of ${figure(samplesExpected)} samples in ${formatDuration(windowMs)}`;
}

const marks = { keep: '=', raise: '▲', lower: '▼' } as const;

/** The answer to somebody who asked for sizes by use. Nothing was changed, and it says so. */
export function rightSizeMessage(title: string, containers: readonly SizedContainer[]): Message {
  const name = literal(title, 80);
  const changed = containers.filter(({ result }) =>
    [result.cpu, result.memory].some(({ kind }) => kind !== 'keep'),
  );
  const summary =
    containers.length === 0
      ? `${name}: there is no container to size`
      : `${name}: ${changed.length === 0 ? 'no size should change by what is known' : `${figure(changed.length)} of ${figure(containers.length)} sizes should change`}`;
  const rules = [...new Set(containers.map(({ result }) => result.rule.source))];
  return fallback(summary, [
    ...sections([`*${summary}*`, ...containers.flatMap(linesOf)]),
    context(...rules.map((rule) => `Rule: ${literal(rule, 300)}`), 'Nothing was changed.'),
  ]);
}

function linesOf({ component, result, cost }: SizedContainer): readonly string[] {
  const { cpu, memory, container, targets, notes, windowMs } = result;
  const delta =
    cost === undefined ? '' : `, ${costDelta(cost.afterUsdPerMonth - cost.beforeUsdPerMonth)}`;
  const inside = container === component ? '' : ` (container ${literal(container, 60)})`;
  return [
    `*${literal(component, 60)}*${inside}: ${samplesText(cpu, windowMs)}${delta}`,
    ...[cpu, memory].map(recommendationLine),
    ...targets.map(
      ({ resource, percentBefore, percentAfter, kept, because }) =>
        `${kept ? '•' : '⚠️'} autoscaler’s ${resourceText(resource)} target ${percentBefore} % → ${percentAfter} %: ${literal(because, 300)}`,
    ),
    ...notes.map((note) => `⚠️ ${literal(note, 300)}`),
  ];
}

function recommendationLine(from: Recommendation): string {
  const { kind, resource, because, arithmetic } = from;
  const head = `${marks[kind]} *${resourceText(resource)}*: ${changeOfSize(from)}`;
  const sum =
    kind === 'keep' ? '' : `\n   _${arithmetic.map(({ text }) => literal(text, 160)).join('; ')}_`;
  return `${head}\n   ${literal(because, 400)}${sum}`;
}
