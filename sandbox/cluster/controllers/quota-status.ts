// Keeps the status of each ResourceQuota: what is allowed now and what of it is used.

import { namespaceOf } from '../json.ts';
import { quotaStatus } from '../quotas.ts';
import { resourceQuota } from '../resources/quota.ts';
import type { ClusterState } from '../state.ts';
import { writeStatus } from './actor.ts';

/** One pass over all quotas. */
export function countQuotas(state: ClusterState): void {
  for (const quota of state.store.list(resourceQuota)) {
    writeStatus(state, resourceQuota, quota, quotaStatus(state, quota, namespaceOf(quota)));
  }
}
