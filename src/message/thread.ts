// The messages in a plan's thread: progress while it runs, and the outcome with its proof.

import type { KnownBlock } from '@slack/types';
import type { Change } from '../change/change.ts';
import { unreachable } from '../errors.ts';
import { askedNow } from '../plan/asked-now.ts';
import { isChange, type Step } from '../plan/step.ts';
import type { RunChange, RunChangeState } from '../ports.ts';
import { actionIds } from './action-ids.ts';
import { doneQuestion } from './ask-first.ts';
import { changeWords, gateLine } from './change-words.ts';
import { leaseMessage } from './lease-words.ts';
import {
  actions,
  button,
  context,
  counted,
  cut,
  fallback,
  type Message,
  plainLine,
  section,
  sections,
  sentence,
  when,
} from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';
import { stateLine } from './state-line.ts';

const changeStateWords: Partial<Record<RunChangeState, string>> = {
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

const gateStateWords: Partial<Record<RunChangeState, string>> = {
  holding: '⏳ here now',
  passed: '✅ so',
  warned: '⚠️ not so, going on all the same',
  blocked: '🛑 not so, stopped here',
};

/**
 * One line a step: where it stands and what was last seen of it in one run. Somebody who is asked to do something finds a
 * button under the latest.
 */
export function progressMessage(view: PlanView, run = view.run?.number): Message {
  const { plan } = view.record;
  const lines = plan.steps.map((step, position) => {
    const ran = view.changes.find((entry) => entry.position === position);
    const [state, words] = isChange(step)
      ? [ran && stateWords(step, ran.state), changeWords(step)]
      : [ran && gateStateWords[ran.state], gateLine(step)];
    const detail = ran === undefined ? '' : detailOf(step, ran);
    return `${state ?? '▫️ not begun'}: ${words}${detail}`;
  });
  const isLatest = run === view.run?.number;
  const below = isLatest
    ? view.stops.map((stop) => `⏸ ${sentence(stop, 300)}`)
    : ['➡️ That was as far as this run came; a later one went on.'];
  const text = [...withoutDone(lines, view), ...below];
  return fallback(`Plan ${plan.id}: ${cut(text.join('\n'), 3_000)}`, [
    ...sections(text, 5, progressCharsMax),
    ...(isLatest ? doneButton(view) : []),
  ]);
}

/** Slack takes 13,000 in one message, and there are a button and its question besides. */
const progressCharsMax = 12_000;

/** Where not all steps fit, those at the beginning that are through are counted: the one at hand is what people look for. */
function withoutDone(lines: readonly string[], { changes, record }: PlanView): readonly string[] {
  const through: readonly RunChangeState[] = ['passed', 'warned', 'verified', 'reached'];
  const isThrough = (position: number) =>
    changes.some((ran) => ran.position === position && through.includes(ran.state));
  let chars = lines.reduce((sum, line) => sum + line.length + 1, 0);
  let gone = 0;
  while (chars > progressCharsMax - 100 && gone < record.plan.steps.length && isThrough(gone)) {
    chars -= (lines[gone]?.length ?? 0) + 1;
    gone += 1;
  }
  return gone === 0 ? lines : [`✅ ${counted(gone, 'step')} before these`, ...lines.slice(gone)];
}

function stateWords({ kind }: Change, state: RunChangeState): string | undefined {
  const words = changeStateWords[state];
  if (kind !== 'sql') return words;
  // A database is not waited for as pods are: a part of it is missing, or it has no effect.
  if (state === 'written') return '⏳ written, looking whether it is in effect';
  if (state === 'failed') return '🛑 begun, and not carried out in full';
  return state === 'refused' ? words?.replace('cluster', 'database') : words;
}

function detailOf(step: Step, { state, detail, since }: RunChange): string {
  if (step.kind === 'wait' && state === 'holding' && since !== undefined) {
    return `\n   until ${when(new Date(since.getTime() + step.seconds * 1000))}`;
  }
  return detail === undefined ? '' : `\n   ${sentence(detail, 300)}`;
}

function doneButton(view: PlanView): KnownBlock[] {
  const { plan, hash, state } = view.record;
  const position = askedNow({ ...view, steps: plan.steps, state });
  const step = position === undefined ? undefined : plan.steps[position];
  if (step?.kind !== 'human') return [];
  return [
    actions(`step-${plan.id}-${position}`, [
      button({
        actionId: actionIds.done,
        text: 'Done',
        value: formatPlanToken({ planId: plan.id, planHash: hash }),
        style: 'primary',
        label: cut(plainLine(`Done: ${step.what}`), 75),
        ask: doneQuestion(step.what),
      }),
    ]),
  ];
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
export function threadMessage(
  kind: 'progress' | 'outcome' | 'lease',
  view: PlanView,
  number?: number,
): Message {
  switch (kind) {
    case 'progress':
      return progressMessage(view, number);
    case 'outcome':
      return outcomeMessage(view);
    case 'lease':
      return leaseMessage(view, number ?? 1);
    default:
      return unreachable(kind);
  }
}
