// Says why an operator would not carry out what is written into its Cluster, and what it is at right now.

import type { SeenObject } from '../change/compare.ts';
import { valueAt } from '../change/pointer.ts';

/** Who reads the card knows by it what to expect; `because` is why nothing would come of a write. */
interface OperatorNow {
  readonly because?: string;
  readonly notes: readonly string[];
}

/** By the annotations and the status of a Cluster of CloudNativePG. */
export function operatorNow({ name, value }: SeenObject): OperatorNow {
  const annotation = (key: string) => valueAt(value, `/metadata/annotations/cnpg.io~1${key}`);
  if (annotation('hibernation') === 'on') {
    const because = `Cluster ${name} is hibernated (cnpg.io/hibernation): it has no server that anything could be done to`;
    return { because, notes: [] };
  }
  if (annotation('reconciliationLoop') === 'disabled') {
    const because = `somebody told the operator to leave Cluster ${name} alone (cnpg.io/reconciliationLoop): nothing that is written would be carried out`;
    return { because, notes: [] };
  }
  const fenced = annotation('fencedInstances');
  const [from, to] = [
    valueAt(value, '/status/currentPrimary'),
    valueAt(value, '/status/targetPrimary'),
  ];
  return {
    notes: [
      ...(typeof fenced === 'string' && !['', '[]'].includes(fenced.replaceAll(/\s/g, ''))
        ? [`Instances of Cluster ${name} are fenced, so PostgreSQL is stopped there: ${fenced}.`]
        : []),
      ...(typeof from === 'string' && typeof to === 'string' && from !== to
        ? [`The primary of Cluster ${name} is changing right now, from ${from} to ${to}.`]
        : []),
    ],
  };
}
