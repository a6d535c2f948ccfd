// Answers to /scale run: what procedures there are, or the steps of one for somebody who may not ask for its plan.
import type { KnownBlock } from '@slack/types';
import type { Profile } from '../profile/profile.ts';
import type { PlannedItem } from '../sizing/checklist.ts';
import type { PlannedStep } from '../sizing/planned-step.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import { listProcedures } from '../sizing/procedure-list.ts';
import { lookWords } from '../sizing/step-words.ts';
import { context, fallback, header, literal, type Message, sections } from './message.ts';
import { headLines, inputWord, inputWords, leftOutLine, stepDetails } from './procedure-table.ts';

/** Longer lines than this are PromQL and objects, which a phone does not show usefully. */
const lineCharsMax = 400;

/** Three full sections are as much as anybody scrolls through; the others are counted. */
const sectionsMax = 4;

/** Bold, with the kind as a mark for the eye. */
function stepText(step: PlannedStep, source: string): string {
  const box = step.kind === 'human' ? '☐ ' : '';
  const title = `*${step.number}. ${step.kind}*  ${box}${literal(step.what, lineCharsMax)}`;
  const details = stepDetails(step, source).map((line) => `   ${literal(line, lineCharsMax)}`);
  return [title, ...details].join('\n');
}

/** One procedure worked out, and why no plan was drawn of it. */
export function procedureMessage(title: string, plan: ProcedurePlan, why: string): Message {
  const { procedure, steps, leftOut, notes } = plan;
  const name = `${title}: ${procedure.title}`;
  const about = [
    ...inputWords(plan).map((word) => `\`${literal(word, 120)}\``),
    ...headLines(plan)
      .slice(1)
      .map((line) => literal(line, 200)),
  ];
  const rest = [
    ...leftOut.map((each) => `Left out: ${leftOutLine(each)}`),
    ...notes.map((note) => `• ${note}`),
  ].map((line) => literal(line, lineCharsMax));
  const blocks: KnownBlock[] = [
    header(name),
    ...sections(
      [`*Shown only:* ${literal(why, 300)}`, ...(about.length === 0 ? [] : [about.join('  ')])],
      1,
    ),
    ...sections(
      steps.map((step) => stepText(step, procedure.source)),
      sectionsMax,
    ),
    ...(rest.length === 0 ? [] : sections(rest, 1)),
    context(literal(`Source: ${procedure.source}`, 300), 'Nothing was changed.'),
  ];
  const count = steps.length === 1 ? '1 step' : `${steps.length} steps`;
  return fallback(`${literal(name, 200)}, ${count}. Shown only: ${literal(why, 300)}`, blocks);
}

/** All that a system has; `run` is how one asks for one of them. */
export function procedureListMessage(title: string, profile: Profile, run: string): Message {
  const listed = listProcedures(profile);
  const lines = [
    ...listed.map(({ id, title: what, inputs, daily }) => {
      const asks = inputs.length === 0 ? '' : `  _${inputs.map(inputWord).join(' ')}_`;
      const at = daily === undefined ? '' : `, usually at ${daily}`;
      return `• \`${literal(id, 63)}\` ${literal(what, 120)}${at}${asks}`;
    }),
    ...[...profile.checklists].map(
      ([id, items]) => `• \`${literal(id, 63)}\` checklist of ${items.length} lines`,
    ),
  ];
  const name = literal(title, 80);
  if (lines.length === 0) {
    return fallback(
      `${name} has no procedures`,
      sections([`*${name}* has no procedures and no checklists in its profile.`]),
    );
  }
  return fallback(`${name}: ${listed.length} procedures`, [
    ...sections([`*${name}*: \`${run} PROCEDURE key=value…\` draws the plan of one`, ...lines]),
    context('In [ ] what has a default.', 'Nothing is carried out before somebody approves it.'),
  ]);
}

/** One checklist. */
export function checklistMessage(
  title: string,
  id: string,
  items: readonly PlannedItem[],
): Message {
  const name = `${title}: checklist ${id}`;
  const lines = items.map(({ say, check }) => {
    const looked = check === undefined ? '' : `\n   checked: ${literal(lookWords(check), 300)}`;
    return `☐ ${literal(say, lineCharsMax)}${looked}`;
  });
  const [source] = items.flatMap((item) => item.source ?? []);
  return fallback(`${literal(name, 200)}, ${items.length} lines`, [
    header(name),
    ...sections(lines),
    context(
      ...(source === undefined ? [] : [literal(`Source: ${source}`, 300)]),
      'For people to go through.',
    ),
  ]);
}
