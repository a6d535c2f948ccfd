// Looks at alerts that came in: routes them, joins them to open plans, or draws the plan that answers them.

import { type Route, routeAlert } from '../alert/route.ts';
import { targetKey } from '../change/change.ts';
import { assert } from '../errors.ts';
import type { StoredAlert } from '../ports.ts';
import { endAlerts } from './end-alerts.ts';
import { inParallel } from './in-parallel.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { proposeForAlerts } from './propose-for-alerts.ts';

type Routed = Extract<Route, { kind: 'routed' }>;

/** Takes one batch; answers how many alerts it looked at, so that the caller knows whether to go on. */
export async function intakeAlerts(parts: Parts): Promise<number> {
  const pending = await parts.store.transaction((tx) => tx.alerts.pending(limits.alertBatch));
  if (pending.length === 0) return 0;
  const routed = pending.map((alert) => ({
    alert,
    route: routeAlert(alert.labels, parts.systems),
  }));

  const unrouted = new Map<string, string[]>();
  const groups = new Map<string, { route: Routed; target: string; alerts: StoredAlert[] }>();
  const ended: { alert: StoredAlert; route: Routed }[] = [];
  for (const { alert, route } of routed) {
    if (route.kind === 'unrouted') {
      unrouted.set(route.because, [...(unrouted.get(route.because) ?? []), alert.id]);
    } else if (alert.status === 'resolved') {
      ended.push({ alert, route });
    } else {
      const workload = route.system.workloads.get(route.component);
      assert(workload !== undefined, `${route.system.id} has a component ${route.component}`);
      const target = targetKey(workload);
      const key = `${target}\n${route.system.id}\n${route.trigger.id}`;
      const group = groups.get(key) ?? { route, target, alerts: [] };
      group.alerts.push(alert);
      groups.set(key, group);
    }
  }
  await storeUnrouted(unrouted, parts);
  await inParallel([...groups.values()], (group) => proposeForAlerts(group, parts));
  await endAlerts(ended, parts);
  parts.wake('messages');
  return pending.length;
}

async function storeUnrouted(
  unrouted: ReadonlyMap<string, readonly string[]>,
  parts: Parts,
): Promise<void> {
  for (const [because, ids] of unrouted) {
    await parts.store.transaction(async (tx) => {
      const mine = await tx.alerts.claim(ids);
      await tx.alerts.done(
        mine.map((alert) => alert.id),
        { kind: 'unrouted', note: because },
      );
      parts.counters.alerts('unrouted', mine.length);
    });
  }
}
