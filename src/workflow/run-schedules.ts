// Draws the procedures that are due by the clock, each time once; what cannot be drawn becomes a card that says why.

import { assert } from '../errors.ts';
import { refusedProcedurePlan } from '../plan/assemble-procedure.ts';
import type { Plan } from '../plan/plan.ts';
import type { System } from '../plan/system.ts';
import { dueAt, type Schedule, scheduleWords } from '../schedule/schedule.ts';
import { planProcedure } from '../sizing/procedure.ts';
import { approveWhenComplete } from './cast-vote.ts';
import { countPods } from './count-pods.ts';
import { offerRun } from './offer-run.ts';
import type { Parts } from './parts.ts';
import { drawProcedure } from './propose-procedure.ts';
import { openPlan } from './store-plan.ts';

/** One pass over the schedules of all systems. */
export async function runSchedules(parts: Parts): Promise<void> {
  for (const system of parts.systems.values()) {
    for (const schedule of system.schedules) {
      const due = dueAt(schedule, parts.clock.now());
      if (due === undefined) continue;
      const at = { system: system.id, name: schedule.name, dueAt: due };
      const known = await parts.store.transaction((tx) => tx.schedules.isDone(at));
      if (!known) await run({ system, schedule, due }, parts);
    }
  }
}

interface Due {
  readonly system: System;
  readonly schedule: Schedule;
  readonly due: Date;
}

async function run(it: Due, parts: Parts): Promise<void> {
  const { system, schedule, due } = it;
  const plan = await draw(it, parts);
  const starts = await parts.store.transaction(async (tx) => {
    const at = { system: system.id, name: schedule.name, dueAt: due };
    // Another process may have drawn it meanwhile; one of the two comes first.
    if (!(await tx.schedules.begin(at))) return false;
    const opened = await openPlan(tx, plan, 'headroom', parts);
    if (opened.kind === 'busy') {
      const note = `plan ${opened.open.plan.id} for the same target is ${opened.open.state}`;
      await tx.schedules.end(at, { note });
      parts.log.warn(
        { system: system.id, schedule: schedule.name, note },
        'a schedule was left out',
      );
      return false;
    }
    await tx.schedules.end(at, {
      planId: plan.id,
      ...(plan.finding && { note: plan.finding.because }),
    });
    // The rule may have said beforehand that what the clock draws is approved.
    return plan.finding === undefined && approveWhenComplete(tx, plan.id, parts);
  });
  parts.wake('messages');
  if (starts) await offerRun({ planId: plan.id, number: 1 }, parts);
}

async function draw({ system, schedule, due }: Due, parts: Parts): Promise<Plan> {
  const { profile, workloads, money } = system;
  const procedure = profile.procedures.get(schedule.procedure);
  assert(procedure !== undefined, 'a checked schedule names a procedure of its profile');
  const origin = {
    kind: 'schedule',
    name: schedule.name,
    dueAt: due.toISOString(),
    words: scheduleWords(schedule),
  } as const;
  const planned = planProcedure({
    profile,
    procedure,
    given: schedule.inputs,
    workloads,
    replicasNow: await countPods(system, procedure, parts),
    ...(money && { money }),
  });
  const request = { system, id: schedule.procedure, origin };
  const drawn =
    planned.kind === 'misuse'
      ? ({ kind: 'refused', because: planned.mistakes.join('; ') } as const)
      : await drawProcedure({ ...request, plan: planned }, parts);
  if (drawn.kind === 'plan') return drawn.plan;
  const name = { id: parts.newId('p'), revision: 1 };
  return refusedProcedurePlan(
    { ...request, procedure, now: parts.clock.now() },
    drawn.because,
    name,
  );
}
