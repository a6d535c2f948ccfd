// The command that prints what Prometheus, Alertmanager and the metrics adapter need to know of a system.

import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import type { System } from '../plan/system.ts';
import { adapterRules } from '../rules/adapter-rules.ts';
import { receiver } from '../rules/receiver.ts';
import { type RuleFormat, ruleFormats, ruleGroup } from '../rules/rule-group.ts';
import { type RulesDocument, yamlText } from '../rules/rules-text.ts';
import { findTarget, print, systemOfProfile, type Target } from './target.ts';

const parts = ['rules', 'receiver', 'adapter'] as const;

interface Options {
  readonly part: (typeof parts)[number];
  readonly format: RuleFormat;
  readonly json?: true;
}

/** Adds `rules`. */
export function addRulesCommand(program: Command): void {
  program
    .command('rules')
    .description('Prometheus rules for all triggers, an Alertmanager receiver, adapter rules')
    .argument('<system>', 'a system of headroom.yaml, or a profile')
    .addOption(new Option('--part <part>', 'what to print').choices(parts).default('rules'))
    .addOption(
      new Option('--format <format>', 'a rule file, or an object of the Prometheus operator')
        .choices(ruleFormats)
        .default('prometheus'),
    )
    .option('--json', 'for programs; Prometheus and Alertmanager read it too')
    .action(async (id: string, options: Options) => {
      if (options.part !== 'rules' && options.format === 'operator') {
        throw new Exit(2, `--format operator is for rules; ${options.part} has one form only`);
      }
      const target = await findTarget(id);
      const system = target.system ?? systemOfProfile(target);
      if (system.profile.triggers.size === 0 && system.wholeNamespace === undefined) {
        throw new Exit(2, `${id} has no profile with triggers, so there are no rules for it`);
      }
      const document = withOrigin(documentOf(system, options), target);
      print(options.json ? JSON.stringify(document.content) : yamlText(document).trimEnd());
    });
}

function documentOf(system: System, { part, format }: Options): RulesDocument {
  switch (part) {
    case 'rules':
      return ruleGroup(system, format);
    case 'receiver':
      return receiver(system);
    case 'adapter': {
      const { document, missing } = adapterRules(system);
      for (const { component, metric, needs } of missing) {
        process.stderr.write(`${metric} of ${component} is left out: it needs ${needs}\n`);
      }
      return document;
    }
  }
}

/** Alerts find their way by the system's name, so a reader must know when it is only a profile's. */
function withOrigin(document: RulesDocument, { id, system }: Target): RulesDocument {
  if (system !== undefined) return document;
  const note = `The names are the profile's own, since headroom.yaml has no system ${id}: call it so there, or name one that it has.`;
  return { ...document, head: [...document.head, note] };
}
