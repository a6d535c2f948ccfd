// Works out a scale step of a procedure: one step, or as many as it takes to get there bit by bit.
import type { Details } from '../profile/procedure.ts';
import { countsBetween, stepsMax } from './counts-between.ts';
import type { Shared, StepChange, StepTarget, Unnumbered } from './planned-step.ts';
import { lookOf, type StepContext, targetOf } from './step-change.ts';
import { changeWords } from './step-words.ts';

/** How many pods there are, as far as is known: seen, and after the steps before. */
export interface Counts {
  readonly now: ReadonlyMap<string, number>;
  /** By workload; written as steps are worked out. */
  readonly planned: Map<string, number>;
  /** Baselines that stand in for what nobody looked at, by workload; written as well. */
  readonly guessed: Map<string, number>;
}

/** The steps to the goal, none beyond it; a floor that is reached already is one step that changes nothing. */
export function scaleSteps(
  details: Details<'scale'>,
  shared: Shared,
  context: StepContext,
  counts: Counts,
): readonly Unnumbered[] {
  const target = targetOf(details, context);
  const wanted = details.atLeast ?? details.to;
  if (target === undefined || wanted === undefined) return [];
  const { whole, problems, reject } = context.values;
  const goal = whole(wanted);
  const floor = details.atLeast !== undefined;
  const size = details.step === undefined ? undefined : Math.max(1, whole(details.step));
  const count = startOf(details, target, context, counts);
  if (problems.length > 0) return [];
  const isThere = count !== undefined && (count === goal || (floor && count > goal));
  if (!isThere && size !== undefined && count === undefined) reject('say from how many pods');
  if (size !== undefined && Math.abs(goal - (count ?? goal)) / size > stepsMax && !isThere) {
    reject(`from ${count} to ${goal} by ${size} takes more than ${stepsMax} steps`);
  }
  if (problems.length > 0) return [];
  const isKnown = !counts.guessed.has(target.name);
  const isGradual = !isThere && size !== undefined && count !== undefined;
  const to = isGradual ? countsBetween(count, goal, size) : [goal];
  counts.planned.set(keyOf(target), isThere ? count : goal);
  return to.map((replicas, index): Unnumbered => {
    const replicasBefore = to[index - 1] ?? count;
    const change: StepChange = {
      kind: 'scale',
      target,
      replicas,
      floor,
      ...(replicasBefore !== undefined && { replicasBefore }),
    };
    return {
      kind: 'scale',
      what: changeWords(change),
      change,
      ...(details.gate && { gate: lookOf(details.gate, target, context) }),
      ...(details.wait !== undefined &&
        index < to.length - 1 && { waitSeconds: details.wait / 1000 }),
      undo: details.undo ?? 'exact',
      // What is true of all of them is said once.
      notes: index > 0 ? [] : notesOf({ details, goal, count, isThere, isKnown }, context),
      ...shared,
    };
  });
}

/** How many pods there are before; undefined where nobody knows. */
function startOf(
  { component, workload, from }: Details<'scale'>,
  target: StepTarget,
  { profile, values }: StepContext,
  { now, planned, guessed }: Counts,
): number | undefined {
  if (from !== undefined) return values.whole(from);
  const known = planned.get(keyOf(target));
  // A workload with a name of its own is not the one the component's counts are about.
  if (known !== undefined || workload !== undefined) return known;
  const seen = now.get(component);
  const baseline = profile.components.get(component)?.replicas.baseline;
  if (seen === undefined && baseline !== undefined) guessed.set(target.name, baseline);
  return seen ?? baseline;
}

function keyOf({ cluster, namespace, name }: StepTarget): string {
  return [cluster ?? '', namespace, name].join('/');
}

function notesOf(
  step: {
    readonly details: Details<'scale'>;
    readonly goal: number;
    readonly count: number | undefined;
    readonly isThere: boolean;
    readonly isKnown: boolean;
  },
  { profile }: StepContext,
): readonly string[] {
  const { details, goal, count, isThere, isKnown } = step;
  const component = profile.components.get(details.component);
  // Nor are its limits and its autoscaler.
  const { replicas, autoscaling } = (details.workload === undefined && component) || {};
  const hpa = autoscaling?.hpa;
  const notes: string[] = [];
  if (isThere && isKnown) notes.push('there already: nothing is written');
  else if (count === undefined && details.to !== undefined) {
    notes.push('where it takes pods away, the stricter rule applies');
  } else if (count !== undefined && goal < count) {
    notes.push('a decrease: the stricter rule applies');
  }
  if (hpa !== undefined) {
    const raised = goal > hpa.max ? `, after its maximum of ${hpa.max} is raised` : '';
    notes.push(
      `where autoscaler ${hpa.name} owns the count, its minimum moves in its place${raised}`,
    );
  }
  if (replicas !== undefined && goal > replicas.max) {
    notes.push(`more than the ${replicas.max} it may have in one place (${replicas.source})`);
  }
  if (replicas !== undefined && goal < replicas.min) {
    notes.push(`fewer than the ${replicas.min} it needs at least (${replicas.source})`);
  }
  return notes;
}
