// The folder deploy/rbac: an account, what is read of the cluster, four tiers for each system as Kustomize takes them, and the admission policies.

import type { System } from '../plan/system.ts';
import { type RulesDocument, yamlText } from '../rules/rules-text.ts';
import { admissionPolicies } from './admission-policy.ts';
import { type Account, accountDocuments, rolesOf } from './roles.ts';
import { type Tier, tiers, tierWords } from './tiers.ts';

/** The text of one or more objects, with what to know above the first. */
export function manifestText(head: readonly string[], documents: readonly RulesDocument[]): string {
  const [first, ...others] = documents.map(yamlText);
  return [`${head.map((line) => `# ${line}\n`).join('')}---\n${first ?? ''}`, ...others].join(
    '---\n',
  );
}

/** The folder where the tier of a system stands, below that of all. */
export function tierFolder(system: string, tier: Tier): string {
  return `${system}/${tier}`;
}

/** Where the admission policies stand. */
export const policyFile = 'admission-policy.yaml';

/** Every file of the folder by its path; `written` says how the files are made anew. */
export function rbacFiles(
  systems: readonly System[],
  { account, written }: { readonly account: Account; readonly written: string },
): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const roles = systems.map((system) => ({ system, roles: rolesOf(system, account) }));
  files.set(
    'account/account.yaml',
    manifestText(["Headroom's service account.", written], accountDocuments(account)),
  );
  files.set('account/kustomization.yaml', kustomization(['account.yaml'], written));
  for (const [part, documents] of roles[0]?.roles.shared ?? []) {
    files.set(`${part}/roles.yaml`, manifestText([withoutIt, written], documents));
    files.set(`${part}/kustomization.yaml`, kustomization(['roles.yaml'], written));
  }
  for (const each of roles) {
    tiers.forEach((tier, index) => {
      const before = tiers[index - 1];
      const folder = tierFolder(each.system.id, tier);
      const own = each.roles.byTier.get(tier) ?? [];
      if (own.length > 0) {
        files.set(`${folder}/roles.yaml`, manifestText([tierWords[tier], written], own));
      }
      const base = before === undefined ? '../../account' : `../${before}`;
      const resources = [base, ...(own.length > 0 ? ['roles.yaml'] : [])];
      files.set(`${folder}/kustomization.yaml`, kustomization(resources, written));
    });
  }
  files.set(
    policyFile,
    manifestText([...policyWords, written], admissionPolicies(systems, account)),
  );
  return files;
}

/** What to know of the rights beside the tiers. */
const withoutIt =
  'Beside the tiers, and optional: without it cards say what they do not know, and all else works.';

/** What to know of the admission policies. */
export const policyWords = [
  'Holds the account to the fields that plans write: the right to patch a Deployment would let it set an image.',
  'From Kubernetes 1.30 on. The rules bind the account and nobody else.',
];

function kustomization(resources: readonly string[], written: string): string {
  const lines = resources.map((resource) => `  - ${resource}\n`).join('');
  return `# ${written}\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${lines}`;
}
