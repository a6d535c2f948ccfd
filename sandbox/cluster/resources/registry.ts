// Every kind the sandbox serves, looked up by URL or by kind.
import { secret, serviceAccount } from './account.ts';
import { admissionPolicy, admissionPolicyBinding } from './admission-policy.ts';
import { autoscaler } from './autoscaler.ts';
import { cronJob, job } from './batch.ts';
import { service } from './cluster-address.ts';
import { configMap, event, lease, namespace, pod } from './core.ts';
import { definition } from './definition.ts';
import { deployment } from './deployment.ts';
import { disruptionBudget } from './disruption-budget.ts';
import { node } from './node.ts';
import { limitRange, resourceQuota } from './quota.ts';
import { clusterRole, clusterRoleBinding, role, roleBinding } from './rbac.ts';
import { replicaSet } from './replica-set.ts';
import type { Resource } from './resource.ts';
import { statefulSet } from './stateful-set.ts';
import { claim, storageClass, volume } from './storage.ts';

/** All served kinds. */
export const resources: readonly Resource[] = [
  configMap,
  event,
  limitRange,
  namespace,
  node,
  claim,
  volume,
  pod,
  resourceQuota,
  secret,
  service,
  serviceAccount,
  deployment,
  replicaSet,
  statefulSet,
  autoscaler,
  cronJob,
  job,
  lease,
  disruptionBudget,
  storageClass,
  definition,
  clusterRoleBinding,
  clusterRole,
  roleBinding,
  role,
  admissionPolicy,
  admissionPolicyBinding,
];

/** The kind behind a group, version and plural; undefined when nobody serves it. */
export function findResource(group: string, version: string, plural: string): Resource | undefined {
  return resources.find(
    (item) => item.group === group && item.version === version && item.plural === plural,
  );
}

/** Quotas count these under their plain plural as well, from before they counted everything. */
const countedByPlural = [
  'configmaps',
  'persistentvolumeclaims',
  'resourcequotas',
  'secrets',
  'services',
];

/** The kind whose objects a quota counts under a name such as `count/deployments.apps`. */
export function findResourceByCount(name: string): Resource | undefined {
  return resources.find(
    ({ group, plural }) =>
      name === `count/${plural}${group === '' ? '' : `.${group}`}` ||
      (name === plural && group === '' && countedByPlural.includes(plural)),
  );
}
