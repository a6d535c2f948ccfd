// What is said about lent capacity: before it is lent, while it is, when it stays longer, and when it is over.

import type { KnownBlock } from '@slack/types';
import { undoOf } from '../change/change.ts';
import { unreachable } from '../errors.ts';
import type { LeaseAnswer } from '../lease/answer.ts';
import { type HoldReason, type Lease, lentChanges } from '../lease/lease.ts';
import { extensionSeconds } from '../lease/terms.ts';
import type { Plan } from '../plan/plan.ts';
import { formatDuration } from '../profile/duration.ts';
import { actionIds } from './action-ids.ts';
import { giveBackQuestion } from './ask-first.ts';
import { changeWords } from './change-words.ts';
import {
  actions,
  button,
  fallback,
  literal,
  type Message,
  person,
  plainLine,
  plainMessage,
  section,
  sentence,
  when,
} from './message.ts';
import { formatPlanToken } from './plan-token.ts';
import type { PlanView } from './plan-view.ts';

/** "worker: 8 → 5 replicas": what giving back does. */
function undoWords(plan: Plan): string {
  return lentChanges(plan)
    .map(({ change }) => changeWords(undoOf(change)))
    .join(', ');
}

function lasting(seconds: number): string {
  return formatDuration(seconds * 1000);
}

/** On the card, below what changes: approving the plan approves this. Empty for a plan that lends nothing. */
export function plannedLeaseLines({ plan }: PlanView['record'], mode: PlanView['mode']): string[] {
  const { lease } = plan;
  if (lease === undefined) return [];
  const back = undoWords(plan);
  if (mode !== 'apply') {
    return [
      `⏳ Meant for ${lasting(lease.seconds)}, then ${back}. In ${mode} mode nobody but you gives it back.`,
    ];
  }
  const last = lasting(lease.seconds);
  if (lease.triggers.length === 0) {
    return [
      `⏳ Lent for ${last} from when it is in place: ${back}.`,
      '   Nothing measures what fewer pods would have to carry, so it goes back when a person presses Give back now; approving this approves that.',
    ];
  }
  const measured = lease.triggers.map((id) => literal(id, 60)).join(', ');
  return [
    `⏳ Given back ${last} after it is in place, unless somebody extends it: ${back}.`,
    `   Approving this approves that. Alerts and the load (${measured}) are looked at first; if they speak against it, it stays and the thread says why.`,
  ];
}

/** The end of the line about an applied plan on its card; empty where nothing was meant to be given back. */
export function leaseLine({ record, lease }: Pick<PlanView, 'record' | 'lease'>): string {
  if (record.plan.lease === undefined) return '';
  if (lease === undefined) {
    return record.state === 'applied' ? 'Nothing was added, so nothing is given back.' : '';
  }
  switch (lease.state) {
    case 'lent':
      return lease.extendedBy === 'headroom'
        ? 'Not given back yet; the thread says why.'
        : `Lent until ${when(lease.dueAt)}.`;
    case 'giving':
      return 'It is being given back.';
    case 'unknown':
      return 'Whether it was given back is not known yet.';
    case 'given':
      return `Given back ${when(lease.stateAt)}.`;
    case 'ended':
      return 'It is not given back any more; the thread says why.';
    default:
      return unreachable(lease.state);
  }
}

/** One message about a lease in its plan's thread. Only the newest says where it stands and has buttons. */
export function leaseMessage(view: PlanView, number: number): Message {
  const { record, lease } = view;
  if (lease === undefined || number < lease.message) {
    return plainMessage(`⏳ ${undoWords(record.plan)}: how it went on stands further down.`);
  }
  const text = leaseText(record.plan, lease);
  const blocks: KnownBlock[] = [section(text)];
  if (lease.state === 'lent') blocks.push(leaseButtons(view));
  return fallback(text, blocks);
}

