// The command that shows the procedures and checklists of a system; it needs no server, database or cluster.

import type { Command } from 'commander';
import { Exit } from '../exit.ts';
import { checklistTable, procedureListTable, procedureTable } from '../message/procedure-table.ts';
import type { Checklist } from '../profile/procedure.ts';
import { planChecklist } from '../sizing/checklist.ts';
import { planProcedure } from '../sizing/procedure.ts';
import { checklistJson, procedureJson, procedureListJson } from '../sizing/procedure-json.ts';
import { suggestion } from '../words/nearest.ts';
import { findTarget, pairsOf, print, type Target } from './target.ts';

/** Adds `procedures`. */
export function addProceduresCommand(program: Command): void {
  program
    .command('procedures')
    .description('what the guide does step by step, with every value worked out; shown only')
    .argument('<system>', 'a system of headroom.yaml, or a profile')
    .argument('[procedure]', 'a procedure or a checklist; without it all are listed')
    .argument('[key=value...]')
    .option('--json', 'for programs')
    .action(
      async (
        id: string,
        name: string | undefined,
        words: readonly string[],
        options: { json?: true },
      ) => {
        const target = await findTarget(id);
        const { json, lines } =
          name === undefined ? listOf(target) : shown(target, name, pairsOf(words));
        // All of it is worked out before the first line, so that nothing is half printed.
        print(options.json ? JSON.stringify(json) : lines.join('\n'));
      },
    );
}

interface Shown {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
}

function listOf({ id, title, profile }: Target): Shown {
  return { json: procedureListJson(id, profile), lines: procedureListTable(title, profile) };
}

function shown(target: Target, name: string, given: ReadonlyMap<string, string>): Shown {
  const { id, title, profile, system, money } = target;
  const procedure = profile.procedures.get(name);
  const checklist = profile.checklists.get(name);
  if (procedure === undefined) {
    if (checklist !== undefined) return checklistOf(target, name, checklist, given);
    const known = [...profile.procedures.keys(), ...profile.checklists.keys()];
    const words = `${id} has no procedure "${name}"${suggestion(name, known)}`;
    throw new Exit(
      2,
      `${words}\n${known.length === 0 ? 'It has none.' : `It has ${known.join(', ')}.`}`,
    );
  }
  const plan = planProcedure({
    profile,
    procedure,
    given,
    money,
    ...(system && { workloads: system.workloads }),
  });
  if (plan.kind === 'misuse') throw new Exit(2, plan.mistakes.join('\n'));
  return { json: procedureJson(id, plan), lines: procedureTable(title, plan) };
}

function checklistOf(
  { id, title, profile, system }: Target,
  name: string,
  checklist: Checklist,
  given: ReadonlyMap<string, string>,
): Shown {
  const [key] = given.keys();
  if (key !== undefined) throw new Exit(2, `checklist ${name} takes no inputs, so not "${key}"`);
  const items = planChecklist(profile, checklist, system?.workloads);
  return { json: checklistJson(id, name, items), lines: checklistTable(title, name, items) };
}
