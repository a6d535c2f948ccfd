// The cluster as the steps of a procedure leave it, one after the other: each step's changes follow from what is there by then.

import { type Change, targetKey, type Undo, type WorkloadRef } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { type ObjectRef, objectKey } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import { assert } from '../errors.ts';
import type { PlannedStep, StepTarget } from '../sizing/planned-step.ts';
import { afterChange } from './after-change.ts';
import type { ReplicasMove } from './cost-of-moves.ts';
import { changesForDatabaseDeed } from './database-deed-changes.ts';
import { operatedSettings } from './operated-settings.ts';
import { type DatabaseStep, type PlacedDeed, placeOfDeed } from './place-of-deed.ts';
import { objectsOfStep, type ProcedureFacts } from './procedure-facts.ts';
import { lagLimitOf, replicaByPerson, replicaWords } from './replica-step.ts';
import { workloadOfTarget } from './resolve-look.ts';
import { type PersonsPart, sqlChanges } from './sql-changes.ts';
import type { CheckGate } from './step.ts';
import { changesForStep } from './step-changes.ts';
import { templateByPerson } from './template-by-person.ts';

interface Made {
  readonly kind: 'made';
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly moves: readonly ReplicasMove[];
  /** What must be seen right after the changes. */
  readonly seen?: CheckGate;
  /** What of it somebody else has to do, after the changes. */
  readonly person?: PersonsPart;
  /** What of it somebody else has to do before them. */
  readonly first?: PersonsPart;
}

