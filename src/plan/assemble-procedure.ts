// Turns a procedure that was worked out into a plan: every step into exact changes and gates, each on what the ones before it leave.

import type { Change } from '../change/change.ts';
import { assert } from '../errors.ts';
import type { PlannedStep } from '../sizing/planned-step.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import type { CommandPlan } from './assemble-command.ts';
import type { ReplicasMove } from './cost-of-moves.ts';
import type { PlanName } from './draft.ts';
import { draftProcedure } from './draft-procedure.ts';
import {
  dropOf,
  guardedSteps,
  type PlannedDrop,
  retentionApart,
  whyNotDropped,
} from './drop-steps.ts';
import { gatesOfStep } from './gates-of-step.ts';
import { joinRollouts } from './join-rollouts.ts';
import type { Plan } from './plan.ts';
import type { ProcedureFacts } from './procedure-facts.ts';
import { ProcedureWorld } from './procedure-world.ts';
import { whyNoReplicas } from './replica-step.ts';
import { workloadOfTarget } from './resolve-look.ts';
import { whyRestarting } from './restarted-by.ts';
import { changesOf, type HumanGate, type Step } from './step.ts';
import { findingExpiresAfterSeconds } from './system.ts';
import { whyWrittenTwice } from './written-twice.ts';

/** The plan, or why one of its steps cannot be done: a procedure is carried out whole or not at all. */
export function assembleProcedurePlan(facts: ProcedureFacts, name: PlanName): CommandPlan {
  const { procedure, steps: all } = facts.plan;
  const birth = { isEmergency: procedure.emergency, isAlert: facts.origin.kind === 'alert' };
  const unfit = whyNotDropped(all, birth) ?? whyNoReplicas(all, birth) ?? whyWrittenTwice(all);
  if (unfit !== undefined) return { kind: 'refused', because: unfit };
  const world = new ProcedureWorld(facts);
  const steps: Step[] = [];
  const told: NumberedNote[] = [];
  /** By the number in the profile: the first and the last step of the plan that it became, before its gates. */
  const became = new Map<number, readonly [Step, Step]>();
  const moves: ReplicasMove[] = [];
  const drops: PlannedDrop[] = [];
  /** By the number of the step they are written with. */
  const waiting = new Map<number, readonly Change[]>();
  for (const planned of facts.plan.steps) {
    const later = stepForLater(planned, facts);
    if (later !== undefined) {
      steps.splice(0, steps.length, ...guardOnly(steps), later);
      continue;
    }
    const made = stepMade(world, planned, facts);
    if (made.kind === 'refused') {
      return {
        kind: 'refused',
        because: `step ${planned.number} (${shortened(planned.what)}): ${made.because}`,
      };
    }
    told.push(...worthKnowing(planned, made));
    moves.push(...made.moves);
    const { number, rollsOutWith } = planned;
    const changes = [...(waiting.get(number) ?? []), ...made.changes];
    waiting.delete(number);
    if (rollsOutWith !== undefined) {
      waiting.set(rollsOutWith, [...(waiting.get(rollsOutWith) ?? []), ...changes]);
      continue;
    }
    const before = steps.length;
    if (made.first !== undefined) steps.push({ kind: 'human', ...made.first });
    const { drop } = made;
    steps.push(...(drop ? guardedSteps(changes, drop) : joinRollouts(changes)));
    if (made.seen !== undefined && changes.length > 0) steps.push(made.seen);
    if (drop !== undefined && changes.length > 0) drops.push(drop);
    if (made.person !== undefined) steps.push({ kind: 'human', ...made.person });
    const [first, last] = [steps[before], steps.at(-1)];
    if (first !== undefined && last !== undefined) became.set(number, [first, last]);
    steps.push(...gatesOfStep(planned, facts.system));
  }
  assert(waiting.size === 0, 'what waits for another rollout has one');
  if (changesOf({ steps }).length === 0 && steps.every(({ kind }) => kind !== 'human')) {
    return thereAlready([...facts.plan.notes, ...told.map(({ note }) => note)]);
  }
  const command = `/scale run ${facts.system.id} ${facts.id}`;
  const mayDrop = !birth.isEmergency && !birth.isAlert;
  const apart = retentionApart(steps, { command, mayDrop });
  const notes = [...facts.plan.notes, ...numbered(told, became, apart.steps)];
  const made = { steps: apart.steps, notes, moves, drops: [...drops, ...apart.drops] };
  return { kind: 'plan', plan: draftProcedure(facts, name, made) };
}

