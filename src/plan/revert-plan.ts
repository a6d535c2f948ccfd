// Turns what a plan wrote into the plan that takes it back: exact undos, last first, and in words what nobody can take back.

import { inBackOrder, isReadByPods } from '../change/back-order.ts';
import { type Change, type CreateChange, targetKey, undoOf } from '../change/change.ts';
import { type ClusterState, compareChange, type State } from '../change/compare.ts';
import { objectKinds } from '../change/kinds.ts';
import { buildsOn } from '../change/on-top.ts';
import { sqlDeedWords, undoOfDeed } from '../database/sql-deed.ts';
import type { CommandPlan } from './assemble-command.ts';
import type { ReplicasMove } from './cost-of-moves.ts';
import type { PlanName } from './draft.ts';
import { draftProcedure } from './draft-procedure.ts';
import { joinRollouts } from './join-rollouts.ts';
import type { Origin, Plan } from './plan.ts';
import type { PlanState } from './plan-state.ts';
import { whyRestarting } from './restarted-by.ts';
import type { HumanGate, Step } from './step.ts';
import { restartWord } from './step-template.ts';
import type { System } from './system.ts';

/** What there is to take back of a plan, before anybody has looked whether it still stands. */
export interface Undoing {
  /** Last written, first taken back. */
  readonly changes: readonly Change[];
  /** Last made, first deleted, by a person; never what held something that would be gone with it. */
  readonly made: readonly CreateChange[];
  /** What stays, for people. */
  readonly notes: readonly string[];
}

/** In words, why a plan in such a state is not taken back; undefined where it may be. */
export function whyNotReverted(id: string, state: PlanState): string | undefined {
  switch (state) {
    case 'applied':
    case 'left':
    // Its templates are back; what was added stays when a plan fails.
    case 'reverted':
      return undefined;
    case 'applying':
    case 'unknown':
    case 'failed':
      return `plan ${id} is being carried out; stop it first, or wait until it has ended`;
    case 'proposed':
    case 'approved':
      return `plan ${id} has written nothing yet; deny it, or let it wait`;
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'superseded':
    case 'lapsed':
      return `plan ${id} is ${state} and has written nothing`;
  }
}

/** Whether a plan could ever take the change back. */
export function mayBeReverted(change: Change): boolean {
  const isExact = change.undo === 'exact' && !mayDropRows(change);
  return isExact && change.kind !== 'create' && withoutRestart(change).length > 0;
}

/** `written` are the changes that a run of it may have written, in their order. */
export function undoingOf(
  plan: Plan,
  written: readonly Change[],
): Undoing | { readonly because: string } {
  const because = whyRestarted(plan, written);
  if (because !== undefined) return { because };
  const notes: string[] = [];
  const made: CreateChange[] = [];
  const changes: Change[] = [];
  // Without it they would go on with what they have read.
  const isRestartNeeded = written.some((each) => isReadByPods(each) && each.undo === 'exact');
  const ordered = inBackOrder(written.map((change) => ({ change })));
  for (const each of ordered) {
    const [change] = isRestartNeeded ? [each.change] : withoutRestart(each.change);
    if (change === undefined) continue;
    if (mayDropRows(change)) {
      notes.push(`${nameOf(change)} stays: how long rows are kept is a plan of its own`);
    } else if (change.undo !== 'exact') {
      notes.push(`${nameOf(change)} stays: it cannot be taken back exactly`);
    } else if (change.kind === 'create') made.push(change);
    else changes.push(takenBack(change));
  }
  const people = plan.steps.flatMap((step) => (step.kind === 'human' ? [step.what] : []));
  if (people.length > 0) {
    notes.push(`What people did for plan ${plan.id} stays as they did it: ${people.join('; ')}`);
  }
  return { changes: joinRollouts(changes), made, notes };
}

/** What was to be dropped before may by now be rows that only the later policy has kept. */
function mayDropRows(change: Change): boolean {
  if (change.kind !== 'sql' || change.deed.deed !== 'timescale-policy') return false;
  return change.deed.policy === 'retain' && change.deed.before !== undefined;
}

/** A deed that undoes another one has an undo of its own. */
function takenBack(change: Exclude<Change, CreateChange>): Change {
  const undo = undoOf(change);
  return undo.kind === 'sql' ? { ...undo, undo: undoOfDeed(undo.deed).kind } : undo;
}

/** A restart is a plan of its own, and so is what only a restart brings into effect. */
function whyRestarted({ id, system, restarts = [] }: Plan, written: readonly Change[]) {
  const later = written.flatMap((change) => {
    if (change.kind !== 'sql' || change.deed.deed !== 'setting') return [];
    const { name, before, running, restart } = change.deed;
    return restart === true && change.database.standby === undefined
      ? [{ database: change.database.name, pair: `${name}=${before ?? running}` }]
      : [];
  });
  const database = later[0]?.database ?? restarts[0];
  if (database === undefined) return undefined;
  const pairs = later.length === 0 ? 'setting=old value' : later.map(({ pair }) => pair).join(' ');
  return `plan ${id} wrote what a restart of database ${database} brings into effect, and that is a plan of its own: /scale restart ${system} ${database} ${pairs}`;
}

