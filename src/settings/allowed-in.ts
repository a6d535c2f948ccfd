// Works out what may be written in each cluster: what headroom.yaml allows, or else where its systems run.

import { type AllowedByCluster, usualKinds } from '../change/allowed.ts';
import type { Systems } from '../plan/system.ts';
import type { HeadroomConfig } from './headroom-config.ts';

/** Without a word in headroom.yaml: the namespaces of the systems' own workloads, and the usual kinds. */
export function allowedIn({ clusters }: HeadroomConfig, systems: Systems): AllowedByCluster {
  return new Map(
    [...clusters.values()].map(({ id, allow }) => [
      id,
      {
        namespaces: allow?.namespaces ?? namespacesOf(id, systems),
        kinds: allow?.kinds ?? usualKinds,
      },
    ]),
  );
}

function namespacesOf(cluster: string, systems: Systems): readonly string[] {
  const names = [...systems.values()].flatMap(({ cluster: own, workloads, wholeNamespace }) => [
    ...[...workloads.values()].filter((each) => each.cluster === cluster).map((w) => w.namespace),
    ...(own === cluster && wholeNamespace !== undefined ? [wholeNamespace] : []),
  ]);
  return [...new Set(names)].toSorted();
}
