// Turns a procedure that was worked out into a plan: every step into exact changes and gates, each on what the ones before it leave.

import {
  type Change,
  isDecrease,
  targetKey,
  type Undo,
  type WorkloadRef,
} from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import type { ObjectRef } from '../change/kinds.ts';
import { assert } from '../errors.ts';
import type { PlannedStep, StepChange, StepTarget } from '../sizing/planned-step.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import { afterChange } from './after-change.ts';
import type { CommandPlan } from './assemble-command.ts';
import { costOfMoves, type ReplicasMove } from './cost-of-moves.ts';
import { changesForDatabaseDeed } from './database-deed-changes.ts';
import type { PlanName } from './draft.ts';
import { gatesOfStep } from './gates-of-step.ts';
import { joinRollouts } from './join-rollouts.ts';
import { type DatabaseChange, placeOfDeed } from './place-of-deed.ts';
import type { Origin, Plan } from './plan.ts';
import { workloadOfTarget } from './resolve-look.ts';
import { changesOf, type Step } from './step.ts';
import { changesForStep, objectOfStep } from './step-changes.ts';
import { defaultClocks, findingExpiresAfterSeconds, type System } from './system.ts';

type ClusterStep = Exclude<StepChange, { readonly kind: 'database' }>;

/** What has to be looked at before the steps can be turned into changes. */
export interface ProcedureReads {
  readonly workloads: readonly WorkloadRef[];
  readonly objects: readonly ObjectRef[];
}

export interface ProcedureFacts {
  readonly system: System;
  readonly id: string;
  readonly plan: ProcedurePlan;
  /** By target key; every workload of the reads is there. */
  readonly states: ReadonlyMap<string, ClusterState>;
  /** Those that exist, by `objectKey`. */
  readonly objects: ReadonlyMap<string, SeenObject>;
  readonly origin: Origin;
  readonly now: Date;
}

/** The name under which an object that was read is found again. */
export function objectKey({ cluster, namespace, kind, name }: ObjectRef): string {
  return `${cluster}/${namespace}/${kind}/${name}`;
}

/** Each workload and object once. */
export function readsOf({ steps }: ProcedurePlan, system: System): ProcedureReads {
  const workloads = new Map<string, WorkloadRef>();
  const objects = new Map<string, ObjectRef>();
  for (const { change } of steps) {
    if (change === undefined) continue;
    if (change.kind === 'database') {
      const at = placeOfDeed(change, system);
      if (at === undefined) continue;
      workloads.set(targetKey(at.workload), at.workload);
      for (const object of at.objects) objects.set(objectKey(object), object);
      continue;
    }
    const workload = workloadOfTarget(change.target, system);
    workloads.set(targetKey(workload), workload);
    const object = objectOfStep(change, workload);
    if (object !== undefined) objects.set(objectKey(object), object);
  }
  return { workloads: [...workloads.values()], objects: [...objects.values()] };
}

/** The plan, or why one of its steps cannot be done: a procedure is carried out whole or not at all. */
export function assembleProcedurePlan(facts: ProcedureFacts, name: PlanName): CommandPlan {
  const world = new World(facts);
  const steps: Step[] = [];
  const notes: string[] = [...facts.plan.notes];
  const moves: ReplicasMove[] = [];
  /** By the number of the step they are written with. */
  const waiting = new Map<number, readonly Change[]>();
  for (const planned of facts.plan.steps) {
    const made = world.changesOf(planned);
    if (made.kind === 'refused') {
      return {
        kind: 'refused',
        because: `step ${planned.number} (${planned.what}): ${made.because}`,
      };
    }
    notes.push(...made.notes.map((note) => `step ${planned.number}: ${note}`));
    moves.push(...made.moves);
    const { number, rollsOutWith } = planned;
    const changes = [...(waiting.get(number) ?? []), ...made.changes];
    waiting.delete(number);
    if (rollsOutWith !== undefined) {
      waiting.set(rollsOutWith, [...(waiting.get(rollsOutWith) ?? []), ...changes]);
      continue;
    }
    steps.push(...joinRollouts(changes));
    steps.push(...gatesOfStep(planned, facts.system));
  }
  assert(waiting.size === 0, 'what waits for another rollout has one');
  const [main] = changesOf({ steps });
  if (main === undefined && steps.every(({ kind }) => kind !== 'human')) {
    return { kind: 'refused', because: 'all of it is there already; there is nothing to change' };
  }
  return { kind: 'plan', plan: draftProcedure(facts, name, { steps, notes, moves }) };
}