function leaseText(plan: Plan, lease: Lease): string {
  const back = undoWords(plan);
  const why = sentence(lease.note ?? '', 900);
  switch (lease.state) {
    case 'lent':
      return lentText(plan, lease);
    case 'giving':
      return `↩️ *Being given back:* ${back}.`;
    case 'unknown':
      return `❓ *Not known whether it was given back:* ${back}. ${why} Nothing more is written until that is known.`;
    case 'given':
      return `✅ *Given back* ${when(lease.stateAt)}: ${back}.${lease.askedBy === undefined ? '' : ` ${person(lease.askedBy)} asked for it.`}`;
    case 'ended':
      return `⏹ *Not given back, and left as it is:* ${why} Headroom writes nothing more here.`;
    default:
      return unreachable(lease.state);
  }
}

function lentText(plan: Plan, lease: Lease): string {
  const back = undoWords(plan);
  const asked =
    lease.askedBy === undefined
      ? ''
      : `\n${person(lease.askedBy)} wants it back now; what speaks against it is being looked at.`;
  if (lease.held !== undefined) {
    const next = nextWords(lease.held, lease.dueAt);
    return `✋ *Not given back:* ${sentence(lease.note ?? '', 900)} ${next}\nWhat would change: ${back}.${asked}`;
  }
  const { extendedBy } = lease;
  const by =
    extendedBy === undefined || extendedBy === 'headroom'
      ? ''
      : ` ${person(extendedBy)} extended it.`;
  return lease.remindAt === undefined
    ? `⏰ *Given back ${when(lease.dueAt)}:* ${back}, unless somebody extends it.${by}${asked}`
    : `⏳ *Lent until ${when(lease.dueAt)}:* then ${back}, unless somebody extends it or an alert or the load speaks against it.${by}${asked}`;
}

/** What comes next, and what a person can do before that. */
function nextWords(held: HoldReason, again: Date): string {
  if (held === 'nothing-measures') return 'Press Give back now when it is no longer needed.';
  return held === 'cluster'
    ? `It is tried again ${when(again)}; or press Give back now once that is mended.`
    : `It is looked at again ${when(again)}.`;
}

function leaseButtons({ record }: PlanView): KnownBlock {
  const { plan, hash } = record;
  const value = formatPlanToken({ planId: plan.id, planHash: hash });
  const back = undoWords(plan);
  const of = plainLine(back).replaceAll('→', 'to');
  const more = lasting(extensionSeconds);
  return actions(`lease-${plan.id}`, [
    button({
      actionId: actionIds.extendLease,
      text: `Extend ${more}`,
      value,
      label: plainLine(`Extend by ${more} before ${of}`),
    }),
    button({
      actionId: actionIds.giveBackLease,
      text: 'Give back now',
      value,
      label: plainLine(`Give back now: ${of}`),
      ask: giveBackQuestion(back),
    }),
  ]);
}

/** For whoever clicked or typed, visible to nobody else. */
export function leaseReply(answer: LeaseAnswer): Message {
  switch (answer.kind) {
    case 'extended':
      return plainMessage(`Extended: it is given back ${when(answer.dueAt)}.`);
    case 'asked':
      return plainMessage(
        'It is looked at now. When no alert fires and what stays can carry the load, it is given back; the thread under the card says what came of it.',
      );
    case 'refused':
      return plainMessage(`That did not count: ${literal(answer.because, 500)}.`);
    case 'no-such-lease':
      return plainMessage(
        'That plan has lent nothing, or there is no such plan. Nothing was changed.',
      );
    default:
      return unreachable(answer);
  }
}

/** "p-0abcd worker: 8 → 5 replicas, given back …", for the status. */
export function leaseStatusLine({ plan }: Pick<PlanView['record'], 'plan'>, lease: Lease): string {
  const how =
    lease.state !== 'lent'
      ? 'being given back'
      : lease.held === undefined
        ? `given back ${when(lease.dueAt)}`
        : `not given back: ${literal(lease.note ?? '', 200)}`;
  return `• *${literal(lease.planId, 40)}* ${undoWords(plan)}: ${how}`;
}
