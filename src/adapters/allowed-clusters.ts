// The last door before a cluster: whatever went wrong before it, nothing that headroom.yaml does not allow is sent.

import { type AllowedByCluster, whyNotAllowed } from '../change/allowed.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { OperationError } from '../errors.ts';
import type { Clusters } from '../ports.ts';

/** The same clusters; a write of anything else throws an OperationError (`refused`) and nothing is sent. */
export function allowOnly(clusters: Clusters, allowed: AllowedByCluster): Clusters {
  const check = (object: ObjectRef): void => {
    const because = whyNotAllowed(object, allowed);
    if (because !== undefined) {
      throw new OperationError(because, { code: 'refused', retryable: false });
    }
  };
  return {
    ...clusters,
    write: async (write, options) => {
      check(write.object);
      return clusters.write(write, options);
    },
    tell: async (event) => {
      check(event.object);
      return clusters.tell(event);
    },
  };
}
