// The card of a plan: what is wrong, what would be done, why that number, what it costs, who decides.

import type { KnownBlock } from '@slack/types';
import type { Observation } from '../plan/observation.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import { actionIds } from './action-ids.ts';
import { alertLines } from './alert-lines.ts';
import { approveQuestion } from './ask-first.ts';
import { byHandBlocks, byHandChars } from './by-hand-blocks.ts';
import { changeLine, stepLine } from './change-words.ts';
import { checkLines } from './check-lines.ts';
import { endedButtons } from './ended-buttons.ts';
import { firstLine, moveWords } from './first-line.ts';
import { leaseLine, plannedLeaseLines } from './lease-words.ts';
import { slackLimits } from './limits.ts';
import {
  actions,
  amount,
  button,
  context,
  dollars,
  escapeMrkdwn,
  fallback,
  header,
  literal,
  type Message,
  person,
  plainLine,
  section,
  sections,
  span,
  when,
} from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';
import { stateLine } from './state-line.ts';

/** Renders the card from what is stored; the same view always gives the same card. */
export function cardMessage(view: PlanView): Message {
  const { plan } = view.record;
  const state = stateLine(view);
  const detail = `${state.detail} ${leaseLine(view)}`.trim();
  const blocks: KnownBlock[] = [
    header(firstLine(plan)),
    section(`*${state.title}*${detail === '' ? '' : `\n${detail}`}`, 1_500),
    section(
      `*${plan.finding === undefined ? 'Why' : 'What was seen'}*\n${whyLines(plan).join('\n')}`,
      3_000,
    ),
  ];
  const changesAt = blocks.length;
  const checked = checkLines(plan.checks ?? []);
  if (checked.length > 0) blocks.push(section(checked.join('\n'), 1_500));
  const worthKnowing = [...plan.limitsMet, ...plan.notes];
  if (worthKnowing.length > 0) {
    blocks.push(
      section(
        `*Worth knowing*\n${worthKnowing.map((note) => `• ${literal(note, 400)}`).join('\n')}`,
        2_000,
      ),
    );
  }
  const alerts = alertLines(view);
  if (alerts.length > 0) blocks.push(section(`*Alerts*\n${alerts.join('\n')}`, 1_400));
  const sources = sourcesLine(plan);
  const tail = [
    ...(mayBeDecided(view) ? [decisionButtons(view)] : []),
    ...endedButtons(view),
    sources === '' ? context(footer(view)) : context(sources, footer(view)),
  ];
  const changes =
    plan.finding === undefined
      ? sections(changesLines(view), 4, roomBeside([...blocks, ...tail], view))
      : [section(findingText(plan.finding), 2_500)];
  blocks.splice(changesAt, 0, ...changes);
  blocks.push(...byHandBlocks(view, blocks), ...tail);
  return fallback(`${escapeMrkdwn(firstLine(plan))} · ${state.title}`, blocks);
}

/** All text of a message has a limit: what changes gets what the rest leaves, and says how much of it is not shown. */
function roomBeside(others: readonly KnownBlock[], view: PlanView): number {
  const used = JSON.stringify(others).length;
  const least = slackLimits.section.textChars;
  return Math.max(least, slackLimits.message.allBlocksTextChars - used - byHandChars(view));
}

/** Buttons that no click of anybody could make work are not shown. */
function mayBeDecided({ record, mode, rule }: PlanView): boolean {
  return (
    record.state === 'proposed' &&
    mode !== 'observe' &&
    rule !== undefined &&
    record.plan.steps.length > 0
  );
}

/** A procedure is its steps in order; other plans are their changes. */
function changesLines({ record, mode }: PlanView): readonly string[] {
  const { plan } = record;
  const { steps, procedure } = plan;
  const lines =
    procedure === undefined
      ? changesOf(plan).map(changeLine)
      : steps.map((step, index) => `${index + 1}. ${stepLine(step)}`);
  return ['*What changes*', ...lines, ...plannedLeaseLines(record, mode)];
}

const findingHeads = {
  investigate: 'Look at this before scaling',
  enough: 'Why nothing is changed',
  frozen: 'Why nothing is changed',
  commit: 'Why Headroom does not write it',
} as const satisfies Record<Finding['kind'], string>;

