// Finds the system, component and trigger an alert is about; an alert that fits nowhere says why.

import type { System, Systems } from '../plan/system.ts';
import type { Trigger } from '../profile/profile.ts';

export type Route =
  | {
      readonly kind: 'routed';
      readonly system: System;
      readonly component: string;
      readonly trigger: Trigger;
    }
  | { readonly kind: 'unrouted'; readonly because: string };

/**
 * By the labels `headroom_system` and `headroom_component`; else by a match in headroom.yaml on alertname and namespace.
 * The alert's name then picks the trigger among those of the profile.
 */
export function routeAlert(labels: Readonly<Record<string, string>>, systems: Systems): Route {
  const alertname = labels['alertname'] ?? '';
  const named = labels['headroom_system'];
  if (named !== undefined) {
    const system = systems.get(named);
    if (system === undefined) {
      return {
        kind: 'unrouted',
        because: `label headroom_system names no system of headroom.yaml`,
      };
    }
    return pickTrigger(system, alertname, labels['headroom_component']);
  }
  const matches = [...systems.values()].filter((system) =>
    system.routes.some((r) => r.alertname === alertname && r.namespace === labels['namespace']),
  );
  const [system, second] = matches;
  if (system === undefined) {
    return {
      kind: 'unrouted',
      because: 'no system in headroom.yaml matches its alertname and namespace',
    };
  }
  if (second !== undefined) {
    return { kind: 'unrouted', because: `systems ${system.id} and ${second.id} both match it` };
  }
  return pickTrigger(system, alertname, labels['headroom_component']);
}

function pickTrigger(system: System, alertname: string, component: string | undefined): Route {
  const triggers = [...system.profile.triggers.values()].filter(
    (trigger) =>
      trigger.alert === alertname && (component === undefined || trigger.component === component),
  );
  const [trigger, second] = triggers;
  if (trigger === undefined) {
    const about = component === undefined ? '' : ' for that headroom_component';
    return {
      kind: 'unrouted',
      because: `profile ${system.profile.id} has no trigger with this alertname${about}`,
    };
  }
  if (second !== undefined) {
    return {
      kind: 'unrouted',
      because: `it fits ${triggers.length} components of ${system.id}; the label headroom_component must say which`,
    };
  }
  return { kind: 'routed', system, component: trigger.component, trigger };
}
