// Reads all that a plan's approval and its messages depend on, in one transaction.

import type { Case, RestartTerms } from '../approval/condition.ts';
import { assert } from '../errors.ts';
import type { PlanView } from '../message/plan-view.ts';
import type { Plan } from '../plan/plan.ts';
import { clustersOf } from '../plan/step.ts';
import type { System } from '../plan/system.ts';
import type { PlanRecord, Transaction } from '../ports.ts';
import { freezesNow } from '../schedule/freeze.ts';
import { windowNow, windowWords } from '../schedule/window.ts';
import { type Parts, stopsCovering } from './parts.ts';

/** What `evaluateApproval` decides on. A system that was removed from headroom.yaml only observes. */
export async function readCase(
  tx: Transaction,
  record: PlanRecord,
  { systems, clock }: Pick<Parts, 'systems' | 'clock'>,
): Promise<Case> {
  const system = systems.get(record.plan.system);
  const now = clock.now();
  return {
    plan: record.plan,
    hash: record.hash,
    state: record.state,
    ...(record.startBy && { startBy: record.startBy }),
    votes: await tx.votes.of(record.plan.id),
    rule: system?.rule,
    mode: system?.mode ?? 'observe',
    stops: stopsCovering(await tx.stops.all(), {
      id: record.plan.system,
      clusters: clustersOf(record.plan),
    }),
    freezes: freezesNow(system?.freezes ?? [], now),
    restarts: [...restartTerms(record.plan, system, now), ...dropTerms(record.plan, system)],
    now,
  };
}

/** As headroom.yaml has it now; a database that it does not let restart has none. */
function restartTerms(
  { restarts = [] }: Plan,
  system: System | undefined,
  now: Date,
): readonly RestartTerms[] {
  return restarts.flatMap((database) => {
    const restart = system?.databases.get(database)?.restart;
    if (restart === undefined) return [];
    const { approvers, window } = restart;
    const { isOpen } = windowNow(window, now);
    return [{ database, approvers, words: windowWords(window), isOpen }];
  });
}

/** Where headroom.yaml names people who answer for a database, one of them must agree to what drops its rows. */
function dropTerms({ drops = [] }: Plan, system: System | undefined): readonly RestartTerms[] {
  const names = new Set(drops.map(({ database }) => database));
  return [...names].flatMap((database) => {
    const approvers = system?.databases.get(database)?.restart?.approvers;
    if (approvers === undefined) return [];
    return [{ database, approvers, words: 'at any time', isOpen: true, isDrop: true }];
  });
}

/** What the plan's messages show; `ofRun` for one about that run, which may not be the latest any more. */
export async function readPlanView(
  tx: Transaction,
  planId: string,
  parts: Pick<Parts, 'systems' | 'clock'>,
  { ofRun }: { readonly ofRun?: number | undefined } = {},
): Promise<PlanView> {
  const record = await tx.plans.find(planId);
  assert(record !== undefined, `plan ${planId}, which owes a message, is stored`);
  const { votes, rule, mode, stops, restarts } = await readCase(tx, record, parts);
  // A card does not change because time passes.
  const freezes = freezesNow(parts.systems.get(record.plan.system)?.freezes ?? [], record.stateAt);
  const run = await tx.runs.latest(planId);
  const number = ofRun ?? run?.number;
  const head = await tx.audit.head();
  const lease = await tx.leases.find(planId);
  return {
    record,
    votes,
    rule,
    mode,
    stops,
    ...(freezes.length > 0 && { freezes }),
    ...(restarts && { restarts }),
    alerts: await tx.alerts.ofPlan(planId),
    run,
    changes: number === undefined ? [] : await tx.runs.changes({ planId, number }),
    ticks: await tx.runs.ticks(planId),
    ...(lease && { lease }),
    auditHead: head.seq === 0 ? undefined : head,
  };
}
