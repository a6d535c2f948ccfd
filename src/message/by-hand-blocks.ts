// What people do by hand: the commands of a plan nobody else carries out, and the YAML to commit where objects are kept elsewhere.

import type { KnownBlock } from '@slack/types';
import type { Change, ClusterChange, SqlChange } from '../change/change.ts';
import { asCommand } from '../change/cluster-write.ts';
import { gitDifference } from '../change/git-difference.ts';
import { statementsOf } from '../database/sql-deed.ts';
import type { Plan } from '../plan/plan.ts';
import { changesOf } from '../plan/step.ts';
import { codeBlocks } from './code-block.ts';
import { slackLimits } from './limits.ts';
import { codeSpan, literal, section } from './message.ts';
import type { PlanView } from './plan-view.ts';

/** Kept free for buttons, sources and footer, which come after it. */
const restChars = 1_500;
/** Less than this shows nothing of use. */
const charsMin = 300;

/** `above` is what the card says before: all its text together has a limit. */
export function byHandBlocks(view: PlanView, above: readonly KnownBlock[]): readonly KnownBlock[] {
  const { plan } = view.record;
  const commands = byHandChars(view) > 0 ? [section(byHandText(plan), byHandCharsMax)] : [];
  return [...commands, ...gitBlocks(view, [...above, ...commands])];
}

const byHandCharsMax = 2_000;
const tooLong =
  'There is more than fits here: do what is under What changes, step by step in that order, each statement alone and outside a transaction.';

/** How much room the commands may take. */
export function byHandChars({ mode, record }: PlanView): number {
  return mode === 'propose' && record.state === 'approved' ? byHandCharsMax : 0;
}

/** In `propose` mode a person writes what Headroom would have written, on the same condition. */
function byHandText(plan: Plan): string {
  const { workload } = plan;
  const changes = changesOf(plan);
  const code = (text: string) => codeSpan(text, 1900);
  const commands = changes.filter(isOfCluster).map((change) => code(asCommand(change)));
  const inCluster = [
    `*Run this by hand, with kubectl pointed at cluster ${literal(workload.cluster, 60)}*`,
    ...commands,
    'It changes nothing when somebody has changed the same numbers meanwhile.',
  ];
  const inDatabase = changes.flatMap((change, index) => {
    if (change.kind !== 'sql') return [];
    const before = changes[index - 1];
    const isGoingOn = before?.kind === 'sql' && placeOf(before) === placeOf(change);
    return [
      ...(isGoingOn ? [] : [`*Run this by hand in ${placeOf(change)}*`]),
      ...statementsOf(change.deed).map((statement) => code(`${statement};`)),
    ];
  });
  const text = [...(commands.length === 0 ? [] : inCluster), ...inDatabase].join('\n');
  return text.length <= byHandCharsMax ? text : `*Run this by hand*\n${tooLong}`;
}

function placeOf({ database: { name, standby } }: SqlChange): string {
  const at = standby === undefined ? '' : `, standby ${literal(standby, 60)}`;
  return `database ${literal(name, 60)}${at}`;
}

function isOfCluster(change: Change): change is ClusterChange {
  return change.kind !== 'sql';
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
  const lines = changes.filter(isOfCluster).flatMap(gitDifference);
  if (lines.length === 0) return [];
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
