// Finds the place where an alert's autoscaler must be looked up: what the alert says of itself only chooses among our own namespaces.

import type { System } from '../plan/system.ts';

/** An alert about an autoscaler. Its names are looked for among those the cluster lists, and lead nowhere by themselves. */
export interface AutoscalerRoute {
  readonly kind: 'autoscaler';
  readonly cluster: string;
  readonly namespace: string;
  readonly by: { readonly autoscaler: string } | { readonly deployment: string };
  /** Who may own it: one that a label or headroom.yaml names, else each that has the namespace. */
  readonly among: readonly System[];
}

/** The form of Kubernetes' names; anything else is the name of nothing. */
const kubernetesName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * By the labels of kube-state-metrics: `namespace` and `horizontalpodautoscaler`. An alert that is known to belong to
 * `only` may name a `deployment` instead. Undefined: the alert is about no autoscaler of these systems.
 */
export function routeToAutoscaler(
  labels: Readonly<Record<string, string>>,
  systems: readonly System[],
  only?: System,
): AutoscalerRoute | { readonly kind: 'unrouted'; readonly because: string } | undefined {
  const namespace = labels['namespace'];
  const autoscaler = labels['horizontalpodautoscaler'];
  const deployment = only === undefined ? undefined : labels['deployment'];
  const name = autoscaler ?? deployment;
  if (namespace === undefined || name === undefined) return undefined;
  const among = systems.filter((system) => namespacesOf(system).has(namespace));
  const [first] = among;
  if (first === undefined) return undefined;
  if (!kubernetesName.test(name)) {
    const label = autoscaler === undefined ? 'deployment' : 'horizontalpodautoscaler';
    return { kind: 'unrouted', because: `its label ${label} is no name of a Kubernetes object` };
  }
  const other = among.find(({ cluster }) => cluster !== first.cluster);
  if (other !== undefined) {
    return {
      kind: 'unrouted',
      because: `systems ${first.id} and ${other.id} have that namespace in different clusters; the label headroom_system must say which`,
    };
  }
  return {
    kind: 'autoscaler',
    cluster: first.cluster,
    namespace,
    by: autoscaler === undefined ? { deployment: name } : { autoscaler: name },
    among,
  };
}

function namespacesOf({ wholeNamespace, workloads }: System): ReadonlySet<string> {
  return wholeNamespace === undefined
    ? new Set([...workloads.values()].map(({ namespace }) => namespace))
    : new Set([wholeNamespace]);
}
