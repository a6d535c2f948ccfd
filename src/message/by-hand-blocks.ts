// What people do by hand: the commands of a plan nobody else carries out, and the YAML to commit where objects are kept elsewhere.

import type { KnownBlock } from '@slack/types';
import type { Change } from '../change/change.ts';
import { asCommand } from '../change/cluster-write.ts';
import { gitDifference } from '../change/git-difference.ts';
import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import { codeBlocks } from './code-block.ts';
import { slackLimits } from './limits.ts';
import { escapeMrkdwn, literal, section } from './message.ts';
import type { PlanView } from './plan-view.ts';

/** Kept free for buttons, sources and footer, which come after it. */
const restChars = 1_500;
/** Less than this shows nothing of use. */
const charsMin = 300;

/** `above` is what the card says before: all its text together has a limit. */
export function byHandBlocks(view: PlanView, above: readonly KnownBlock[]): readonly KnownBlock[] {
  const { plan, state } = view.record;
  const commands =
    view.mode === 'propose' && state === 'approved' ? [section(byHandText(plan), 2_000)] : [];
  return [...commands, ...gitBlocks(view, [...above, ...commands])];
}

/** In `propose` mode a person writes what Headroom would have written, on the same condition. */
function byHandText(plan: Plan): string {
  const { workload } = plan;
  const commands = changesOf(plan).map((change) => `\`${escapeMrkdwn(asCommand(change))}\``);
  return [
    `*Run this by hand, with kubectl pointed at cluster ${literal(workload.cluster, 60)}*`,
    ...commands,
    'It changes nothing when somebody has changed the same numbers meanwhile.',
  ].join('\n');
}

function gitBlocks(view: PlanView, above: readonly KnownBlock[]): readonly KnownBlock[] {
  const { title, changes } = whatToCommit(view);
  if (changes.length === 0) return [];
  const used = JSON.stringify(above).length;
  const room = Math.min(
    slackLimits.section.textChars,
    slackLimits.message.allBlocksTextChars - restChars - used,
  );
  if (room < charsMin) return [section(`*${title}*\nIts YAML is too long to show here.`, 300)];
  const lines = changes.flatMap(gitDifference);
  return [section(`*${title}*`, 300), ...codeBlocks(lines, 1, room)];
}

function whatToCommit({ record, mode }: PlanView): {
  readonly title: string;
  readonly changes: readonly Change[];
} {
  const { plan, state } = record;
  const changes = plan.finding?.instead ?? changesOf(plan);
  if (plan.finding !== undefined) return { title: 'Commit this instead', changes };
  if (plan.keptElsewhere) return { title: 'For it to last, commit this as well', changes };
  return mode === 'propose' && state === 'approved'
    ? { title: 'Or commit this, where it is kept in Git', changes }
    : { title: '', changes: [] };
}
