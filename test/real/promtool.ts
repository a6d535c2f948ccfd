// Asks the real promtool about rules: whether it takes them, and what fires when the world is so.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, installed } from './programs.ts';
import { type Series, stepSeconds } from './series.ts';

export const promtool = findProgram('promtool');

/** A world and what queries answer in it, in promtool's own form. An expectation of nothing is one, too. */
export interface RuleTest {
  readonly name: string;
  readonly input_series: readonly Series[];
  readonly promql_expr_test: readonly {
    readonly expr: string;
    readonly eval_time: string;
    readonly exp_samples: readonly { readonly labels: string; readonly value: number }[];
  }[];
}

/** What promtool says of a rule file: how many rules it found, or what is wrong with them. */
export async function checkRules(rules: string): Promise<string> {
  const { text } = await inFolder({ 'rules.yml': rules }, (path) => [
    'check',
    'rules',
    path('rules.yml'),
  ]);
  return text;
}

/** What did not hold, in promtool's words; empty when everything did. */
export async function testRules(rules: string, tests: readonly RuleTest[]): Promise<string> {
  const interval = `${stepSeconds}s`;
  const file = JSON.stringify({
    rule_files: ['rules.yml'],
    evaluation_interval: interval,
    tests: tests.map((test) => ({ ...test, interval })),
  });
  const { ok, text } = await inFolder({ 'rules.yml': rules, 'tests.json': file }, (path) => [
    'test',
    'rules',
    path('tests.json'),
  ]);
  return ok ? '' : text;
}

async function inFolder(
  files: Readonly<Record<string, string>>,
  argsOf: (path: (name: string) => string) => readonly string[],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-promtool-'));
  const path = (name: string) => join(directory, name);
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
    return await run(argsOf(path));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function run(
  args: readonly string[],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const program = installed(promtool, 'promtool');
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { maxBuffer: 1 << 26 });
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    const said = error as { readonly stdout?: string; readonly stderr?: string };
    // Without words it did not run at all, and the error says why.
    if (said.stdout === undefined) throw error;
    return { ok: false, text: `${said.stdout}${said.stderr ?? ''}` };
  }
}
