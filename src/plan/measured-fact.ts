// Which facts Headroom measures itself; the others are for a person to look at.

import type { FactName } from '../profile/facts.ts';

const measured = [
  'ready-pods',
  'autoscaler-active',
  'ready-nodes',
  'largest-node-cores',
  'largest-node-gib',
  'cluster-cpu-free-percent',
  'cluster-memory-free-percent',
] as const satisfies readonly FactName[];

/** A fact of a workload or of a cluster's nodes. */
export type MeasuredFact = (typeof measured)[number];

export function isMeasured(fact: FactName): fact is MeasuredFact {
  return (measured as readonly FactName[]).includes(fact);
}
