// The command that prints the rights Headroom needs: roles by tier, and the policies that hold it to its fields.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { Exit } from '../exit.ts';
import type { System } from '../plan/system.ts';
import { admissionPolicies } from '../rights/admission-policy.ts';
import { manifestText, policyWords, rbacFiles, tierFolder } from '../rights/rbac-files.ts';
import { type SharedPart, sharedParts } from '../rights/right.ts';
import { type Account, accountDocuments, rolesOf, usualAccount } from '../rights/roles.ts';
import { type Tier, tiers, tiersUpTo, tierWords } from '../rights/tiers.ts';
import type { RulesDocument } from '../rules/rules-text.ts';
import { findSystems, print } from './target.ts';

interface Options {
  readonly tier: Tier;
  readonly with: readonly SharedPart[];
  readonly policy?: true;
  readonly account: Account;
  readonly out?: string;
  readonly json?: true;
}

/** Adds `rbac`. */
export function addRbacCommand(program: Command): void {
  program
    .command('rbac')
    .description(
      'roles for a cluster, as narrow as the profiles allow, and policies that hold to fields',
    )
    .argument(
      '[system...]',
      'systems of headroom.yaml, or profiles (Default: all of headroom.yaml, else all profiles)',
    )
    .addOption(
      new Option('--tier <tier>', `how far the rights go:\n${tierLines()}`)
        .choices(tiers)
        .default('read-only' satisfies Tier),
    )
    .addOption(
      new Option('--with <part...>', 'also what is read beside the namespaces of the systems')
        .choices(sharedParts)
        .default([]),
    )
    .option('--policy', 'the admission policies in place of the roles')
    .addOption(
      new Option('--account <namespace/name>', 'the service account Headroom runs as')
        .argParser(accountOf)
        .default(usualAccount, 'headroom/headroom'),
    )
    .option('--out <folder>', 'write all tiers and the policies as files for kubectl apply -k')
    .option('--json', 'for programs: one List')
    .action(async (ids: readonly string[], options: Options) => {
      const systems = await findSystems(ids);
      if (options.out !== undefined) return await writeFiles(systems, options.out, options);
      const documents = documentsOf(systems, options);
      if (options.json) {
        const items = documents.map(({ content }) => content);
        return void print(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
      }
      const head = options.policy
        ? policyWords
        : [`Tier ${options.tier}: ${tierWords[options.tier]}.`];
      return void print(manifestText([...head, writtenBy(ids)], documents).trimEnd());
    });
}

function tierLines(): string {
  return tiers.map((tier) => `${tier}: ${tierWords[tier]}`).join(';\n');
}

function accountOf(text: string): Account {
  const [, namespace, name] = /^([a-z0-9][-a-z0-9]*)\/([a-z0-9][-.a-z0-9]*)$/.exec(text) ?? [];
  if (namespace === undefined || name === undefined) {
    throw new Exit(2, `--account: "${text}" should be NAMESPACE/NAME`);
  }
  return { namespace, name };
}

/** What is printed: for each system its roles up to the tier, and once what they share. */
function documentsOf(
  systems: readonly System[],
  { tier, account, with: shared, policy }: Options,
): readonly RulesDocument[] {
  if (policy) return admissionPolicies(systems, account);
  const roles = systems.map((system) => rolesOf(system, account));
  // Whoever names an account has one.
  const isUsual = account === usualAccount;
  return [
    ...(isUsual ? accountDocuments(account) : []),
    ...shared.flatMap((part) => roles[0]?.shared.get(part) ?? []),
    ...roles.flatMap(({ byTier }) => tiersUpTo(tier).flatMap((each) => byTier.get(each) ?? [])),
  ];
}

function writtenBy(ids: readonly string[]): string {
  return `Written by \`${['headroom rbac', ...ids].join(' ')}\`; change the profile or headroom.yaml and write it anew.`;
}

async function writeFiles(
  systems: readonly System[],
  folder: string,
  { account }: Options,
): Promise<void> {
  const files = rbacFiles(systems, { account, written: writtenBy([]) });
  for (const [name, text] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  const [system] = systems;
  if (system !== undefined) {
    print(
      `${files.size} files. Next: kubectl apply -k ${join(folder, tierFolder(system.id, 'read-only'))}`,
    );
  }
}