/** Pods that were started anew are not made old again by another restart. */
function withoutRestart(change: Change): readonly Change[] {
  if (change.kind !== 'patch') return [change];
  const fields = change.fields.filter(({ what }) => what !== restartWord);
  return fields.length === 0 ? [] : [{ ...change, fields }];
}

function nameOf(change: Change): string {
  switch (change.kind) {
    case 'create':
      return `${change.object.kind} ${change.object.name}`;
    case 'sql':
      return sqlDeedWords(change.deed);
    case 'patch':
      return `${change.fields.map(({ what }) => what).join(', ')} of ${change.object.kind} ${change.object.name}`;
    case 'scale':
    case 'autoscaler':
      return `the size of ${change.workload.kind} ${change.workload.name}`;
  }
}

/** A change that takes something back, and what it is compared with. */
export interface SeenUndo {
  readonly change: Change;
  readonly state: State;
}

export interface RevertFacts {
  readonly of: Plan;
  readonly system: System;
  readonly undoing: Undoing;
  /** In the order of `undoing.changes`. */
  readonly seen: readonly SeenUndo[];
  /** Of `undoing.made` those that are still there. */
  readonly there: readonly CreateChange[];
  /** The alerts that fire about what the plan was for. */
  readonly firing: readonly string[];
  /** By target key. */
  readonly states: ReadonlyMap<string, ClusterState>;
  readonly origin: Origin;
  readonly now: Date;
}

/** What somebody has set otherwise since is theirs and stays; where nothing is left to take back it is refused. */
export function assembleRevert(facts: RevertFacts, name: PlanName): CommandPlan {
  const { of, system, undoing, there, firing, states, origin, now } = facts;
  const notes = [...undoing.notes];
  const standing: Change[] = [];
  for (const { change, state } of facts.seen) {
    const comparison = buildsOn(change, standing)
      ? ({ kind: 'unchanged' } as const)
      : compareChange(change, state);
    if (comparison.kind === 'unchanged') standing.push(change);
    else if (comparison.kind === 'drifted') notes.push(`Stays as it is: ${comparison.because}`);
  }
  // Where what they read stays as it is, pods would start anew for nothing.
  const changes = standing.some(isReadByPods) ? standing : standing.flatMap(withoutRestart);
  const deleting = deletion(there, of);
  if (changes.length === 0) {
    const why = [...notes, ...(deleting === undefined ? [] : [deleting.what])].join('; ');
    const none = `nothing of plan ${of.id} is there to be taken back`;
    return { kind: 'refused', because: why === '' ? none : `${none} (${why})` };
  }
  const because = whyRestarting(changes, system, []);
  if (because !== undefined) return { kind: 'refused', because };
  const steps: Step[] = [...changes, ...(deleting === undefined ? [] : [deleting])];
  const what = of.procedure?.title ?? of.component;
  const plan = {
    procedure: { title: `take back plan ${of.id}, ${what}`, source: `what plan ${of.id} wrote` },
    inputs: {},
  };
  const moves = facts.seen.flatMap((each) =>
    changes.includes(each.change) ? movesOf(each, system) : [],
  );
  const asked = { system, id: 'revert', plan, origin, now, states };
  const drawn = draftProcedure(asked, name, { steps, notes, moves, drops: [] });
  const isInNeed = drawn.decrease && firing.length > 0;
  const still = `Still firing about ${of.component}: ${[...new Set(firing)].join(', ')}.`;
  return {
    kind: 'plan',
    plan: { ...drawn, notes: [...(isInNeed ? [still] : []), ...notes], takesBack: of.id },
  };
}

/** Nothing is deleted by a plan: others may have come to use it. */
function deletion(there: readonly CreateChange[], { id }: Plan): HumanGate | undefined {
  const [first] = there;
  if (first === undefined) return undefined;
  const commands = [...new Set(there.map(({ object }) => object.namespace))].map((namespace) => {
    const own = there.filter(({ object }) => object.namespace === namespace);
    const names = own.map(({ object: { kind, name } }) => `${objectKinds[kind].word}/${name}`);
    return `kubectl -n ${namespace} delete ${names.join(' ')}`;
  });
  return {
    kind: 'human',
    what: `Delete what plan ${id} made, once nobody uses it any more, with kubectl pointed at cluster ${first.object.cluster}: ${commands.join('; ')}`,
    who: 'somebody for the cluster',
  };
}

function movesOf(
  { change, state }: SeenUndo,
  { workloads, profile }: System,
): readonly ReplicasMove[] {
  if (change.kind !== 'scale') return [];
  const { workload, after, before } = change;
  const [id = ''] = [...workloads].find(([, own]) => targetKey(own) === targetKey(workload)) ?? [];
  const component = profile.components.get(id);
  const from = state.workload?.replicas ?? before.replicas;
  return [{ workload, from, to: after.replicas, ...(component && { component }) }];
}
