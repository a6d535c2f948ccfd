// The messages in a plan's thread: progress while it runs, and the outcome with its proof.

import { unreachable } from '../errors.ts';
import { isChange } from '../plan/step.ts';
import type { RunChangeState } from '../ports.ts';
import { changeWords } from './change-words.ts';
import { context, fallback, literal, type Message, section, sentence, when } from './message.ts';
import type { PlanView } from './plan-view.ts';
import { stateLine } from './state-line.ts';

const changeStateWords: Record<RunChangeState, string> = {
  writing: '✍️ writing',
  written: '⏳ written, waiting for the rollout',
  reached: '✔️ was there already, nothing written',
  verified: '✅ carried out and seen ready',
  refused: '⛔ refused by the cluster, nothing changed',
  unknown: '❓ sent, but no answer came; looking',
  failed: '🛑 written, but did not become ready',
  blocked: '🛑 was there already, nothing written, but does not become ready',
  reverting: '↩️ failed, putting back what was there before',
  reverted: '↩️ failed, and put back as it was',
  kept: '⚠️ failed, and could not be put back',
};

/** One line a change: where it stands and what was last seen of it. */
export function progressMessage(view: PlanView): Message {
  const { plan } = view.record;
  const lines = [...plan.steps.entries()].flatMap(([position, change]) => {
    if (!isChange(change)) return [];
    const ran = view.changes.find((entry) => entry.position === position);
    const detail = ran?.detail === undefined ? '' : `\n   ${literal(ran.detail, 300)}`;
    return `${ran === undefined ? '▫️ not begun' : changeStateWords[ran.state]}: ${changeWords(change)}${detail}`;
  });
  const stopped = view.stops.map((stop) => `⏸ ${sentence(stop, 300)}`);
  const text = [...lines, ...stopped].join('\n');
  return fallback(`Plan ${plan.id}: ${text}`, [section(text)]);
}

/** What came of it, with the head of the audit trail: a cut-off tail of the trail would no longer contain it. */
export function outcomeMessage(view: PlanView): Message {
  const line = stateLine(view);
  const text = [`*${line.title}*`, line.detail, alertsLine(view)]
    .filter((part) => part !== '')
    .join('\n');
  const head = view.auditHead;
  const proof =
    head === undefined
      ? []
      : [context(`Audit trail at entry ${head.seq}, checkpoint \`${head.seq}:${head.hash}\``)];
  return fallback(text, [section(text), ...proof]);
}

function alertsLine({ alerts }: PlanView): string {
  const firing = alerts.filter((alert) => alert.resolvedAt === undefined).length;
  const ends = alerts.flatMap(({ resolvedAt }) =>
    resolvedAt === undefined ? [] : [Date.parse(resolvedAt)],
  );
  if (alerts.length === 0) return '';
  if (firing === 0) {
    const last = when(new Date(Math.max(...ends)));
    return alerts.length === 1
      ? `The alert resolved ${last}.`
      : `All ${alerts.length} alerts have resolved, the last one ${last}.`;
  }
  if (alerts.length === 1) return 'The alert is still firing.';
  return `${firing} of ${alerts.length} alerts ${firing === 1 ? 'is' : 'are'} still firing.`;
}

/** The message of one kind, from what is stored. */
export function threadMessage(kind: 'progress' | 'outcome', view: PlanView): Message {
  switch (kind) {
    case 'progress':
      return progressMessage(view);
    case 'outcome':
      return outcomeMessage(view);
    default:
      return unreachable(kind);
  }
}
