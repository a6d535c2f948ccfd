// The commands that grant what the doctor finds missing: the files of deploy/ where they fit, else what `headroom rbac` prints.

import type { System } from '../../plan/system.ts';
import { policyFile, tierFolder } from '../../rights/rbac-files.ts';
import type { SharedPart } from '../../rights/right.ts';
import { usualAccount } from '../../rights/roles.ts';
import type { Tier } from '../../rights/tiers.ts';
import type { ClusterConfig } from '../../settings/headroom-config.ts';

const folder = 'deploy/rbac';

export function kubectlOf({ context }: ClusterConfig): string {
  return context === undefined ? 'kubectl' : `kubectl --context ${context}`;
}

/** How the account is named to `headroom rbac`; undefined for the usual one. */
function accountFlag(account: string | undefined): string | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(account ?? '') ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  const isUsual = namespace === usualAccount.namespace && name === usualAccount.name;
  return isUsual ? undefined : ` --account ${namespace}/${name}`;
}

export function fixOfTier({
  system,
  tier,
  cluster,
  account,
  isShipped,
}: {
  readonly system: System;
  readonly tier: Tier;
  readonly cluster: ClusterConfig;
  readonly account: string | undefined;
  readonly isShipped: boolean;
}): string {
  const flag = accountFlag(account);
  if (isShipped && flag === undefined && hasOwnNames(system)) {
    return `${kubectlOf(cluster)} apply -k ${folder}/${tierFolder(system.profile.id, tier)}`;
  }
  return `headroom rbac ${system.id} --tier ${tier}${flag ?? ''} | ${kubectlOf(cluster)} apply -f -`;
}

/** Its workloads are called what the profile calls them, so the files for the profile fit. */
function hasOwnNames({ profile, workloads, wholeNamespace }: System): boolean {
  return (
    wholeNamespace === undefined &&
    [...profile.components].every(([component, { workload }]) => {
      const own = workloads.get(component);
      return own?.namespace === workload.namespace && own.name === workload.name;
    })
  );
}

export function fixOfPart(
  part: SharedPart,
  { id }: System,
  cluster: ClusterConfig,
  account: string | undefined,
): string {
  const flag = accountFlag(account);
  return flag === undefined
    ? `${kubectlOf(cluster)} apply -k ${folder}/${part}`
    : `headroom rbac ${id} --with ${part}${flag} | ${kubectlOf(cluster)} apply -f -`;
}

export function fixOfPolicy(cluster: ClusterConfig): string {
  return `headroom rbac --policy | ${kubectlOf(cluster)} apply -f -, or ${folder}/${policyFile}`;
}
