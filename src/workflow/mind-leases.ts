// What happens to leases because time passes: a reminder, and at the end a decision whether the capacity goes back.

import { evaluateGiveBack } from '../approval/evaluate.ts';
import { targetKey, undoOf } from '../change/change.ts';
import { type Comparison, compareChange } from '../change/compare.ts';
import { assert, unreachable } from '../errors.ts';
import { type Lease, lentChanges, replicasLeft } from '../lease/lease.ts';
import { type GiveBackFacts, mayGiveBack } from '../lease/may-give-back.ts';
import { isSizing, type ProjectedLoad, projectLoad } from '../lease/projected-load.ts';
import { movedTo, reminded } from '../lease/terms.ts';
import type { Plan } from '../plan/plan.ts';
import { promqlNamesOf, type System } from '../plan/system.ts';
import type { PlanRecord, RunId, Transaction } from '../ports.ts';
import { inParallel } from './in-parallel.ts';
import { type Both, endLease, keep } from './lease-ends.ts';
import { measureTrigger } from './measure-trigger.ts';
import { moveLease } from './move-lease.ts';
import { observeChange } from './observe-change.ts';
import { askCluster } from './observe-target.ts';
import { offerRun } from './offer-run.ts';
import type { Parts } from './parts.ts';
import { readCase } from './read-plan.ts';

/** One pass over every lease that is due, asked back, or to be reminded of. */
export async function mindLeases(parts: Parts): Promise<void> {
  const due = await parts.store.transaction((tx) => tx.leases.due(parts.clock.now()));
  await inParallel(due, (lease) =>
    isOver(lease, parts.clock.now()) ? decide(lease, parts) : remind(lease, parts),
  );
}

function isOver({ dueAt, askedBy }: Lease, now: Date): boolean {
  return dueAt <= now || askedBy !== undefined;
}

/** Everybody takes a plan before its lease; undefined when it is no longer as it was read. */
async function lockBoth(
  tx: Transaction,
  { planId, stateAt, dueAt }: Lease,
): Promise<Both | undefined> {
  const record = await tx.plans.lock(planId);
  const lease = await tx.leases.lock(planId);
  const same =
    lease?.state === 'lent' &&
    lease.stateAt.getTime() === stateAt.getTime() &&
    lease.dueAt.getTime() === dueAt.getTime();
  return same && record !== undefined ? { record, lease } : undefined;
}

async function remind(seen: Lease, parts: Parts): Promise<void> {
  await parts.store.transaction(async (tx) => {
    const both = await lockBoth(tx, seen);
    if (both?.lease.remindAt === undefined) return;
    const { record, lease } = both;
    const move = { event: 'lease.reminded', by: 'headroom', isNews: true } as const;
    await moveLease(tx, { record, before: lease, after: reminded(lease) }, move, parts);
  });
}

/** The world is asked outside any transaction; what the database knows is read in the one that decides. */
async function decide(seen: Lease, parts: Parts): Promise<void> {
  const record = await parts.store.transaction((tx) => tx.plans.find(seen.planId));
  assert(record !== undefined, 'a lease belongs to a plan');
  const world = await lookAtWorld(record.plan, parts);
  const run = await parts.store.transaction(async (tx) => {
    // The open plan first, as everybody takes it who draws one.
    const open = await tx.plans.openFor(seen.target);
    const both = await lockBoth(tx, seen);
    if (both === undefined) return undefined;
    const decision = mayGiveBack({ ...world, ...(await readFacts(tx, both, open, parts)) });
    switch (decision.kind) {
      case 'give-back':
        return openRun(tx, both, decision.text, parts);
      case 'hold':
        await keep(tx, both, decision, parts);
        return undefined;
      case 'end':
        await endLease(tx, both, decision.because, parts);
        return undefined;
      default:
        return unreachable(decision);
    }
  });
  if (run === undefined) return;
  parts.checkpoint('give-back-queued');
  await offerRun(run, parts);
}

async function openRun(
  tx: Transaction,
  { record, lease }: Both,
  text: string,
  parts: Parts,
): Promise<RunId> {
  const now = parts.clock.now();
  const run = { planId: lease.planId, number: await tx.runs.nextNumber(lease.planId) };
  await tx.runs.queue(run, now, 'give-back');
  const after = movedTo(lease, 'giving', now);
  const detail = { run: run.number, ...(text !== '' && { load: text }) };
  const by = lease.askedBy ?? 'headroom';
  const move = { event: 'lease.giving', by, detail, isNews: false } as const;
  await moveLease(tx, { record, before: lease, after }, move, parts);
  return run;
}

