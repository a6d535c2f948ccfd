// Draws the plan that answers alerts, or joins them to the one that is open for the same target.

import { assert } from '../errors.ts';
import { isHeldByDoubt } from '../plan/doubt-finding.ts';
import type { Plan } from '../plan/plan.ts';
import { isOpen } from '../plan/plan-state.ts';
import type { AlertRouting, PlanRecord, StoredAlert, Transaction } from '../ports.ts';
import { type AlertSubject, drawPlan, triggerOf } from './draw-plan.ts';
import { movePlan, wantCard } from './move-plan.ts';
import type { Parts } from './parts.ts';
import { storePlan } from './store-plan.ts';

export interface AlertGroup {
  readonly subject: AlertSubject;
  readonly target: string;
  /** Firing alerts about the same thing of one target, oldest first. */
  readonly alerts: readonly StoredAlert[];
}

export async function proposeForAlerts(group: AlertGroup, parts: Parts): Promise<void> {
  const open = await parts.store.transaction((tx) => tx.plans.openFor(group.target));
  const busy = open !== undefined && open.state !== 'proposed' && open.state !== 'approved';
  const [first] = group.alerts;
  assert(first !== undefined, 'a group has alerts');
  // While a plan is carried out or its outcome awaited, the world is in motion and nothing new is drawn.
  const fresh = busy ? undefined : await drawPlan(group.subject, first, parts);
  await parts.store.transaction((tx) => joinOrStore(tx, group, fresh, parts));
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
  const left = await lockLeft(tx, live, open);
  if (open === undefined) {
    const latest = await tx.plans.latestFor(group.target);
    const repeated = live.every(
      (alert) => alert.planId !== undefined && alert.planId === latest?.plan.id,
    );
    // Whoever denied the answer to one trigger, or somebody's command, has not denied the answer to another.
    const answered =
      latest?.plan.origin.kind === 'alert' && latest.plan.trigger === triggerOf(group.subject);
    if (latest?.state === 'denied' && repeated && answered) {
      await tx.alerts.done(ids, routing(group, latest.plan.id, 'the plan for it was denied'));
    } else if (fresh !== undefined) {
      await storePlan(tx, fresh, parts);
      await tx.alerts.done(ids, routing(group, fresh.id));
      await refreshLeft(tx, left, fresh, parts);
    }
    // Else the plan that was open has just ended: the alerts stay pending and are looked at once more.
    return;
  }
  if (fresh !== undefined && replaces(fresh, open)) {
    const next = { ...fresh, revision: open.plan.revision + 1, replaces: open.plan.id };
    await supersede(tx, open, next, parts);
    await tx.alerts.done(ids, routing(group, next.id));
    await refreshLeft(tx, left, next, parts);
    return;
  }
  await tx.alerts.done(ids, routing(group, open.plan.id));
  if (open.clearedAt !== undefined && open.state === 'proposed') {
    await tx.plans.setCleared(open.plan.id, undefined);
  }
  await wantCard(tx, open.plan.id, open.plan.system, parts);
  await refreshLeft(tx, left, open.plan, parts);
}

/**
 * The plans these alerts are listed on besides the open one; locked before anything is written, as everybody takes plans
 * before the trail.
 */
async function lockLeft(
  tx: Transaction,
  alerts: readonly StoredAlert[],
  open: PlanRecord | undefined,
): Promise<readonly PlanRecord[]> {
  const ids = new Set(alerts.flatMap(({ planId }) => planId ?? []));
  ids.delete(open?.plan.id ?? '');
  const left: PlanRecord[] = [];
  for (const id of [...ids].toSorted()) {
    const record = await tx.plans.lock(id);
    if (record !== undefined) left.push(record);
  }
  return left;
}

/**
 * An alert is listed on one card only: the card of the plan it leaves would say for ever that it still fires. A finding
 * that all its alerts have left is over.
 */
async function refreshLeft(
  tx: Transaction,
  left: readonly PlanRecord[],
  next: Plan,
  parts: Parts,
): Promise<void> {
  for (const record of left) {
    const { id, system, steps } = record.plan;
    const alerts = await tx.alerts.ofPlan(id);
    const isOver = alerts.every(({ resolvedAt }) => resolvedAt !== undefined);
    if (record.state === 'proposed' && steps.length === 0 && isOver) {
      const reason = `Plan ${next.id} tells what is found now.`;
      await movePlan(tx, record, { to: 'withdrawn', by: 'headroom', reason }, parts);
    } else {
      await wantCard(tx, id, system, parts);
    }
  }
}

/** A second alert that raises the target supersedes; so does any proposed change over a mere finding. */
function replaces(fresh: Plan, open: PlanRecord): boolean {
  if (open.state !== 'proposed' && open.state !== 'approved') return false;
  assert(isOpen(open.state, open.outcome), 'only an open plan can be replaced');
  if (fresh.steps.length === 0) {
    // What is found may become something else, but it never takes a proposal away.
    const isNews =
      fresh.finding?.kind !== open.plan.finding?.kind ||
      (fresh.finding?.kind === 'commit' && fresh.replicas.after > open.plan.replicas.after) ||
      (isHeldByDoubt(fresh) && !isHeldByDoubt(open.plan));
    return open.plan.steps.length === 0 && isNews;
  }
  // What a person asked for by name is theirs; an alert is listed on it, and may come again when it is decided.
  if (open.plan.origin.kind === 'command') return false;
  return open.plan.steps.length === 0 || fresh.replicas.after > open.plan.replicas.after;
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
        next.steps.length === 0
          ? `Plan ${next.id} tells what is found now.`
          : `Plan ${next.id} asks for ${next.replicas.after} replicas.`,
    },
    parts,
  );
  await storePlan(tx, next, parts);
  await tx.alerts.move(open.plan.id, next.id);
}

function routing({ subject }: AlertGroup, planId: string | undefined, note?: string): AlertRouting {
  return {
    kind: 'routed',
    system: subject.system.id,
    component: subject.component,
    trigger: triggerOf(subject),
    ...(planId !== undefined && { planId }),
    ...(note !== undefined && { note }),
  };
}
