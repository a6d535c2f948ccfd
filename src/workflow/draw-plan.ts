// Draws the plan that answers alerts about one thing: looks at the cluster and the metrics, then lets the pure part decide.

import type { Route } from '../alert/route.ts';
import type { WorkloadRef } from '../change/change.ts';
import { assert } from '../errors.ts';
import { assembleAlertPlan } from '../plan/assemble.ts';
import { assembleAutoscalerPlan, shareOfMaximum } from '../plan/assemble-autoscaler.ts';
import type { Plan } from '../plan/plan.ts';
import { promqlNamesOf, type System } from '../plan/system.ts';
import type { StoredAlert } from '../ports.ts';
import { checkedAnswer } from './checked-plan.ts';
import { measureTrigger } from './measure-trigger.ts';
import { noteReverts } from './note-reverts.ts';
import { withScaledObject } from './observe-scaled-object.ts';
import { observeTarget, observeWorkload } from './observe-target.ts';
import type { Parts } from './parts.ts';

/** What alerts are about: a trigger of a profile, or an autoscaler that no trigger speaks of. */
export type AlertSubject = Extract<Route, { kind: 'routed' }> | AutoscalerSubject;

export interface AutoscalerSubject {
  readonly kind: 'autoscaler';
  readonly system: System;
  readonly component: string;
  readonly workload: WorkloadRef;
  /** Why the cluster could not even be asked which workload it is; `workload` then stands for all it may be. */
  readonly problem?: string;
}

/** The name under which plans about the same thing know each other. */
export function triggerOf(subject: AlertSubject): string {
  return subject.kind === 'routed' ? subject.trigger.id : shareOfMaximum.id;
}

/** Observes and assembles, outside any transaction; the name is settled when it is stored. */
export async function drawPlan(
  subject: AlertSubject,
  alert: StoredAlert,
  parts: Parts,
): Promise<Plan> {
  const draw = () =>
    subject.kind === 'routed'
      ? drawForTrigger(subject, alert, parts)
      : drawForAutoscaler(subject, alert, parts);
  return checkedAnswer(draw, subject.system, parts);
}

async function drawForTrigger(
  { system, component, trigger }: Extract<AlertSubject, { kind: 'routed' }>,
  alert: StoredAlert,
  parts: Parts,
): Promise<Plan> {
  const names = promqlNamesOf(system, component);
  assert(names !== undefined, 'a routed alert has a component');
  const [facts, measured] = await Promise.all([
    observeTarget(system, component, parts).then((seen) => withScaledObject(seen, parts)),
    measureTrigger(trigger, { names, cluster: system.cluster }, parts),
  ]);
  const origin = originOf(alert, trigger.alert);
  const plan = assembleAlertPlan(
    { ...facts, ...measured, trigger, alertValue: alertValue(alert), origin },
    { id: parts.newId('p'), revision: 1 },
  );
  return noteReverts(plan, () => facts.cluster, system, parts);
}

async function drawForAutoscaler(
  { system, component: componentId, workload, problem }: AutoscalerSubject,
  alert: StoredAlert,
  parts: Parts,
): Promise<Plan> {
  const facts =
    problem === undefined
      ? await withScaledObject(await observeWorkload(system, workload, parts), parts)
      : { system, workload, cluster: undefined, clusterProblem: problem, now: parts.clock.now() };
  const origin = originOf(alert, (alert.labels['alertname'] ?? '').slice(0, 200));
  const component = system.profile.components.get(componentId);
  const plan = assembleAutoscalerPlan(
    { ...facts, component, componentId, origin },
    { id: parts.newId('p'), revision: 1 },
  );
  return noteReverts(plan, () => facts.cluster, system, parts);
}

function originOf(
  { annotations, fingerprint, startsAt }: StoredAlert,
  alertname: string,
): Extract<Plan['origin'], { kind: 'alert' }> {
  const summary = (annotations['summary'] ?? annotations['description'] ?? '').slice(0, 1_000);
  return { kind: 'alert', alertname, fingerprint, startsAt, summary };
}

/** The number an alert carries, by the custom of an annotation called `value`; anything but a plain number is none. */
function alertValue(alert: StoredAlert): number | undefined {
  const text = alert.annotations['value']?.trim() ?? '';
  return /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}
