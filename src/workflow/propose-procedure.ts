// Draws the plan that carries a procedure of a profile out: looks at everything it touches, then lets the pure part decide.

import { targetKey, type WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { objectKey } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import { OperationError } from '../errors.ts';
import type { CommandPlan } from '../plan/assemble-command.ts';
import { assembleProcedurePlan } from '../plan/assemble-procedure.ts';
import type { Origin } from '../plan/plan.ts';
import { whyRefused } from '../plan/plan-check.ts';
import { type ProcedureReads, readsOf } from '../plan/procedure-facts.ts';
import type { DatabaseLook } from '../plan/sql-changes.ts';
import type { System } from '../plan/system.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import { checkedPlan } from './checked-plan.ts';
import { lookAtBackups } from './look-at-backup.ts';
import { lookAtDatabases } from './look-at-databases.ts';
import { lookBesideDeeds } from './look-beside-deeds.ts';
import { noteReverts } from './note-reverts.ts';
import { withScaledObject } from './observe-scaled-object.ts';
import { whyOwnServer } from './own-server.ts';
import type { Parts } from './parts.ts';
import { type Opened, openPlan } from './store-plan.ts';

export type ProposedProcedure = Opened | { readonly kind: 'refused'; readonly because: string };

export interface ProcedureRequest {
  readonly system: System;
  readonly id: string;
  readonly plan: ProcedurePlan;
  readonly origin: Origin;
  /** The databases that it is there to restart. */
  readonly restarts?: readonly string[];
}

export async function proposeProcedure(
  request: ProcedureRequest & { readonly origin: Extract<Origin, { kind: 'command' }> },
  parts: Parts,
): Promise<ProposedProcedure> {
  const { origin } = request;
  // The same command a second time, after a crash before its answer: its plan is there already.
  const drawn = await parts.store.transaction((tx) => tx.plans.ofCommand(origin.commandId));
  if (drawn !== undefined) return { kind: 'proposed', plan: drawn.plan };
  const asked = await drawProcedure(request, parts);
  if (asked.kind === 'refused') return asked;
  const result = await parts.store.transaction((tx) => openPlan(tx, asked.plan, origin.by, parts));
  parts.wake('messages');
  return result;
}

type Outside = Pick<
  Parts,
  | 'clusters'
  | 'clock'
  | 'newId'
  | 'counters'
  | 'allowed'
  | 'lookForRoom'
  | 'databases'
  | 'systems'
  | 'metricsOf'
  | 'probe'
>;

/** Looks, assembles and has the server check it; stores nothing. */
export async function drawProcedure(
  request: ProcedureRequest,
  parts: Outside,
): Promise<CommandPlan> {
  return withBackups(await checkedPlan(() => draw(request, parts), request.system, parts), parts);
}

async function draw(request: ProcedureRequest, parts: Outside): Promise<CommandPlan> {
  const { system, restarts = [] } = request;
  const own = await whyOwnServer(request.plan, system, { ...parts, restarts });
  if (own !== undefined) return { kind: 'refused', because: own };
  const seen = await look(readsOf(request.plan, system), parts);
  if (typeof seen === 'string') return { kind: 'refused', because: seen };
  const databases = await askDatabases(request, parts);
  if (typeof databases === 'string') return { kind: 'refused', because: databases };
  const beside = await lookBesideDeeds(request.plan, system, parts);
  const facts = { ...request, ...seen, databases, beside, now: parts.clock.now() };
  const asked = assembleProcedurePlan(facts, { id: parts.newId('p'), revision: 1 });
  if (asked.kind === 'refused') return asked;
  const seenOf = (workload: WorkloadRef) => seen.states.get(targetKey(workload));
  const noted = await noteReverts(asked.plan, seenOf, system, parts);
  return noted.finding?.kind === 'frozen'
    ? { kind: 'refused', because: noted.finding.because }
    : { kind: 'plan', plan: noted };
}

/** What drops rows is drawn only while it is known that they could come back from a fresh backup. */
async function withBackups(drawn: CommandPlan, parts: Outside): Promise<CommandPlan> {
  if (drawn.kind === 'refused') return drawn;
  const { plan } = drawn;
  const backups = await lookAtBackups(plan, parts);
  if (backups.length === 0) return drawn;
  const because = whyRefused(backups);
  return because === undefined
    ? { kind: 'plan', plan: { ...plan, checks: [...(plan.checks ?? []), ...backups] } }
    : { kind: 'refused', because };
}

async function askDatabases(
  { plan, system }: ProcedureRequest,
  parts: Outside,
): Promise<ReadonlyMap<number, DatabaseLook> | string> {
  try {
    return await lookAtDatabases(plan, system, parts);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return error.message;
  }
}

interface Seen {
  readonly states: ReadonlyMap<string, ClusterState>;
  readonly objects: ReadonlyMap<string, SeenObject>;
  readonly growth: ReadonlyMap<string, boolean>;
  readonly away: ReadonlyMap<string, string>;
}

/** Each cluster whole, or why not; when none answers, why. A failover must need nothing of the region that is gone. */
async function look(reads: ProcedureReads, parts: Outside): Promise<Seen | string> {
  const names = new Set([...reads.workloads, ...reads.objects].map(({ cluster }) => cluster));
  const [nowhere] = [...names].filter((name) => !parts.allowed.has(name));
  if (nowhere !== undefined) return `cluster ${nowhere} is not in headroom.yaml`;
  const looks = await Promise.all(
    [...names].map(async (name) => ({ name, seen: await lookAtOne(name, reads, parts) })),
  );
  const away = new Map<string, string>();
  const states = new Map<string, ClusterState>();
  const objects = new Map<string, SeenObject>();
  const growth = new Map<string, boolean>();
  for (const { name, seen } of looks) {
    if (typeof seen === 'string') {
      away.set(name, seen);
      continue;
    }
    for (const [key, state] of seen.states) states.set(key, state);
    for (const [key, object] of seen.objects) objects.set(key, object);
    for (const [key, mayGrow] of seen.growth) growth.set(key, mayGrow);
  }
  const [because] = away.values();
  return because !== undefined && away.size === names.size
    ? because
    : { states, objects, growth, away };
}

/** All that is asked of one cluster, or why it cannot be asked: half a look would make half the steps wrong. */
async function lookAtOne(
  name: string,
  { workloads, objects }: ProcedureReads,
  parts: Outside,
): Promise<Omit<Seen, 'away'> | string> {
  const { clusters } = parts;
  const inThere = ({ cluster }: { readonly cluster: string }) => cluster === name;
  try {
    const states = await Promise.all(
      workloads.filter(inThere).map(async (workload) => {
        const [cluster, vertical] = await Promise.all([
          clusters.observe(workload),
          clusters.vertical(workload),
        ]);
        const state = await withScaledObject({ workload, cluster }, parts);
        return [targetKey(workload), { ...state.cluster, vertical }] as const;
      }),
    );
    const found = await Promise.all(
      objects.filter(inThere).map(async (ref) => {
        const object = await clusters.read(ref);
        return object === undefined ? [] : [[objectKey(ref), object] as const];
      }),
    );
    const growth = await Promise.all(
      found.flat().map(async ([key, claim]) => {
        const mayGrow = await growthOf(name, claim, clusters);
        return mayGrow === undefined ? [] : [[key, mayGrow] as const];
      }),
    );
    return {
      states: new Map(states),
      objects: new Map(found.flat()),
      growth: new Map(growth.flat()),
    };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return error.message;
  }
}

/** Of a claim whether its class lets it grow; undefined when that is not known, which the card says. */
async function growthOf(
  cluster: string,
  { kind, value }: SeenObject,
  clusters: Parts['clusters'],
): Promise<boolean | undefined> {
  const storageClass = valueAt(value, '/spec/storageClassName');
  if (kind !== 'PersistentVolumeClaim' || typeof storageClass !== 'string') return undefined;
  try {
    return await clusters.mayGrow({ cluster, name: storageClass });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return undefined;
  }
}
