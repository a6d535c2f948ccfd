// Where a plan stands, in a title and a sentence; words first, so that nobody has to read colours.

import { admittedVotes } from '../approval/admitted.ts';
import { approvalsNeeded } from '../approval/needed.ts';
import { unreachable } from '../errors.ts';
import { literal, when } from './message.ts';
import type { PlanView } from './plan-view.ts';

export interface StateLine {
  readonly title: string;
  readonly detail: string;
}

export function stateLine(view: PlanView): StateLine {
  const { record } = view;
  const reason = record.reason === undefined ? '' : reasonWords(record.reason);
  switch (record.state) {
    case 'proposed':
      return proposedLine(view);
    case 'approved':
      return approvedLine(view);
    case 'applying':
      return {
        title: '⚙️ Being carried out',
        detail: `${deciders(view)}. Progress is in the thread.`,
      };
    case 'applied':
      return appliedLine(view);
    case 'unknown':
      return {
        title: '❓ Unknown: looking at the cluster to find out',
        detail: `${reason} Nothing else is written before that is known.`.trim(),
      };
    case 'failed':
    case 'left':
      return {
        title: '🛑 Stopped',
        detail: `${reason} Capacity that was already added stays.`.trim(),
      };
    case 'reverted':
      return { title: '↩️ Failed and taken back', detail: reason };
    case 'denied':
      return { title: '🚫 Denied', detail: reason };
    case 'expired':
      return record.plan.finding === undefined
        ? { title: '⌛ Expired', detail: 'Nobody decided in time; nothing was changed.' }
        : { title: '⌛ No longer current', detail: '' };
    case 'withdrawn':
      return { title: '✅ Withdrawn', detail: reason };
    case 'lapsed':
      return { title: '⌛ Lapsed', detail: `${reason} Nothing was changed by Headroom.`.trim() };
    case 'superseded':
      return {
        title: '🔁 Replaced by a newer plan',
        detail: `${reason} Its votes do not count for the new one.`.trim(),
      };
    default:
      return unreachable(record.state);
  }
}

function proposedLine(view: PlanView): StateLine {
  const { record, rule, mode } = view;
  if (record.plan.finding !== undefined) {
    return { title: '🔎 For you to look at', detail: 'There is nothing to approve here.' };
  }
  if (mode === 'observe') {
    return {
      title: '👀 Observe mode: this is what would be done',
      detail:
        'Nothing is changed. Set the system\'s mode to "propose" or "apply" to get buttons here.',
    };
  }
  if (rule === undefined) {
    return {
      title: '🔒 Nobody can approve this',
      detail: 'No policy rule in headroom.yaml covers this system.',
    };
  }
  const needed = approvalsNeeded(record.plan, rule);
  const have = new Set(approvals(view).map((vote) => vote.userId)).size;
  const who = rule.approvers.map((id) => `<@${id}>`).join(', ');
  const stopped = view.stops[0] === undefined ? '' : `\n⏸ ${literal(view.stops[0], 300)}`;
  const expiry = `Expires ${when(new Date(record.plan.expiresAt))}.`;
  if (record.clearedAt !== undefined) {
    return {
      title: '🟢 The alert has cleared. Approve anyway?',
      detail: `Cleared ${when(record.clearedAt)}; the plan is withdrawn 15 minutes after that.${stopped}`,
    };
  }
  return {
    title: `🟠 Waiting for approval: ${have} of ${needed}`,
    detail: `${who} can decide. ${expiry}${stopped}`,
  };
}

function approvedLine(view: PlanView): StateLine {
  const stopped = view.stops[0];
  if (view.mode === 'propose') {
    return {
      title: '👍 Approved: yours to carry out',
      detail: `${deciders(view)}. This system is in propose mode.`,
    };
  }
  const by =
    view.record.startBy === undefined ? '' : ` It must start before ${when(view.record.startBy)}.`;
  return stopped === undefined
    ? { title: '👍 Approved: starting', detail: `${deciders(view)}.${by}` }
    : {
        title: '⏸ Approved, but stopped',
        detail: `${deciders(view)}. ${literal(stopped, 300)}.${by}`,
      };
}

function appliedLine(view: PlanView): StateLine {
  const { outcome, outcomeNote } = view.record;
  const note = outcomeNote === undefined ? '' : literal(outcomeNote, 400);
  switch (outcome) {
    case 'helped':
      return { title: '✅ Done, and it helped', detail: `${deciders(view)}. ${note}` };
    case 'not-helped':
      return { title: '⚠️ Done, but it did not help in time', detail: `${deciders(view)}. ${note}` };
    case 'unmeasured':
      return {
        title: '✅ Done; whether it helped is not known',
        detail: `${deciders(view)}. ${note}`,
      };
    case 'pending':
      return { title: '✅ Done: watching whether it helps', detail: `${deciders(view)}.` };
    case undefined:
      return { title: '✅ Done', detail: `${deciders(view)}.` };
    default:
      return unreachable(outcome);
  }
}

function approvals(view: PlanView) {
  const { plan, hash, state, stateAt } = view.record;
  return admittedVotes({ ...view, plan, hash, state, now: stateAt })
    .map(({ vote }) => vote)
    .filter((vote) => vote.kind === 'approve');
}

function deciders(view: PlanView): string {
  const names = approvals(view).map((vote) => `<@${vote.userId}>`);
  return names.length === 0 ? 'Approved' : `Approved by ${names.join(' and ')}`;
}

/** A stored reason holds people's and servers' words; mentions of ours (`<@U…>`) stay alive. */
function reasonWords(reason: string): string {
  const text = literal(reason, 600).replace(/&lt;@([UW][A-Z0-9]{2,20})&gt;/g, '<@$1>');
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
