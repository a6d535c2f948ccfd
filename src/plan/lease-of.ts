// Decides what a plan lends: what was asked for a time, and an autoscaler's minimum that an alert raised.

import type { Change } from '../change/change.ts';
import { isSizing, type SizingTrigger } from '../lease/projected-load.ts';
import type { Component, Profile, Trigger } from '../profile/profile.ts';
import type { PlannedLease } from './plan.ts';
import type { System } from './system.ts';

/** The lease of a minimum that is raised for an alert; a raised maximum alone costs nothing and stays. */
export function leaseOfFloor(
  changes: readonly Change[],
  { rule, profile }: System,
  trigger: Trigger,
): PlannedLease | undefined {
  const seconds = rule?.giveBackAfterSeconds;
  if (seconds === undefined || !changes.some(raisesMinimum)) return undefined;
  // What was started from nothing is not given back by the clock: that would end its last pods.
  if (changes.some(({ kind }) => kind === 'scale')) return undefined;
  const component = profile.components.get(trigger.component);
  if (component === undefined) return undefined;
  const triggers =
    isSizing(trigger) && saysHowMany(trigger, component)
      ? [trigger.id]
      : projectedTriggers(profile, component).map(({ id }) => id);
  return { seconds, triggers };
}

export function raisesMinimum(change: Change): boolean {
  return change.kind === 'autoscaler' && change.after.minReplicas > change.before.minReplicas;
}

/** The triggers of a component that say what fewer pods would have to carry. */
export function projectedTriggers(
  { triggers }: Pick<Profile, 'triggers'>,
  component: Component,
): readonly SizingTrigger[] {
  return [...triggers.values()]
    .filter(isSizing)
    .filter((trigger) => trigger.component === component.id && saysHowMany(trigger, component));
}

/** Without a query for arrivals, what arrives counts as what today's pods serve, which says nothing about fewer. */
function saysHowMany(trigger: SizingTrigger, { throughput }: Component): boolean {
  return (
    trigger.kind === 'ratio' ||
    (trigger.arrival !== undefined && throughput?.perMinute !== undefined)
  );
}
