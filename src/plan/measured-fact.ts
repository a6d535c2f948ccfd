// Which facts Headroom measures itself; the others are for a person to look at.

import { type SqlFact, sqlFacts } from '../database/fact-reads.ts';
import type { FactName } from '../profile/facts.ts';

const inCluster = [
  'ready-pods',
  'autoscaler-active',
  'ready-nodes',
  'largest-node-cores',
  'largest-node-gib',
  'cluster-cpu-free-percent',
  'cluster-memory-free-percent',
] as const satisfies readonly FactName[];

/** A fact of a workload or of a cluster's nodes. */
export type ClusterFact = (typeof inCluster)[number];

/** A fact of a database: by SQL, by what its operator writes down in its Cluster, or by its pooler's console. */
export type DatabaseFact = SqlFact | 'backup-age-hours' | 'pooler-waiting-clients';

export type MeasuredFact = ClusterFact | DatabaseFact;

export function isClusterFact(fact: FactName): fact is ClusterFact {
  return (inCluster as readonly FactName[]).includes(fact);
}

export function isSqlFact(fact: FactName): fact is SqlFact {
  return (sqlFacts as readonly FactName[]).includes(fact);
}
