// Finds the workloads behind alerts that name an autoscaler: one question to the cluster for each namespace, however many alerts.

import { ownerOfAutoscaler } from '../alert/owner-of-autoscaler.ts';
import type { AutoscalerRoute } from '../alert/route-to-autoscaler.ts';
import { assert } from '../errors.ts';
import type { Autoscaled, StoredAlert } from '../ports.ts';
import type { AutoscalerSubject } from './draw-plan.ts';
import { inParallel } from './in-parallel.ts';
import { askCluster } from './observe-target.ts';
import type { Parts } from './parts.ts';

export interface NamedAutoscaler {
  readonly alert: StoredAlert;
  readonly route: AutoscalerRoute;
}

export type FoundAutoscaler =
  | { readonly kind: 'found'; readonly alert: StoredAlert; readonly subject: AutoscalerSubject }
  | { readonly kind: 'unrouted'; readonly alert: StoredAlert; readonly because: string };

/** In no promised order. */
export async function findAutoscalers(
  named: readonly NamedAutoscaler[],
  parts: Pick<Parts, 'clusters' | 'counters' | 'systems'>,
): Promise<readonly FoundAutoscaler[]> {
  const places = new Map<string, NamedAutoscaler[]>();
  for (const each of named) {
    const place = `${each.route.cluster}/${each.route.namespace}`;
    places.set(place, [...(places.get(place) ?? []), each]);
  }
  const found: FoundAutoscaler[] = [];
  await inParallel([...places.values()], async (alerts) => {
    const [first] = alerts;
    assert(first !== undefined, 'a place has alerts');
    const { cluster, namespace } = first.route;
    const asked = await askCluster(cluster, parts.counters, () =>
      parts.clusters.autoscaled({ cluster, namespace }),
    );
    for (const each of alerts) {
      found.push(
        asked.kind === 'answer'
          ? ownedBy(each, asked.answer, parts)
          : { kind: 'found', alert: each.alert, subject: notAsked(each.route, asked.problem) },
      );
    }
  });
  return found;
}

function ownedBy(
  { alert, route }: NamedAutoscaler,
  listed: readonly Autoscaled[],
  { systems }: Pick<Parts, 'systems'>,
): FoundAutoscaler {
  const owner = ownerOfAutoscaler(route, listed, [...systems.values()]);
  return owner.kind === 'owned'
    ? { kind: 'found', alert, subject: { ...owner, kind: 'autoscaler' } }
    : { kind: 'unrouted', alert, because: owner.because };
}

/**
 * People must still see that the alerts came in. Until the cluster answers, one finding stands for all autoscalers of the
 * namespace; it is looked at again every minute, and given up for those of the real workloads.
 */
function notAsked({ cluster, namespace, among }: AutoscalerRoute, problem: string) {
  const system = among.find(({ wholeNamespace }) => wholeNamespace !== undefined) ?? among[0];
  assert(system !== undefined, 'an alert is routed among systems');
  const workload = { cluster, namespace, kind: 'Deployment', name: nobody } as const;
  return { kind: 'autoscaler', system, component: 'autoscalers', workload, problem } as const;
}

/** No Kubernetes object can be called so, and nothing is ever asked or written under this name. */
const nobody = '*';