function findingText(finding: Finding): string {
  const lookAt = finding.lookAt.map((what) => `• ${literal(what, 300)}`);
  return [`*${findingHeads[finding.kind]}*`, literal(finding.because, 1_000), ...lookAt].join('\n');
}

/** Where each figure comes from, small and in one place: who doubts one looks it up, everybody else reads on. */
function sourcesLine(plan: Plan): string {
  const arithmetic = plan.arithmetic.map(({ source }) => source);
  const sources = [
    ...(plan.procedure === undefined ? [] : [plan.procedure.source]),
    ...arithmetic,
    ...(plan.cost === undefined ? [] : [plan.cost.source]),
  ];
  const named = [...new Set(sources)].map((source) => literal(source, 300));
  return named.length === 0 ? '' : `Sources: ${named.join(' · ')}`;
}

function whyLines(plan: Plan): string[] {
  const { origin } = plan;
  const lines: string[] = [];
  if (origin.kind === 'alert' && origin.summary !== '')
    lines.push(`Alert says: ${literal(origin.summary, 300)}`);
  if (origin.kind === 'schedule') {
    lines.push(
      `Schedule ${literal(origin.name, 63)} of headroom.yaml: ${literal(origin.words, 120)}`,
    );
  }
  if (origin.kind === 'command') {
    const reason = origin.reason === undefined ? '' : `: ${literal(origin.reason, 300)}`;
    lines.push(`Asked for by ${person(origin.by)}${reason}`);
  }
  const inputs = Object.entries(plan.procedure?.inputs ?? {});
  if (inputs.length > 0) {
    lines.push(`• with ${literal(inputs.map(([key, value]) => `${key}=${value}`).join(' '), 600)}`);
  }
  lines.push(...plan.observations.map(observationLine));
  for (const line of plan.arithmetic) {
    lines.push(`• ${literal(line.text, 300)}`);
  }
  if (plan.cost !== undefined) {
    const { beforeUsdPerMonth, afterUsdPerMonth } = plan.cost;
    lines.push(
      `• Cost of ${plan.procedure === undefined ? 'this component' : 'these components'}: ${dollars(beforeUsdPerMonth)} → ${dollars(afterUsdPerMonth)} a month`,
    );
  }
  return lines;
}

/** A number with its age, or that it is not known and why; never a guess. */
export function observationLine(observation: Observation): string {
  const name = literal(observation.name, 200);
  switch (observation.kind) {
    case 'value':
      return `• ${name}: *${literal(amount(observation.value, observation.unit), 60)}*${observation.ageSeconds === 0 ? '' : `, ${span(observation.ageSeconds)} old`}`;
    case 'stale':
      return `• ${name}: *not known now*; the newest measurement, ${literal(amount(observation.value, observation.unit), 60)}, is ${span(observation.ageSeconds)} old`;
    case 'missing':
      return `• ${name}: *not known* (${literal(observation.because, 200)})`;
  }
}

function decisionButtons(view: PlanView): KnownBlock {
  const { plan, hash, clearedAt } = view.record;
  const value = formatPlanToken({ planId: plan.id, planHash: hash });
  const moves = moveWords(plan).replaceAll('→', 'to');
  const ofComponent =
    plan.requests === undefined
      ? `${plan.replicas.before} to ${plan.replicas.after} replicas of ${plan.component}`
      : `${moves} of ${plan.component}`;
  const what = plan.procedure === undefined ? ofComponent : `${plan.procedure.title}, ${moves}`;
  return actions(`decision-${plan.id}`, [
    button({
      actionId: actionIds.approve,
      text: clearedAt === undefined ? 'Approve' : 'Approve anyway',
      value,
      style: 'primary',
      label: plainLine(`Approve: ${what}`),
      ask: approveQuestion(plan),
    }),
    button({
      actionId: actionIds.deny,
      text: 'Deny…',
      value,
      style: 'danger',
      label: plainLine(`Deny: ${what}`),
    }),
  ]);
}

function footer(view: PlanView): string {
  const { plan, hash } = view.record;
  const revision = plan.revision > 1 ? ` · revision ${plan.revision}` : '';
  return `Plan ${plan.id}${revision} · ${hash.slice(0, 12)} · ${view.mode} mode · drawn ${when(new Date(plan.createdAt))}`;
}
