// Procedures and checklists as a terminal shows them: numbered steps, and below each what is seen, waited for and worth knowing.
import type { Profile } from '../profile/profile.ts';
import type { PlannedItem } from '../sizing/checklist.ts';
import type { PlannedStep } from '../sizing/planned-step.ts';
import type { LeftOut, ProcedurePlan } from '../sizing/procedure.ts';
import { type AskedInput, listProcedures } from '../sizing/procedure-list.ts';
import { lookWords, seconds } from '../sizing/step-words.ts';
import { type Cell, table } from '../words/table.ts';

/** Said wherever a terminal shows a procedure. */
const shownOnly =
  'Shown only. The scale command in Slack draws the plan that carries it out: /scale run';

/** What a system has. */
export function procedureListTable(title: string, profile: Profile): readonly string[] {
  const listed = listProcedures(profile);
  if (listed.length === 0 && profile.checklists.size === 0) {
    return [`${title} has no procedures and no checklists in its profile.`];
  }
  const heading: readonly Cell[] = ['procedure', 'steps', '', 'asks for'];
  const rows = listed.map((each): readonly Cell[] => [
    each.id,
    each.steps,
    each.daily === undefined ? each.title : `${each.title}, usually at ${each.daily}`,
    each.inputs.map(inputWord).join(' '),
  ]);
  const checklists = [...profile.checklists].map(([id, items]): readonly Cell[] => [
    id,
    items.length,
  ]);
  return [
    title,
    '',
    ...(rows.length === 0 ? [] : table([heading, ...rows])),
    ...(checklists.length === 0 ? [] : ['', ...table([['checklist', 'lines'], ...checklists])]),
    '',
    'In [ ] what has a default. Name one to see its steps.',
    shownOnly,
  ];
}

/** `meters`, `[hz]` where it has a default, `meters (or to)` where another one makes it unneeded. */
export function inputWord({ name, required, unless }: AskedInput): string {
  if (!required) return `[${name}]`;
  return unless === undefined ? name : `${name} (or ${unless.join(' and ')})`;
}

/** One procedure worked out. */
export function procedureTable(title: string, plan: ProcedurePlan): readonly string[] {
  const { procedure, steps, leftOut, notes } = plan;
  const kindWidth = Math.max(...steps.map(({ kind }) => kind.length));
  const numberWidth = String(steps.length).length;
  const indent = ' '.repeat(numberWidth + kindWidth + 4);
  return [
    [`${title}, ${procedure.title}`, ...inputWords(plan)].join('  '),
    ...headLines(plan),
    shownOnly,
    '',
    ...steps.flatMap((step) => [
      `${String(step.number).padStart(numberWidth)}  ${step.kind.padEnd(kindWidth)}  ${stepLine(step)}`,
      ...stepDetails(step, procedure.source).map((line) => `${indent}${line}`),
    ]),
    ...(leftOut.length === 0
      ? []
      : ['', 'Left out with these inputs:', ...leftOut.map((each) => `  ${leftOutLine(each)}`)]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ];
}

/** A step that these inputs do not need. */
export function leftOutLine({ kind, component, because }: LeftOut): string {
  return `${kind}${component === undefined ? '' : ` ${component}`}: it is for ${because}`;
}

/** Where it comes from, and when it runs. */
export function headLines({ procedure }: ProcedurePlan): readonly string[] {
  return [
    `Source: ${procedure.source}`,
    ...(procedure.daily === undefined
      ? []
      : [`Usually at ${procedure.daily}, in the time zone set in headroom.yaml.`]),
    ...(procedure.emergency ? ['For emergencies: whoever asks for it gives a reason.'] : []),
  ];
}

/** `sites=100`, one for each input. */
export function inputWords({ inputs }: ProcedurePlan): readonly string[] {
  return Object.entries(inputs).map(([name, value]) => `${name}=${value}`);
}

/** What is done; a person's step with a box to tick. */
function stepLine({ kind, what }: PlannedStep): string {
  return kind === 'human' ? `[ ] ${what}` : what;
}

/** What is seen, waited for and worth knowing, one line each. */
export function stepDetails(step: PlannedStep, source: string): readonly string[] {
  const { kind, say, gate, check, otherwise, waitSeconds, who, rollsOutWith, undo, notes } = step;
  const then = [
    ...(gate === undefined ? [] : [lookWords(gate)]),
    ...(waitSeconds === undefined || kind === 'wait' ? [] : [`wait ${seconds(waitSeconds)}`]),
  ];
  return [
    ...(say === undefined ? [] : [say]),
    ...fileLines(step),
    ...(then.length === 0 ? [] : [`then: ${then.join('; ')}`]),
    ...(kind === 'human' ? [`ticked by ${who}`] : []),
    ...(check === undefined || kind === 'check' ? [] : [`checked: ${lookWords(check)}`]),
    ...(otherwise === 'warn' ? ['otherwise a warning, and the plan goes on'] : []),
    ...(rollsOutWith === undefined
      ? []
      : [`written with step ${rollsOutWith}: one patch, one rollout`]),
    ...(undo === undefined || undo === 'exact' ? [] : [`undo: ${undo}`]),
    ...notes.map((note) => `note: ${note}`),
    ...(step.source === source ? [] : [`source: ${step.source}`]),
  ];
}

/** Values of several lines, which the line on the step only names. */
function fileLines({ change }: PlannedStep): readonly string[] {
  if (change?.kind !== 'config' && change?.kind !== 'env') return [];
  return Object.entries(change.set)
    .filter(([, value]) => value.includes('\n'))
    .flatMap(([key, value]) => [
      `${key}:`,
      ...value
        .trimEnd()
        .split('\n')
        .map((line) => `| ${line}`),
    ]);
}

/** One checklist. */
export function checklistTable(
  title: string,
  id: string,
  items: readonly PlannedItem[],
): readonly string[] {
  return [
    `${title}, checklist ${id}`,
    '',
    ...items.flatMap(({ say, check, source }) => [
      `[ ] ${say}`,
      ...(check === undefined ? [] : [`    checked: ${lookWords(check)}`]),
      ...(source === undefined ? [] : [`    source: ${source}`]),
    ]),
    '',
    shownOnly,
  ];
}
