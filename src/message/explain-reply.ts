// Where numbers come from, as Slack shows it: the formula, its values, what its parts come to, and the source.
import type { Plan } from '../plan/plan.ts';
import { formatNumber } from '../profile/amount.ts';
import { type Explanation, explanationLines } from '../sizing/explain.ts';
import { codeBlocks } from './code-block.ts';
import { context, fallback, literal, type Message, plainMessage, section } from './message.ts';

/** The arithmetic of a sizing; undefined when none is feasible. */
export function explanationMessage(
  title: string,
  explained: { readonly sizing: string; readonly explanations: readonly Explanation[] } | undefined,
): Message {
  const name = literal(title, 80);
  if (explained === undefined) {
    return plainMessage(`${name}: no sizing is feasible, so there is no number to explain.`);
  }
  const summary = `${name}: how ${literal(explained.sizing, 60)} comes to its numbers`;
  return fallback(summary, [
    section(`*${summary}*`),
    ...codeBlocks(explanationLines(explained.explanations)),
    context('Nothing was changed.'),
  ]);
}

/** The arithmetic that a plan was frozen with. */
export function planExplanationMessage(plan: Plan): Message {
  const summary = `Plan ${plan.id}: where its numbers come from`;
  const lines = plan.arithmetic.flatMap(({ formula, values, result, source, text }) => [
    text,
    `  ${formula} = ${formatNumber(result)}`,
    `  with ${Object.entries(values)
      .map(([name, value]) => `${name} = ${formatNumber(value)}`)
      .join(', ')}`,
    `  ${source}`,
  ]);
  const words = [...plan.limitsMet, ...plan.notes].map((note) => `• ${literal(note, 300)}`);
  const cost = plan.cost === undefined ? [] : [`Costs: ${literal(plan.cost.source, 300)}`];
  return fallback(summary, [
    section(`*${summary}*`),
    ...(lines.length === 0
      ? [section('It was asked for by number; there is no arithmetic behind it.')]
      : codeBlocks(lines)),
    ...(words.length === 0 ? [] : [section(words.join('\n'))]),
    ...(cost.length === 0 ? [] : [context(...cost)]),
  ]);
}