type WorldFacts = Pick<GiveBackFacts, 'comparisons' | 'clusterProblem' | 'loads' | 'gone'>;

async function lookAtWorld(plan: Plan, parts: Parts): Promise<WorldFacts> {
  const system = parts.systems.get(plan.system);
  if (system?.cluster !== plan.workload.cluster) {
    const gone = `${plan.system} is no longer in headroom.yaml as it was, so nobody gives it back; look yourself`;
    return { gone, comparisons: undefined, loads: [] };
  }
  const asked = await askCluster(plan.workload.cluster, parts.counters, () => observe(plan, parts));
  if (asked.kind === 'problem') {
    return { comparisons: undefined, clusterProblem: asked.problem, loads: [] };
  }
  const { comparisons, replicas } = asked.answer;
  const isOurs = comparisons.every(({ kind }) => kind === 'unchanged');
  return { comparisons, loads: isOurs ? await loadsOf(plan, system, replicas, parts) : [] };
}

/** What was lent, compared with what is there, and how many pods run. */
async function observe(
  plan: Plan,
  parts: Parts,
): Promise<{ readonly comparisons: readonly Comparison[]; readonly replicas: number }> {
  const comparisons: Comparison[] = [];
  let replicas = Number.NaN;
  for (const { change } of lentChanges(plan)) {
    const undo = undoOf(change);
    const state = await observeChange(undo, parts);
    comparisons.push(compareChange(undo, state));
    if (targetKey(change.workload) === targetKey(plan.workload)) {
      replicas = state.workload?.replicas ?? Number.NaN;
    }
  }
  return { comparisons, replicas };
}

/** Each trigger that the plan names, measured again; one that the profile no longer has says nothing. */
async function loadsOf(
  plan: Plan,
  system: System,
  replicas: number,
  parts: Parts,
): Promise<readonly ProjectedLoad[]> {
  const component = system.profile.components.get(plan.component);
  const names = promqlNamesOf(system, plan.component);
  const left = Math.min(...lentChanges(plan).map(({ change }) => replicasLeft(change)));
  const loads: ProjectedLoad[] = [];
  for (const id of plan.lease?.triggers ?? []) {
    const trigger = system.profile.triggers.get(id);
    if (!component || !names || !trigger || !isSizing(trigger)) {
      const because = `the profile of ${system.id} no longer measures ${id}`;
      loads.push({ kind: 'not-known', trigger: id, because });
      continue;
    }
    const where = { names, cluster: system.cluster };
    const { measured, arrival } = await measureTrigger({ ...trigger, doubts: [] }, where, parts);
    const facts = { component, trigger, currentReplicas: replicas, measured, left };
    loads.push(projectLoad({ ...facts, ...(arrival && { arrival }) }));
  }
  return loads;
}

type StoredFacts = Pick<
  GiveBackFacts,
  'notApproved' | 'freeze' | 'leaseOnTop' | 'otherPlan' | 'firing' | 'isAsked'
>;

async function readFacts(
  tx: Transaction,
  { record, lease }: Both,
  open: PlanRecord | undefined,
  parts: Parts,
): Promise<StoredFacts> {
  const { plan } = record;
  const input = await readCase(tx, record, parts);
  const verdict = evaluateGiveBack(input);
  const onTop = await tx.leases.onTop(lease);
  const other = otherPlan(record, open);
  const { target, system } = lease;
  const notApproved =
    verdict.kind === 'approved'
      ? input.mode === 'apply'
        ? undefined
        : `${system} is no longer in apply mode`
      : verdict.because;
  const [freeze] = input.freezes ?? [];
  return {
    ...(notApproved !== undefined && { notApproved }),
    ...(freeze !== undefined && { freeze }),
    ...(onTop !== undefined && { leaseOnTop: onTop }),
    ...(other !== undefined && { otherPlan: other }),
    firing: await tx.alerts.firingFor({ target, system, component: plan.component }),
    isAsked: lease.askedBy !== undefined,
  };
}

/** A finding stands in nobody's way; its alerts do. */
function otherPlan({ plan }: PlanRecord, open: PlanRecord | undefined): string | undefined {
  if (open === undefined || open.plan.steps.length === 0) return undefined;
  if (open.plan.id === plan.id) return 'whether it helped is not judged yet';
  return `plan ${open.plan.id} for the same target is ${open.outcome === 'pending' ? 'watching its outcome' : open.state}`;
}
