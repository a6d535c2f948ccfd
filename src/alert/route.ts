// Finds the system, component and trigger an alert is about, or the autoscaler it names; an alert that fits nowhere says why.

import type { System, Systems } from '../plan/system.ts';
import type { Trigger } from '../profile/profile.ts';
import { type AutoscalerRoute, routeToAutoscaler } from './route-to-autoscaler.ts';

export type Route =
  | {
      readonly kind: 'routed';
      readonly system: System;
      readonly component: string;
      readonly trigger: Trigger;
    }
  | AutoscalerRoute
  | { readonly kind: 'unrouted'; readonly because: string };

/**
 * By the labels `headroom_system` and `headroom_component`; else by a match in headroom.yaml on alertname and namespace.
 * The alert's name then picks the trigger among those of the profile. An alert that no trigger answers may still name an
 * autoscaler in a namespace that belongs to a system.
 */
export function routeAlert(labels: Readonly<Record<string, string>>, systems: Systems): Route {
  const alertname = labels['alertname'] ?? '';
  const named = labels['headroom_system'];
  if (named !== undefined) {
    const system = systems.get(named);
    return system === undefined
      ? unrouted('label headroom_system names no system of headroom.yaml')
      : pickTrigger(system, labels);
  }
  const matches = [...systems.values()].filter((system) =>
    system.routes.some((r) => r.alertname === alertname && r.namespace === labels['namespace']),
  );
  const [system, second] = matches;
  if (system === undefined) {
    return (
      routeToAutoscaler(labels, [...systems.values()]) ??
      unrouted('no system in headroom.yaml matches its alertname and namespace')
    );
  }
  return second === undefined
    ? pickTrigger(system, labels)
    : unrouted(`systems ${system.id} and ${second.id} both match it`);
}

function pickTrigger(system: System, labels: Readonly<Record<string, string>>): Route {
  const alertname = labels['alertname'] ?? '';
  const component = labels['headroom_component'];
  const triggers = [...system.profile.triggers.values()].filter(
    (trigger) =>
      trigger.alert === alertname && (component === undefined || trigger.component === component),
  );
  const [trigger, second] = triggers;
  if (trigger === undefined) {
    return routeToAutoscaler(labels, [system], system) ?? unrouted(whyNoTrigger(system, component));
  }
  return second === undefined
    ? { kind: 'routed', system, component: trigger.component, trigger }
    : unrouted(
        `it fits ${triggers.length} components of ${system.id}; the label headroom_component must say which`,
      );
}

function whyNoTrigger(system: System, component: string | undefined): string {
  if (system.wholeNamespace !== undefined) {
    return `system ${system.id} has no profile: it answers alerts of its namespace that name an autoscaler or a Deployment`;
  }
  const about = component === undefined ? '' : ' for that headroom_component';
  return `profile ${system.profile.id} has no trigger with this alertname${about}`;
}

function unrouted(because: string): Route {
  return { kind: 'unrouted', because };
}