/** A card in place of a plan that was due and could not be drawn. */
export function refusedProcedurePlan(
  {
    system,
    id,
    procedure,
    origin,
    now,
  }: Pick<ProcedureFacts, 'system' | 'id' | 'origin' | 'now'> & {
    readonly procedure: ProcedurePlan['procedure'];
  },
  because: string,
  name: PlanName,
): Plan {
  const plan = {
    kind: 'planned',
    procedure,
    inputs: {},
    notes: [],
    steps: [],
    leftOut: [],
  } as const;
  const facts = { system, id, plan, origin, now, states: new Map(), objects: new Map() };
  const drafted = draftProcedure(facts, name, { steps: [], notes: [], moves: [] });
  const expiresAt = new Date(now.getTime() + findingExpiresAfterSeconds * 1000).toISOString();
  return { ...drafted, expiresAt, finding: { kind: 'frozen', because, lookAt: [] } };
}

interface Made {
  readonly kind: 'made';
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly moves: readonly ReplicasMove[];
}

const nothingThere: ClusterState = { workload: undefined, autoscaler: undefined, objects: [] };

/** What there will be once the steps so far are done. */
class World {
  readonly #facts: ProcedureFacts;
  readonly #states: Map<string, ClusterState>;
  readonly #objects: Map<string, SeenObject>;

  constructor(facts: ProcedureFacts) {
    this.#facts = facts;
    this.#states = new Map(facts.states);
    this.#objects = new Map(facts.objects);
  }

  changesOf(planned: PlannedStep): Made | { readonly kind: 'refused'; readonly because: string } {
    const { change } = planned;
    if (change === undefined) return nothing([]);
    if (change.kind === 'database') return this.#deed(change, planned);
    const { system, now } = this.#facts;
    const workload = workloadOfTarget(change.target, system);
    const component = this.#componentOf(change.target);
    const before = this.#stateOf(change, workload);
    const made = changesForStep(change, {
      place: { cluster: workload.cluster, namespace: workload.namespace },
      workload,
      container: change.target.container,
      ...(component && { component }),
      state: before,
      at: now.toISOString(),
      mayScaleStatefulSet: component?.replicaAware === true,
    });
    if (made.kind === 'refused') return made;
    if (made.kind === 'none') return nothing([made.because]);
    const changes = made.changes.map((each) => withUndo(each, planned.undo));
    const after = changes.reduce(afterChange, before);
    this.#keep(workload, after);
    const from = before.workload?.replicas ?? 0;
    const to = after.workload?.replicas ?? from;
    const move = { workload, from, to, ...(component && { component }) };
    return { kind: 'made', changes, notes: made.notes, moves: from === to ? [] : [move] };
  }

  /** What a cluster's objects do for a database; a deed that is none of theirs is a person's, as the gates say. */
  #deed(change: DatabaseChange, { undo }: PlannedStep): ReturnType<World['changesOf']> {
    const { system, now } = this.#facts;
    const at = placeOfDeed(change, system);
    if (at === undefined) return nothing([]);
    const { cluster, namespace } = at.workload;
    const state = this.#states.get(targetKey(at.workload)) ?? nothingThere;
    const own = at.objects.flatMap((object) => this.#objects.get(objectKey(object)) ?? []);
    const before = { ...state, objects: [...state.objects, ...own] };
    const made = changesForDatabaseDeed(at.deed, {
      place: { cluster, namespace },
      workload: at.workload,
      container: '',
      state: before,
      at: now.toISOString(),
      mayScaleStatefulSet: false,
      ...at.database,
    });
    if (made.kind === 'refused') return made;
    if (made.kind === 'none') return nothing([made.because]);
    const changes = made.changes.map((each) => withUndo(each, undo));
    this.#keep(at.workload, changes.reduce(afterChange, before));
    return { kind: 'made', changes, notes: made.notes, moves: [] };
  }