function thereAlready(notes: readonly string[]): CommandPlan {
  const why = notes.slice(0, 3).join('; ');
  const done = 'all of it is there already; there is nothing to change';
  return { kind: 'refused', because: why === '' ? done : `${done} (${why})` };
}

/** What is worth knowing of a step, which has a number in the profile. */
interface NumberedNote {
  readonly number: number;
  readonly note: string;
  /** Of a database it must be said which step it was where nothing became of it. */
  readonly what?: string;
}

/** What the profile says of a change of a database, and what was found out about the step. */
function worthKnowing(
  { number, rollsOutWith, kind, what, say }: PlannedStep,
  made: { readonly changes: readonly Change[]; readonly notes: readonly string[] },
): readonly NumberedNote[] {
  const isOfDatabase = kind === 'database';
  const said = isOfDatabase && say !== undefined && made.changes.length > 0 ? [say] : [];
  return [...said, ...made.notes].map((note) => ({
    number: rollsOutWith ?? number,
    note,
    ...(isOfDatabase && { what }),
  }));
}

/** With the numbers that the card gives: what became of one step may be several there, or nothing. */
function numbered(
  told: readonly NumberedNote[],
  became: ReadonlyMap<number, readonly [Step, Step]>,
  steps: readonly Step[],
): readonly string[] {
  return told.flatMap(({ number, note, what }) => {
    const places = became.get(number)?.map((step) => steps.indexOf(step) + 1);
    if (places === undefined) return [what === undefined ? note : `${shortened(what)}: ${note}`];
    const [first = 0, last = 0] = places;
    // It was left for another plan, which says it then.
    if (first === 0 || last === 0) return [];
    return [`${first === last ? `step ${first}` : `steps ${first}–${last}`}: ${note}`];
  });
}

/** Enough to know which it is: the reason comes after it, and must not be what is cut off. */
function shortened(what: string): string {
  return what.length <= 120 ? what : `${what.slice(0, 119)}…`;
}

/** What a step comes to; refused also where it would do what only a plan of its own may. */
function stepMade(world: ProcedureWorld, planned: PlannedStep, facts: ProcedureFacts) {
  const drop = dropOf(planned, facts.system);
  if (drop !== undefined && 'kind' in drop) return drop;
  const made = world.changesOf(planned);
  if (made.kind === 'refused') return made;
  const because = whyRestarting(made.changes, facts.system, facts.restarts ?? []);
  if (because !== undefined) return { kind: 'refused', because } as const;
  return { ...made, ...(drop && { drop }) };
}

/** What a cluster that does not answer would have to do. */
function stepForLater(
  { change, what }: PlannedStep,
  { away, system }: ProcedureFacts,
): HumanGate | undefined {
  if (change === undefined) return undefined;
  const cluster =
    change.kind === 'database' ? system.cluster : workloadOfTarget(change.target, system).cluster;
  const because = away?.get(cluster);
  if (because === undefined) return undefined;
  return { kind: 'human', what: `When cluster ${cluster} answers again: ${what}`, say: because };
}

/**
 * A metric that is looked at right before a step that was left to a person only guards that step, and may be measured by
 * what is away: it is said, and stops nothing.
 */
function guardOnly(steps: readonly Step[]): Step[] {
  const first = steps.findLastIndex((step) => !(step.kind === 'check' && step.look.metric)) + 1;
  return steps.map((step, position) =>
    step.kind === 'check' && position >= first ? { ...step, otherwise: 'warn' } : step,
  );
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
  const facts = { system, id, plan, origin, now, states: new Map() };
  const drafted = draftProcedure(facts, name, { steps: [], notes: [], moves: [], drops: [] });
  const expiresAt = new Date(now.getTime() + findingExpiresAfterSeconds * 1000).toISOString();
  return { ...drafted, expiresAt, finding: { kind: 'frozen', because, lookAt: [] } };
}
