// Where a plan stands, in a title and a sentence; words first, so that nobody has to read colours.

import { admittedVotes, approvalsOfPolicy, mayApprove } from '../approval/admitted.ts';
import { byPolicy, policyName } from '../approval/by-policy.ts';
import type { Case } from '../approval/condition.ts';
import { approvalsNeeded, isRisky } from '../approval/needed.ts';
import { unreachable } from '../errors.ts';
import type { Finding } from '../plan/plan.ts';
import { isChange } from '../plan/step.ts';
import type { RunChangeState } from '../ports.ts';
import { literal, people, sentence, when } from './message.ts';
import type { PlanView } from './plan-view.ts';

export interface StateLine {
  readonly title: string;
  readonly detail: string;
}

export function stateLine(view: PlanView): StateLine {
  const { record } = view;
  const reason = sentence(record.reason ?? '', 600);
  switch (record.state) {
    case 'proposed':
      return proposedLine(view);
    case 'approved':
      return approvedLine(view);
    case 'applying':
      return {
        title: '⚙️ Being carried out',
        detail: `${deciders(view)}. Progress is in the thread.${stoppedLine(view, 'It halts before the next change.')}`,
      };
    case 'applied':
      return appliedLine(view);
    case 'unknown':
      return {
        title: `❓ Unknown: looking at the ${placeUnknown(view)} to find out`,
        detail: `${reason} Nothing more is written until that is known.`.trim(),
      };
    case 'failed':
    case 'left':
      return {
        title: '🛑 Stopped',
        detail: `${reason} ${whatStays(view)}`.trim(),
      };
    case 'reverted':
      return { title: '↩️ Failed and taken back', detail: reason };
    case 'denied':
      return { title: '🚫 Denied', detail: reason };
    case 'expired':
      return record.plan.finding === undefined && view.mode !== 'observe'
        ? {
            title: '⌛ Expired',
            detail: `${approvals(view).length === 0 ? 'Nobody decided' : 'Too few approved it'} in time; nothing was changed.`,
          }
        : { title: '⌛ No longer current', detail: 'Nothing was changed.' };
    case 'withdrawn':
      return { title: '✅ Withdrawn', detail: reason };
    case 'lapsed':
      return { title: '⌛ Lapsed', detail: `${reason} Nothing was changed by Headroom.`.trim() };
    case 'superseded':
      return {
        title: '🔁 Replaced by a newer plan',
        detail:
          view.votes.length === 0
            ? reason
            : `${reason} Votes for it do not count for the new one.`.trim(),
      };
    default:
      return unreachable(record.state);
  }
}

const unsettled: readonly RunChangeState[] = ['unknown', 'writing', 'written', 'reverting'];

/** Where nobody knows what became of a change. */
function placeUnknown({ changes, record }: PlanView): string {
  const position = changes.find(({ state }) => unsettled.includes(state))?.position;
  const step = position === undefined ? undefined : record.plan.steps[position];
  return step?.kind === 'sql' ? 'database' : 'cluster';
}

const findingTitles = {
  investigate: '🔎 For you to look at',
  enough: '☑️ Nothing to do',
  frozen: '⚠️ No change can be proposed',
  commit: '📝 To be committed, not written',
} as const satisfies Record<Finding['kind'], string>;

