// The commands that size a system: they need no server, database or cluster, and change nothing.

import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { costTable } from '../message/cost-table.ts';
import { forecastTable } from '../message/forecast-table.ts';
import { planTable } from '../message/plan-table.ts';
import { costJson } from '../sizing/cost-json.ts';
import { explain, explanationLines } from '../sizing/explain.ts';
import { forecast } from '../sizing/forecast.ts';
import { forecastJson } from '../sizing/forecast-json.ts';
import { planJson } from '../sizing/plan-json.ts';
import { type CapacityPlan, whatIf } from '../sizing/what-if.ts';
import { findTarget, pairsOf, print, type Target } from './target.ts';

/** Adds `plan`, `cost` and `forecast`. */
export function addSizingCommands(program: Command): void {
  program
    .command('plan')
    .description('size a system from its inputs; needs no server and changes nothing')
    .argument('<system>', 'a system of headroom.yaml, or a profile')
    .argument('[key=value...]')
    .option('--explain', 'show where each number comes from')
    .option('--json', 'for programs')
    .action(
      async (id: string, words: readonly string[], options: { explain?: true; json?: true }) => {
        const target = await findTarget(id);
        const plan = sized(target, words);
        if (options.json) printJson(planAsJson(target, plan, options.explain === true));
        else printLines([...planTable(target.title, plan), ...explained(target, plan, options)]);
      },
    );

  program
    .command('cost')
    .description('what each sizing costs a month, for one unit, and against the budget')
    .argument('<system>', 'a system of headroom.yaml, or a profile')
    .argument('[key=value...]')
    .option('--json', 'for programs')
    .action(async (id: string, words: readonly string[], options: { json?: true }) => {
      const target = await findTarget(id);
      const plan = sized(target, words);
      if (options.json) printJson(costJson(id, target.profile, plan, target.money));
      else printLines(costTable(target.title, target.profile, plan, target.money));
    });

  program
    .command('forecast')
    .description('the plan for each month or year to come, and when a limit is passed')
    .argument('<system>', 'a system of headroom.yaml, or a profile')
    .argument('[key=value...]', 'growth=10% and periods=12 too')
    .option('--chart <file>', 'draw it as a PNG')
    .option('--json', 'for programs')
    .action(
      async (id: string, words: readonly string[], options: { chart?: string; json?: true }) => {
        // A slip of the finger must not write a picture over a headroom.yaml.
        if (options.chart !== undefined && !options.chart.endsWith('.png'))
          throw new Exit(2, `--chart: it is a PNG, so "${options.chart}" should end in .png`);
        const { profile, money, title } = await findTarget(id);
        const answer = forecast(profile, pairsOf(words), money);
        if (answer.kind === 'misuse') throw new Exit(2, answer.mistakes.join('\n'));
        if (options.chart !== undefined) {
          // The renderer is large, and only a chart needs it.
          const { chartOf } = await import('./chart.ts');
          await writeChart(options.chart, await chartOf(title, answer));
        }
        if (options.json) printJson(forecastJson(id, answer));
        else printLines(forecastTable(title, answer));
      },
    );
}

async function writeChart(path: string, png: Uint8Array): Promise<void> {
  try {
    await writeFile(path, png);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    const words = notWritten.get(code) ?? `it cannot be written (${code})`;
    throw new Exit(1, `--chart ${path}: ${words}`, { cause: error });
  }
}

const notWritten: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such folder'],
  ['ENOTDIR', 'there is no such folder'],
  ['EISDIR', 'it is a folder'],
  ['EACCES', 'it may not be written by this user'],
  ['EROFS', 'nothing can be written there'],
  ['ENOSPC', 'there is no space left'],
]);

function sized({ profile, money }: Target, words: readonly string[]): CapacityPlan {
  const result = whatIf(profile, pairsOf(words), money);
  if (result.kind === 'misuse') throw new Exit(2, result.mistakes.join('\n'));
  return result;
}

function planAsJson(
  { id, profile }: Target,
  plan: CapacityPlan,
  withExplanation: boolean,
): Readonly<Record<string, unknown>> {
  const json = planJson(id, plan);
  if (!withExplanation) return json;
  const explanation = plan.recommended ? explain(profile, plan.recommended, plan.inputs) : [];
  return { ...json, explanation };
}

function explained(
  { profile }: Target,
  plan: CapacityPlan,
  options: { explain?: true },
): readonly string[] {
  if (!options.explain) return [];
  if (plan.recommended === undefined)
    return ['', 'No sizing is feasible, so there is no number to explain.'];
  const lines = explanationLines(explain(profile, plan.recommended, plan.inputs));
  return ['', `How ${plan.recommended.sizing.id} comes to it:`, '', ...lines];
}

function printJson(value: unknown): void {
  print(JSON.stringify(value));
}

function printLines(lines: readonly string[]): void {
  print(lines.join('\n'));
}
