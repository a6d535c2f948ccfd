// The command that walks everything Headroom depends on and prints, for each thing that is not right, what mends it.

import type { Command } from 'commander';
import type { Finding, Part } from './doctor/finding.ts';
import { print } from './target.ts';

/** Adds `doctor`. */
export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description(
      'look at settings, Slack, clusters, metrics and database; each problem with what mends it',
    )
    .option('--json', 'for programs')
    .action(async ({ json }: { readonly json?: true }) => {
      // The clients of everything are large, and no other command needs them all.
      const { examine } = await import('./doctor/examine.ts');
      const parts = await examine(process.env);
      const all = parts.flatMap(({ findings }) => findings);
      const problems = all.filter(({ state }) => state === 'broken').length;
      if (json) print(JSON.stringify({ ok: problems === 0, parts }));
      else print([...parts.map(partText), endWords(all)].join('\n'));
      if (problems > 0) process.exitCode = 1;
    });
}

const marks = { fine: '✓', broken: '✗', unknown: '?' } as const;

function partText({ title, findings }: Part): string {
  const lines = findings.flatMap(({ what, state, says, fix }) => [
    `  ${marks[state]} ${what}${says === undefined ? '' : `: ${says}`}`,
    ...(fix === undefined ? [] : [`      fix: ${fix}`]),
  ]);
  return [title, ...lines, ''].join('\n');
}

function endWords(all: readonly Finding[]): string {
  const count = (state: Finding['state']) => all.filter((each) => each.state === state).length;
  const [problems, open] = [count('broken'), count('unknown')];
  const rest =
    open === 0 ? '' : ` ${open} ${open === 1 ? 'thing' : 'things'} could not be checked.`;
  if (problems === 0) return `Everything that was checked is fine.${rest}`;
  return `${problems} ${problems === 1 ? 'problem' : 'problems'}.${rest}`;
}
