// Looks at alerts that came in: routes them, joins them to open plans, or draws the plan that answers them.

import { routeAlert } from '../alert/route.ts';
import { targetKey } from '../change/change.ts';
import { assert, unreachable } from '../errors.ts';
import type { StoredAlert } from '../ports.ts';
import { type AlertSubject, triggerOf } from './draw-plan.ts';
import { type EndedAlert, endAlerts } from './end-alerts.ts';
import { findAutoscalers, type NamedAutoscaler } from './find-autoscalers.ts';
import { inParallel } from './in-parallel.ts';
import { limits } from './limits.ts';
import type { Parts } from './parts.ts';
import { type AlertGroup, proposeForAlerts } from './propose-for-alerts.ts';

/** Takes one batch; answers how many alerts it looked at, so that the caller knows whether to go on. */
export async function intakeAlerts(parts: Parts): Promise<number> {
  const pending = await parts.store.transaction((tx) => tx.alerts.pending(limits.alertBatch));
  if (pending.length === 0) return 0;
  const unrouted = new Map<string, string[]>();
  const groups = new Map<string, Writable<AlertGroup>>();
  const named: NamedAutoscaler[] = [];
  const ended: EndedAlert[] = [];
  for (const alert of pending) {
    const route = routeAlert(alert.labels, parts.systems);
    if (route.kind === 'unrouted') addTo(unrouted, route.because, alert.id);
    else if (alert.status === 'resolved') ended.push({ alert, route });
    else if (route.kind === 'routed') addToGroup(groups, route, alert);
    else if (route.kind === 'autoscaler') named.push({ alert, route });
    else unreachable(route);
  }
  await storeUnrouted(unrouted, parts);
  await Promise.all([proposeForAll(groups, parts), proposeForAutoscalers(named, parts)]);
  await endAlerts(ended, parts);
  parts.wake('messages');
  return pending.length;
}

type Writable<Group extends AlertGroup> = Omit<Group, 'alerts'> & { alerts: StoredAlert[] };

function addToGroup(
  groups: Map<string, Writable<AlertGroup>>,
  subject: AlertSubject,
  alert: StoredAlert,
): void {
  const { system, component } = subject;
  const workload = subject.kind === 'routed' ? system.workloads.get(component) : subject.workload;
  assert(workload !== undefined, `${system.id} has a component ${component}`);
  const target = targetKey(workload);
  const key = `${target}\n${system.id}\n${triggerOf(subject)}`;
  const group = groups.get(key) ?? { subject, target, alerts: [] };
  group.alerts.push(alert);
  groups.set(key, group);
}

async function proposeForAll(groups: ReadonlyMap<string, AlertGroup>, parts: Parts): Promise<void> {
  await inParallel([...groups.values()], (group) => proposeForAlerts(group, parts));
}

/** Which workload these alerts are about, only the cluster can say; the others do not wait for its answer. */
async function proposeForAutoscalers(
  named: readonly NamedAutoscaler[],
  parts: Parts,
): Promise<void> {
  const unrouted = new Map<string, string[]>();
  const groups = new Map<string, Writable<AlertGroup>>();
  for (const each of await findAutoscalers(named, parts)) {
    if (each.kind === 'found') addToGroup(groups, each.subject, each.alert);
    else addTo(unrouted, each.because, each.alert.id);
  }
  await storeUnrouted(unrouted, parts);
  await proposeForAll(groups, parts);
}

function addTo(lists: Map<string, string[]>, key: string, id: string): void {
  lists.set(key, [...(lists.get(key) ?? []), id]);
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