function proposedLine(view: PlanView): StateLine {
  const { record, rule, mode } = view;
  if (record.plan.finding !== undefined) {
    return {
      title: findingTitles[record.plan.finding.kind],
      detail: 'There is nothing to approve here.',
    };
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
  const needed = approvalsNeeded(caseOf(view), rule);
  const yes = approvals(view).map((vote) => vote.userId);
  const so = yes.length === 0 ? '' : `${people(yes)} approved so far. `;
  const who = people(mayApprove(caseOf(view)).filter((user) => !yes.includes(user)));
  const decide =
    who === ''
      ? `Nobody under policy rule "${literal(rule.name, 60)}" but whoever asked could approve it, and that does not count.`
      : `${who} can decide.`;
  const stopped = stoppedLine(view, 'Votes count, but nothing starts before a resume.');
  const expiry = `Expires ${when(new Date(record.plan.expiresAt))}.`;
  if (record.clearedAt !== undefined) {
    return {
      title: '🟢 The alert has cleared. Approve anyway?',
      detail: `Cleared ${when(record.clearedAt)}; the plan is withdrawn 15 minutes after that. ${so}${decide}${freezeLine(view)}${stopped}`,
    };
  }
  return {
    title: `🟠 Waiting for approval: ${approvalsOfPolicy(caseOf(view)).length} of ${needed}`,
    detail: `${so}${decide} ${expiry}${restartLines(view)}${freezeLine(view)}${stopped}`,
  };
}

function approvedLine(view: PlanView): StateLine {
  if (view.mode === 'propose') {
    return {
      title: '👍 Approved: yours to carry out',
      detail: `${deciders(view)}. This system is in propose mode: Headroom changes nothing itself.`,
    };
  }
  const by =
    view.record.startBy === undefined ? '' : ` It must start before ${when(view.record.startBy)}.`;
  return {
    title: view.stops.length === 0 ? '👍 Approved: starting' : '⏸ Approved, but stopped',
    detail: `${deciders(view)}.${by}${stoppedLine(view, 'Nothing starts before a resume.')}`,
  };
}

function appliedLine(view: PlanView): StateLine {
  const { outcome, outcomeNote } = view.record;
  const detail = `${deciders(view)}. ${sentence(outcomeNote ?? '', 400)}`.trim();
  switch (outcome) {
    case 'helped':
      return { title: '✅ Done, and it helped', detail };
    case 'not-helped':
      return { title: '⚠️ Done, but it did not help in time', detail };
    case 'unmeasured':
      return { title: '✅ Done; whether it helped is not known', detail };
    case 'pending':
      return { title: '✅ Done: watching whether it helps', detail };
    case undefined:
      return { title: '✅ Done', detail };
    default:
      return unreachable(outcome);
  }
}

function approvals(view: PlanView) {
  return admittedVotes(caseOf(view))
    .map(({ vote }) => vote)
    .filter((vote) => vote.kind === 'approve');
}

function deciders(view: PlanView): string {
  if (byPolicy(caseOf(view))) {
    return `Approved by ${literal(policyName(view), 80)}`;
  }
  const names = people(approvals(view).map((vote) => vote.userId));
  return names === '' ? 'Approved' : `Approved by ${names}`;
}

/** The approval as it stood when the plan came into its state: a card does not change because time passes. */
function caseOf(view: PlanView): Case {
  const { plan, hash, state, stateAt } = view.record;
  const { votes, rule, mode, stops, restarts, freezes } = view;
  return {
    plan,
    hash,
    state,
    votes,
    rule,
    mode,
    stops,
    ...(restarts && { restarts }),
    ...(freezes && { freezes }),
    now: stateAt,
  };
}

/** Whose yes a restart or a drop needs, and when it may begin. */
function restartLines({ restarts = [] }: PlanView): string {
  return restarts
    .map(({ database, approvers, words, isDrop }) =>
      isDrop
        ? `\n🗑 Rows of database ${literal(database, 60)} are dropped for good, which one of ${people(approvers)} must agree to.`
        : `\n🔁 Database ${literal(database, 60)} is restarted ${literal(words, 120)}, when one of ${people(approvers)} agrees; approved earlier, it waits for that time.`,
    )
    .join('');
}

/** What a freeze means for this plan; the number of approvals above has it already. */
function freezeLine({ record, freezes = [] }: PlanView): string {
  const [freeze] = freezes;
  if (freeze === undefined) return '';
  const meaning = isRisky(record.plan)
    ? 'what takes capacity away or cannot be undone waits for its end, and expires before a longer one ends.'
    : 'capacity may be added, with the approvals that the policy asks for where it is stricter.';
  return `\n❄️ In force: ${literal(freeze, 300)}; ${meaning}`;
}

function stoppedLine({ stops }: PlanView, meaning: string): string {
  if (stops.length === 0) return '';
  return `${stops.map((stop) => `\n⏸ ${sentence(stop, 300)}`).join('')} ${meaning}`;
}

/** Only a first run that wrote nothing leaves the world as it was; what an earlier run did is not in this view. */
function whatStays({ run, changes, record }: PlanView): string {
  const unwritten = ['reached', 'refused', 'blocked'];
  const isWritten = changes.some(({ position, state }) => {
    const step = record.plan.steps[position];
    return step !== undefined && isChange(step) && !unwritten.includes(state);
  });
  const { requests, procedure } = record.plan;
  const onlyAdds = requests === undefined && procedure === undefined;
  if (isWritten) {
    return onlyAdds
      ? 'Capacity that was already added stays.'
      : 'What was written and not put back stays.';
  }
  if ((run?.number ?? 1) > 1) {
    return onlyAdds
      ? 'If an earlier attempt added capacity, that stays.'
      : 'If an earlier attempt wrote anything and did not put it back, that stays.';
  }
  return record.reason?.includes('nothing was written') === true ? '' : 'Headroom changed nothing.';
}