  /** The component, where the workload is its own and not one that the step names in its place. */
  #componentOf({ component, name }: StepTarget) {
    const { system } = this.#facts;
    const isOwn = system.workloads.get(component)?.name === name;
    return isOwn ? system.profile.components.get(component) : undefined;
  }

  #stateOf(change: ClusterStep, workload: WorkloadRef): ClusterState {
    const state = this.#states.get(targetKey(workload));
    assert(state !== undefined, 'every workload of a procedure was looked at');
    const object = objectOfStep(change, workload);
    const own = object && this.#objects.get(objectKey(object));
    const { cluster, namespace } = workload;
    const known = state.objects.map(
      (seen) => this.#objects.get(`${cluster}/${namespace}/${seen.kind}/${seen.name}`) ?? seen,
    );
    const isKnown = known.some(({ kind, name }) => kind === own?.kind && name === own.name);
    return { ...state, objects: own === undefined || isKnown ? known : [...known, own] };
  }

  #keep(workload: WorkloadRef, state: ClusterState): void {
    const { cluster, namespace } = workload;
    this.#states.set(targetKey(workload), state);
    for (const seen of state.objects) {
      this.#objects.set(`${cluster}/${namespace}/${seen.kind}/${seen.name}`, seen);
    }
  }
}

function nothing(notes: readonly string[]): Made {
  return { kind: 'made', changes: [], notes, moves: [] };
}

const undoRank = { exact: 0, compensating: 1, none: 2 } as const satisfies Record<Undo, number>;

/** The profile may know that less can be undone than the kind of change promises, never that more can. */
function withUndo(change: Change, undo: Undo | undefined): Change {
  if (undo === undefined || undoRank[undo] <= undoRank[change.undo]) return change;
  return { ...change, undo };
}

function draftProcedure(
  { system, id, plan, origin, now, states }: ProcedureFacts,
  name: PlanName,
  {
    steps,
    notes,
    moves,
  }: {
    readonly steps: readonly Step[];
    readonly notes: readonly string[];
    readonly moves: readonly ReplicasMove[];
  },
): Plan {
  const { procedure, inputs } = plan;
  const clocks = system.rule ?? defaultClocks;
  const changes = changesOf({ steps });
  const workload = changes[0]?.workload ?? anyWorkload(system);
  const ofMain = moves.filter((move) => targetKey(move.workload) === targetKey(workload));
  const running = states.get(targetKey(workload))?.workload?.replicas ?? 0;
  const cost = costOfMoves(moves, changes, system);
  return {
    ...name,
    system: system.id,
    title: system.title,
    component: componentNamed(workload, system),
    procedure: { id, title: procedure.title, source: procedure.source, inputs },
    origin,
    workload,
    replicas: { before: running, after: ofMain.at(-1)?.to ?? running },
    observations: [],
    arithmetic: [],
    notes,
    limitsMet: [],
    steps,
    decrease: changes.some(isDecrease),
    ...(cost && { cost }),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + clocks.expireAfterSeconds * 1000).toISOString(),
    startWithinSeconds: clocks.startWithinSeconds,
  };
}

/** A procedure of gates alone is about the system; its first workload stands for it. */
function anyWorkload({ workloads }: System): WorkloadRef {
  const [first] = workloads.values();
  assert(first !== undefined, 'a system with procedures has a workload');
  const { cluster, namespace, kind, name } = first;
  return { cluster, namespace, kind, name };
}

function componentNamed(workload: WorkloadRef, { workloads }: System): string {
  const own = [...workloads].find(([, each]) => targetKey(each) === targetKey(workload));
  return own?.[0] ?? workload.name;
}
