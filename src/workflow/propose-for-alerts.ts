// Draws the plan that answers alerts, or joins them to the one that is open for the same target.

import type { Route } from '../alert/route.ts';
import { assert } from '../errors.ts';
import { assembleAlertPlan } from '../plan/assemble.ts';
import { isHeldByDoubt } from '../plan/doubt-finding.ts';
import type { Plan } from '../plan/plan.ts';
import { isOpen } from '../plan/plan-state.ts';
import { promqlNamesOf } from '../plan/system.ts';
import type { AlertRouting, PlanRecord, StoredAlert, Transaction } from '../ports.ts';
import { measureTrigger } from './measure-trigger.ts';
import { movePlan, wantCard } from './move-plan.ts';
import { observeTarget } from './observe-target.ts';
import type { Parts } from './parts.ts';
import { storePlan } from './store-plan.ts';

export interface AlertGroup {
  readonly route: Extract<Route, { kind: 'routed' }>;
  readonly target: string;
  /** Firing alerts for one trigger of one target, oldest first. */
  readonly alerts: readonly StoredAlert[];
}

export async function proposeForAlerts(group: AlertGroup, parts: Parts): Promise<void> {
  const open = await parts.store.transaction((tx) => tx.plans.openFor(group.target));
  const busy = open !== undefined && open.state !== 'proposed' && open.state !== 'approved';
  // While a plan is carried out or its outcome awaited, the world is in motion and nothing new is drawn.
  const fresh = busy ? undefined : await drawPlan(group, parts);
  await parts.store.transaction((tx) => joinOrStore(tx, group, fresh, parts));
}

/** Observes and assembles, outside any transaction; the name is settled when it is stored. */
async function drawPlan({ route, alerts }: AlertGroup, parts: Parts): Promise<Plan> {
  const { system, component, trigger } = route;
  const names = promqlNamesOf(system, component);
  const [first] = alerts;
  assert(names !== undefined && first !== undefined, 'a group has alerts for a component');
  const [facts, measured] = await Promise.all([
    observeTarget(system, component, parts),
    measureTrigger(trigger, { names, cluster: system.cluster }, parts),
  ]);
  const origin = {
    kind: 'alert',
    alertname: trigger.alert,
    fingerprint: first.fingerprint,
    startsAt: first.startsAt,
    summary: (first.annotations['summary'] ?? first.annotations['description'] ?? '').slice(
      0,
      1_000,
    ),
  } as const;
  return assembleAlertPlan(
    { ...facts, ...measured, trigger, alertValue: alertValue(first), origin },
    { id: parts.newId('p'), revision: 1 },
  );
}

/** The number an alert carries, by the custom of an annotation called `value`; anything but a plain number is none. */
function alertValue(alert: StoredAlert): number | undefined {
  const text = alert.annotations['value']?.trim() ?? '';
  return /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined;
}

async function joinOrStore(
  tx: Transaction,
  group: AlertGroup,
  fresh: Plan | undefined,
  parts: Parts,
): Promise<void> {
  const open = await tx.plans.openFor(group.target);
  const claimed = await tx.alerts.claim(group.alerts.map((alert) => alert.id));
  const ended = await tx.alerts.endedAmong(claimed.map((alert) => alert.id));
  await tx.alerts.done(
    [...ended],
    routing(group, undefined, 'it had ended before it was looked at'),
  );
  const live = claimed.filter((alert) => !ended.has(alert.id));
  if (live.length === 0) return;
  const ids = live.map((alert) => alert.id);
  if (open === undefined) {
    const latest = await tx.plans.latestFor(group.target);
    const repeated = live.every(
      (alert) => alert.planId !== undefined && alert.planId === latest?.plan.id,
    );
    // Whoever denied the answer to one trigger, or somebody's command, has not denied the answer to another.
    const answered =
      latest?.plan.origin.kind === 'alert' && latest.plan.trigger === group.route.trigger.id;
    if (latest?.state === 'denied' && repeated && answered) {
      await tx.alerts.done(ids, routing(group, latest.plan.id, 'the plan for it was denied'));
    } else if (fresh !== undefined) {
      await storePlan(tx, fresh, parts);
      await tx.alerts.done(ids, routing(group, fresh.id));
      await refreshLeft(tx, live, fresh, parts);
    }
    // Else the plan that was open has just ended: the alerts stay pending and are looked at once more.
    return;
  }
  if (fresh !== undefined && replaces(fresh, open)) {
    const next = { ...fresh, revision: open.plan.revision + 1, replaces: open.plan.id };
    await supersede(tx, open, next, parts);
    await tx.alerts.done(ids, routing(group, next.id));
    await refreshLeft(tx, live, next, parts);
    return;
  }
  await tx.alerts.done(ids, routing(group, open.plan.id));
  if (open.clearedAt !== undefined && open.state === 'proposed') {
    await tx.plans.setCleared(open.plan.id, undefined);
  }
  await wantCard(tx, open.plan.id, open.plan.system, parts);
  await refreshLeft(tx, live, open.plan, parts);
}

/** An alert is listed on one card only: the card of the plan it leaves would say for ever that it still fires. */
async function refreshLeft(
  tx: Transaction,
  alerts: readonly StoredAlert[],
  { id, system }: Plan,
  parts: Parts,
): Promise<void> {
  for (const left of new Set(alerts.map((alert) => alert.planId))) {
    if (left !== undefined && left !== id) await wantCard(tx, left, system, parts);
  }
}

/** A second alert that raises the target supersedes; so does any proposed change over a mere finding. */
function replaces(fresh: Plan, open: PlanRecord): boolean {
  if (open.state !== 'proposed' && open.state !== 'approved') return false;
  assert(isOpen(open.state, open.outcome), 'only an open plan can be replaced');
  if (fresh.changes.length === 0) {
    // What is found may become something else, but it never takes a proposal away.
    const isNews =
      fresh.finding?.kind !== open.plan.finding?.kind ||
      (isHeldByDoubt(fresh) && !isHeldByDoubt(open.plan));
    return open.plan.changes.length === 0 && isNews;
  }
  // What a person asked for by name is theirs; an alert is listed on it, and may come again when it is decided.
  if (open.plan.origin.kind === 'command') return false;
  return open.plan.changes.length === 0 || fresh.replicas.after > open.plan.replicas.after;
}

async function supersede(
  tx: Transaction,
  open: PlanRecord,
  next: Plan,
  parts: Parts,
): Promise<void> {
  const run = await tx.runs.latest(open.plan.id);
  if (run?.state === 'queued') await tx.runs.end(run, 'ended', parts.clock.now());
  await movePlan(
    tx,
    open,
    {
      to: 'superseded',
      by: 'headroom',
      supersededBy: next.id,
      reason:
        next.changes.length === 0
          ? `Plan ${next.id} tells what is found now.`
          : `Plan ${next.id} asks for ${next.replicas.after} replicas.`,
    },
    parts,
  );
  await storePlan(tx, next, parts);
  await tx.alerts.move(open.plan.id, next.id);
}

function routing({ route }: AlertGroup, planId: string | undefined, note?: string): AlertRouting {
  return {
    kind: 'routed',
    system: route.system.id,
    component: route.component,
    trigger: route.trigger.id,
    ...(planId !== undefined && { planId }),
    ...(note !== undefined && { note }),
  };
}