/** What there will be once the steps so far are done. */
export class ProcedureWorld {
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
    const others = objectsOfStep(change, workload, system);
    const [object] = others;
    const before = this.#stateOf(workload, others);
    const mayGrow = object && this.#facts.growth?.get(objectKey(object));
    const stepFacts = {
      place: { cluster: workload.cluster, namespace: workload.namespace },
      workload,
      container: change.target.container,
      ...(component && { component }),
      state: before,
      at: now.toISOString(),
      mayScaleStatefulSet: component?.replicaAware === true,
      ...(mayGrow !== undefined && { mayGrow }),
    };
    const byPerson = templateByPerson(change, stepFacts, planned);
    const made = byPerson ?? changesForStep(change, stepFacts);
    if (made.kind === 'person') return { ...nothing([]), person: made.person };
    if (made.kind === 'refused') return made;
    if (made.kind === 'none') return nothing([made.because]);
    const changes = made.changes.map((each) => withUndo(each, planned.undo));
    const after = changes.reduce(afterChange, before);
    this.#keep(workload, others, after);
    const from = before.workload?.replicas ?? 0;
    const to = after.workload?.replicas ?? from;
    const move = { workload, from, to, ...(component && { component }) };
    return { kind: 'made', changes, notes: made.notes, moves: from === to ? [] : [move] };
  }

  /** What a cluster's objects do for a database, else what SQL does, else what a person does. */
  #deed(change: DatabaseStep, planned: PlannedStep): ReturnType<ProcedureWorld['changesOf']> {
    const { system, databases, restarts = [] } = this.#facts;
    const at = placeOfDeed(change, system);
    if (at === undefined && change.deed === 'replicas')
      return this.#replicasByPerson(change, planned);
    if (at === undefined) {
      const made = sqlChanges(change, databases?.get(planned.number), {
        planned,
        system,
        restarts,
      });
      if (made.kind === 'refused') return made;
      const changes = made.changes.map((each) => withUndo(each, planned.undo));
      return { ...nothing(made.notes), changes, ...(made.person && { person: made.person }) };
    }
    if (at.deed.deed !== 'settings') return this.#inCluster(at, planned);
    const settings = { kind: 'database', database: change.database, ...at.deed } as const;
    const seen = this.#stateOf(at.workload, at.objects).objects.find(
      ({ kind, name }) => kind === 'Cluster' && name === at.database.operated,
    );
    const present = valueAt(seen?.value, '/spec/postgresql/parameters');
    const divided = operatedSettings(settings, system, { restarts, present });
    if (divided.kind === 'refused') return divided;
    const { step, person, seen: readBack } = divided;
    const made = step === undefined ? nothing([]) : this.#inCluster({ ...at, deed: step }, planned);
    if (made.kind === 'refused') return made;
    return { ...made, ...(person && { person }), ...(readBack && { seen: readBack }) };
  }

  #replicasByPerson(
    change: Extract<DatabaseStep, { deed: 'replicas' }>,
    planned: PlannedStep,
  ): ReturnType<ProcedureWorld['changesOf']> {
    const { system, beside, plan } = this.#facts;
    const words = replicaWords(beside?.get(planned.number), lagLimitOf(planned, plan.steps));
    if (words.kind === 'refused') return words;
    const { platform } = system.databases.get(change.database) ?? {};
    return { ...nothing(words.notes), person: replicaByPerson(change, change.database, platform) };
  }

  #inCluster(at: PlacedDeed, planned: PlannedStep): ReturnType<ProcedureWorld['changesOf']> {
    const { now, beside, plan } = this.#facts;
    const { undo, number } = planned;
    const asked = beside?.get(number);
    const lagLimitSeconds = lagLimitOf(planned, plan.steps);
    const before = this.#stateOf(at.workload, at.objects);
    const made = changesForDatabaseDeed(at.deed, {
      place: at.place,
      workload: at.workload,
      container: '',
      state: before,
      at: now.toISOString(),
      mayScaleStatefulSet: false,
      ...at.database,
      ...(asked && { beside: asked }),
      ...(lagLimitSeconds !== undefined && { lagLimitSeconds }),
    });
    if (made.kind === 'refused') return made;
    if (made.kind === 'none') return nothing([made.because]);
    const changes = made.changes.map((each) => withUndo(each, undo));
    this.#keep(at.workload, at.objects, changes.reduce(afterChange, before));
    const { notes, first, person } = made;
    const people = { ...(first && { first }), ...(person && { person }) };
    return { kind: 'made', changes, notes, moves: [], ...people };
  }

  /** The component, where the workload is its own and not one that the step names in its place. */
  #componentOf({ component, name }: StepTarget) {
    const { system } = this.#facts;
    const isOwn = system.workloads.get(component)?.name === name;
    return isOwn ? system.profile.components.get(component) : undefined;
  }

  /** The workload as it is by then, with the objects a step is about beside it. */
  #stateOf(workload: WorkloadRef, others: readonly ObjectRef[]): ClusterState {
    const state = this.#states.get(targetKey(workload));
    assert(state !== undefined, 'every workload of a procedure was looked at');
    const keys = new Set(others.map(objectKey));
    for (const seen of state.objects) {
      const key = keyBeside(workload, seen);
      keys.add(key);
      if (!this.#objects.has(key)) this.#objects.set(key, seen);
    }
    return { ...state, objects: [...keys].flatMap((key) => this.#objects.get(key) ?? []) };
  }

  /** What was seen names no place: it is one of the others, which may stand elsewhere, or beside the workload. */
  #keep(workload: WorkloadRef, others: readonly ObjectRef[], state: ClusterState): void {
    const beside: SeenObject[] = [];
    for (const seen of state.objects) {
      const other = others.find(({ kind, name }) => kind === seen.kind && name === seen.name);
      const key = other === undefined ? keyBeside(workload, seen) : objectKey(other);
      this.#objects.set(key, seen);
      if (key === keyBeside(workload, seen)) beside.push(seen);
    }
    this.#states.set(targetKey(workload), { ...state, objects: beside });
  }
}

function keyBeside({ cluster, namespace }: WorkloadRef, { kind, name }: SeenObject): string {
  return `${cluster}/${namespace}/${kind}/${name}`;
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
