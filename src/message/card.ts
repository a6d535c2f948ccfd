// The card of a plan: what is wrong, what would be done, why that number, what it costs, who decides.

import type { KnownBlock } from '@slack/types';
import { asCommand } from '../change/cluster-write.ts';
import type { Observation } from '../plan/observation.ts';
import type { Finding, Plan } from '../plan/plan.ts';
import { actionIds } from './action-ids.ts';
import { changeLine } from './change-words.ts';
import { slackLimits } from './limits.ts';
import {
  actions,
  button,
  context,
  costDelta,
  cut,
  escapeMrkdwn,
  figure,
  header,
  literal,
  type Message,
  section,
  span,
  when,
} from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';
import { stateLine } from './state-line.ts';

/** At most this many alerts are named on a card; the others are counted. */
const alertsNamed = 5;

/** Renders the card from what is stored; the same view always gives the same card. */
export function cardMessage(view: PlanView): Message {
  const { plan } = view.record;
  const state = stateLine(view);
  const blocks: KnownBlock[] = [
    header(firstLine(plan)),
    section(`*${state.title}*${state.detail === '' ? '' : `\n${state.detail}`}`),
    section(`*Why*\n${whyLines(plan).join('\n')}`),
    section(plan.finding === undefined ? changesText(plan) : findingText(plan.finding)),
  ];
  if (plan.notes.length > 0) {
    blocks.push(
      section(`*Worth knowing*\n${plan.notes.map((note) => `• ${literal(note, 400)}`).join('\n')}`),
    );
  }
  const alerts = alertLines(view);
  if (alerts.length > 0) blocks.push(section(`*Alerts*\n${alerts.join('\n')}`));
  if (view.mode === 'propose' && view.record.state === 'approved') {
    blocks.push(
      section(
        `*Run this by hand*\n${plan.changes.map((c) => `\`${escapeMrkdwn(asCommand(c))}\``).join('\n')}`,
      ),
    );
  }
  if (view.record.state === 'proposed' && view.mode !== 'observe' && plan.changes.length > 0)
    blocks.push(decisionButtons(view));
  blocks.push(context(footer(view)));
  return {
    text: cut(
      `${escapeMrkdwn(firstLine(plan))} · ${state.title}`,
      slackLimits.message.textAdvisedChars,
    ),
    blocks,
  };
}

/** System, cause, action and cost in at most 150 characters; long names lose their tails, the figures stay. */
export function firstLine(plan: Plan): string {
  const { before, after } = plan.replicas;
  const floor = plan.changes.some((change) => change.floor) ? 'at least ' : '';
  const cost =
    plan.cost === undefined
      ? 'cost unknown'
      : costDelta(plan.cost.afterUsdPerMonth - plan.cost.beforeUsdPerMonth);
  const action =
    plan.finding === undefined
      ? `${before} → ${floor}${after} replicas, ${cost}`
      : findingTitles[plan.finding.kind];
  const room = slackLimits.header.textChars - action.length - 4;
  const subject = cut(`${oneLine(plan.title)} ${oneLine(plan.component)}`, Math.floor(room / 2));
  return `${subject}: ${cut(cause(plan), room - subject.length)}: ${action}`;
}

const findingTitles = {
  investigate: 'look before scaling',
  enough: 'no change needed',
  frozen: 'no size can be given',
} as const satisfies Record<Finding['kind'], string>;

function changesText(plan: Plan): string {
  return `*What changes*\n${plan.changes.map(changeLine).join('\n')}`;
}

function findingText(finding: Finding): string {
  const lookAt = finding.lookAt.map((what) => `• ${literal(what, 300)}`);
  return [
    `*Nothing is changed: ${findingTitles[finding.kind]}*`,
    literal(finding.because, 600),
    ...lookAt,
  ].join('\n');
}

function cause(plan: Plan): string {
  if (plan.origin.kind === 'command') return oneLine(plan.origin.reason ?? 'asked for by command');
  const [measured] = plan.observations.filter((o) => o.name === plan.trigger);
  const value =
    measured?.kind === 'value' ? ` ${figure(measured.value)} ${measured.unit}`.trimEnd() : '';
  return `${oneLine(plan.origin.alertname)}${value}`;
}

function whyLines(plan: Plan): string[] {
  const { origin } = plan;
  const lines: string[] = [];
  if (origin.kind === 'alert' && origin.summary !== '')
    lines.push(`Alert says: ${literal(origin.summary, 300)}`);
  if (origin.kind === 'command') {
    const reason = origin.reason === undefined ? '' : `: ${literal(origin.reason, 300)}`;
    lines.push(`Asked for by <@${origin.by}>${reason}`);
  }
  lines.push(...plan.observations.map(observationLine));
  for (const line of plan.arithmetic) {
    lines.push(`• ${literal(line.text, 300)}  _(${literal(line.source, 160)})_`);
  }
  if (plan.cost !== undefined) {
    const { beforeUsdPerMonth, afterUsdPerMonth, source } = plan.cost;
    lines.push(
      `• Cost of this component: $${figure(round(beforeUsdPerMonth))} → $${figure(round(afterUsdPerMonth))} a month  _(${literal(source, 160)})_`,
    );
  }
  return lines;
}

/** A number with its age, or that it is not known and why; never a guess. */
export function observationLine(observation: Observation): string {
  const name = literal(observation.name, 80);
  switch (observation.kind) {
    case 'value':
      return `• ${name}: *${figure(observation.value)}* ${literal(observation.unit, 40)} (measured ${span(observation.ageSeconds)} before)`;
    case 'stale':
      return `• ${name}: *not known now*, ${figure(observation.value)} ${literal(observation.unit, 40)} was ${span(observation.ageSeconds)} old`;
    case 'missing':
      return `• ${name}: *not known* (${literal(observation.because, 200)})`;
  }
}

function alertLines(view: PlanView): string[] {
  const lines = view.alerts.slice(0, alertsNamed).map((alert) => {
    const since = new Date(alert.startsAt);
    const until =
      alert.resolvedAt === undefined
        ? 'still firing'
        : `resolved ${when(new Date(alert.resolvedAt))}`;
    return `• ${literal(alert.alertname, 120)} since ${when(since)}, ${until}`;
  });
  const others = view.alerts.length - lines.length;
  return others > 0 ? [...lines, `• and ${others} more for the same workload`] : lines;
}

function decisionButtons(view: PlanView): KnownBlock {
  const { plan, hash, clearedAt } = view.record;
  const value = formatPlanToken({ planId: plan.id, planHash: hash });
  const what = `${plan.replicas.before} to ${plan.replicas.after} replicas of ${plan.component}`;
  return actions(`decision-${plan.id}`, [
    button({
      actionId: actionIds.approve,
      text: clearedAt === undefined ? 'Approve' : 'Approve anyway',
      value,
      style: 'primary',
      label: `Approve: ${what}`,
    }),
    button({
      actionId: actionIds.deny,
      text: 'Deny…',
      value,
      style: 'danger',
      label: `Deny: ${what}`,
    }),
  ]);
}

function footer(view: PlanView): string {
  const { plan, hash } = view.record;
  const revision = plan.revision > 1 ? ` · revision ${plan.revision}` : '';
  return `Plan ${plan.id}${revision} · ${hash.slice(0, 12)} · ${view.mode} mode · drawn ${when(new Date(plan.createdAt))}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function round(usd: number): number {
  return Math.round(usd * 100) / 100;
}
