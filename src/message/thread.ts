// The messages in a plan's thread: progress while it runs, and the outcome with its proof.

import { unreachable } from '../errors.ts';
import type { RunChangeState } from '../ports.ts';
import { changeWords } from './change-words.ts';
import { context, cut, literal, type Message, section, when } from './message.ts';
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
};

/** One line a change: where it stands and what was last seen of it. */
export function progressMessage(view: PlanView): Message {
  const { plan } = view.record;
  const lines = plan.changes.map((change, position) => {
    const ran = view.changes.find((entry) => entry.position === position);
    const detail = ran?.detail === undefined ? '' : `\n   ${literal(ran.detail, 300)}`;
    return `${ran === undefined ? '▫️ not begun' : changeStateWords[ran.state]}: ${changeWords(change)}${detail}`;
  });
  const stopped = view.stops[0] === undefined ? [] : [`⏸ ${literal(view.stops[0], 300)}`];
  const text = [...lines, ...stopped].join('\n');
  return { text: cut(`Plan ${plan.id}: ${text}`, 1_000), blocks: [section(text)] };
}

/** What came of it, with the head of the audit trail: a cut-off tail of the trail would no longer contain it. */
export function outcomeMessage(view: PlanView): Message {
  const line = stateLine(view);
  const resolved = view.alerts.filter((alert) => alert.resolvedAt !== undefined);
  const alerts =
    view.alerts.length === 0
      ? ''
      : resolved.length === view.alerts.length
        ? `\nThe alert resolved ${when(new Date(resolved[0]?.resolvedAt ?? 0))}.`
        : '\nThe alert is still firing.';
  const text = `*${line.title}*\n${line.detail}${alerts}`;
  const blocks = [section(text)];
  const head = view.auditHead;
  return {
    text: cut(text, 1_000),
    blocks:
      head === undefined
        ? blocks
        : [
            ...blocks,
            context(`Audit trail at entry ${head.seq}, checkpoint \`${head.seq}:${head.hash}\``),
          ],
  };
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
