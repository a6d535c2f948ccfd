// A right-sizing as Slack shows it: what each container should request, why, on how many samples, and the sum behind it.

import { formatDuration } from '../profile/duration.ts';
import type { CostMove } from '../sizing/cost.ts';
import type { Recommendation } from '../sizing/right-size.ts';
import type { NotSized, SizedContainer, SizedPods } from '../sizing/right-size-component.ts';
import { amountText, resourceText } from '../sizing/right-size-words.ts';
import { context, dollars, fallback, figure, literal, type Message, sections } from './message.ts';

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
export function rightSizeMessage(
  title: string,
  containers: readonly SizedContainer[],
  notSized: readonly NotSized[] = [],
): Message {
  const summary = `${literal(title, 80)}: ${summaryOf(containers, notSized)}`;
  const rules = new Set(
    containers.flatMap(({ result, pods }) => [result.rule.source, ...(pods ? [pods.source] : [])]),
  );
  return fallback(summary, [
    ...sections([
      `*${summary}*`,
      ...notSized.map(
        ({ component, because }) => `⚠️ *${literal(component, 60)}*: ${literal(because, 300)}`,
      ),
      ...containers.flatMap(linesOf),
    ]),
    context(...[...rules].map((rule) => `Rule: ${literal(rule, 300)}`), 'Nothing was changed.'),
  ]);
}

function summaryOf(containers: readonly SizedContainer[], notSized: readonly NotSized[]): string {
  if (containers.length === 0)
    return notSized.length === 0 ? 'there is no container to size' : 'nothing could be sized';
  const changed = containers.filter(({ result, pods }) =>
    [result.cpu, result.memory, ...(pods ? [pods.advice] : [])].some(({ kind }) => kind !== 'keep'),
  );
  const unseen = notSized.length === 0 ? '' : `, ${figure(notSized.length)} could not be looked at`;
  return changed.length === 0
    ? `no size should change by what is known${unseen}`
    : `${figure(changed.length)} of ${figure(containers.length)} sizes should change${unseen}`;
}

function linesOf({ component, result, cost, pods }: SizedContainer): readonly string[] {
  const { cpu, memory, container, targets, notes, windowMs } = result;
  const inside = container === component ? '' : ` (container ${literal(container, 60)})`;
  const anotherSize = cpu.kind !== 'keep' || memory.kind !== 'keep';
  return [
    `*${literal(component, 60)}*${inside}: ${samplesText(cpu, windowMs)}${costText(cost)}`,
    ...[cpu, memory].map(recommendationLine),
    ...(pods ? [podsLine(pods, anotherSize)] : []),
    ...targets.map(
      ({ resource, percentBefore, percentAfter, kept, because }) =>
        `${kept ? '•' : '⚠️'} autoscaler’s ${resourceText(resource)} target ${percentBefore} % → ${percentAfter} %: ${literal(because, 300)}`,
    ),
    ...notes.map((note) => `⚠️ ${literal(note, 300)}`),
  ];
}

/** All pods together, before and after. */
function costText(cost: CostMove | undefined): string {
  if (cost === undefined) return '';
  const { beforeUsdPerMonth: before, afterUsdPerMonth: after } = cost;
  return Math.abs(after - before) < 0.005
    ? `, ${dollars(before)} a month`
    : `, ${dollars(before)} → ${dollars(after)} a month`;
}

/** Said where size and number of pods would both change: each of them alone makes up for the use. */
export const oneOfTwo = 'either another size or another number of pods, not both at once';

function podsLine({ advice, cost }: SizedPods, anotherSize: boolean): string {
  const { kind, before, after, because } = advice;
  const move = before === after ? `stay ${figure(before)}` : `${figure(before)} → ${figure(after)}`;
  const choice = kind !== 'keep' && anotherSize ? `\n   _${oneOfTwo}_` : '';
  return `${marks[kind]} *pods*: ${move}${kind === 'keep' ? '' : costText(cost)}\n   ${literal(because, 400)}${choice}`;
}

function recommendationLine(from: Recommendation): string {
  const { kind, resource, because, arithmetic } = from;
  const head = `${marks[kind]} *${resourceText(resource)}*: ${changeOfSize(from)}`;
  const sum =
    kind === 'keep' ? '' : `\n   _${arithmetic.map(({ text }) => literal(text, 160)).join('; ')}_`;
  return `${head}\n   ${literal(because, 400)}${sum}`;
}
