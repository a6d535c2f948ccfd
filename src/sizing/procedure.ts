// Works a procedure of a profile out into the steps of a plan, with every value in place; observes nothing and changes nothing.
import type { Procedure, Step } from '../profile/procedure.ts';
import type { Profile } from '../profile/profile.ts';
import type { PlannedStep } from './planned-step.ts';
import { type InputFacts, readProcedureInputs } from './procedure-inputs.ts';
import { stepsOf } from './procedure-steps.ts';
import type { Counts } from './scale-steps.ts';
import type { StepContext, Workloads } from './step-change.ts';
import { filled, stepValues } from './step-values.ts';

/** A procedure worked out, with every value in place; drawn as a plan, people approve it. */
export interface ProcedurePlan {
  readonly kind: 'planned';
  readonly procedure: Procedure;
  readonly inputs: Readonly<Record<string, number | string>>;
  /** What to know about all of it. */
  readonly notes: readonly string[];
  readonly steps: readonly PlannedStep[];
  /** Steps whose condition does not hold with these inputs. */
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly kind: Step['kind'];
  /** The component it is about, where it is about one. */
  readonly component?: string;
  /** The condition that does not hold. */
  readonly because: string;
}

export type PlannedProcedure =
  | ProcedurePlan
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

export interface ProcedureFacts extends InputFacts {
  /** Where the system's components run. (Default: where the profile says) */
  readonly workloads?: Workloads;
}

/** The plan, or all that is wrong at once: with the inputs, with what the procedure needs, with its formulas. */
export function planProcedure(facts: ProcedureFacts): PlannedProcedure {
  const { profile, procedure } = facts;
  const read = readProcedureInputs(facts);
  if (read.kind === 'misuse') return read;
  const { scope, inputs } = read;
  const values = stepValues(scope);
  const missing = procedure.needs.flatMap(({ that, otherwise }) =>
    values.holds(that) ? [] : [filled(otherwise, scope)],
  );
  if (missing.length > 0 || values.problems.length > 0) {
    return { kind: 'misuse', mistakes: [...missing, ...values.problems] };
  }
  const workloads = facts.workloads ?? workloadsOf(profile);
  const context: StepContext = { profile, workloads, scope, values };
  const { steps, leftOut, mistakes, notes } = allSteps(procedure, context, facts.replicasNow);
  if (mistakes.length > 0) return { kind: 'misuse', mistakes };
  return {
    kind: 'planned',
    procedure,
    inputs,
    notes: [...(procedure.note ? [filled(procedure.note, scope)] : []), ...notes],
    steps: withRollouts(steps),
    leftOut,
  };
}

/** Where the profile says its components run. */
export function workloadsOf({ components }: Profile): Workloads {
  return new Map([...components].map(([id, { workload }]) => [id, workload]));
}

/** A step together with whether it waits for the next change of the same pods. */
interface Numbered extends PlannedStep {
  readonly withNext: boolean;
}

function allSteps(
  procedure: Procedure,
  context: StepContext,
  replicasNow: ReadonlyMap<string, number> = new Map(),
): {
  readonly steps: readonly Numbered[];
  readonly leftOut: readonly LeftOut[];
  readonly mistakes: readonly string[];
  readonly notes: readonly string[];
} {
  const steps: Numbered[] = [];
  const leftOut: LeftOut[] = [];
  const mistakes: string[] = [];
  const counts: Counts = { now: replicasNow, planned: new Map(), guessed: new Map() };
  for (const [index, step] of procedure.steps.entries()) {
    const own: StepContext = { ...context, values: stepValues(context.scope) };
    const { when } = step.details;
    if (when === undefined || own.values.holds(when)) {
      const withNext = 'rollout' in step.details && step.details.rollout === 'with-next';
      for (const each of stepsOf(step, procedure, own, counts)) {
        steps.push({ number: steps.length + 1, ...each, withNext });
      }
    } else if (own.values.problems.length === 0) {
      leftOut.push({ kind: step.kind, ...componentOf(step), because: when.source });
    }
    mistakes.push(...own.values.problems.map((why) => `step ${index + 1}, ${step.kind}: ${why}`));
  }
  return { steps, leftOut, mistakes, notes: guessWords(counts) };
}

function guessWords({ guessed }: Counts): readonly string[] {
  if (guessed.size === 0) return [];
  const counts = [...guessed].map(([name, count]) => `${name} ${count}`).join(', ');
  return [`Pods now are the profile's baselines (${counts}): the cluster was not looked at.`];
}

function componentOf({ details }: Step): { readonly component?: string } {
  return 'component' in details && details.component !== undefined
    ? { component: details.component }
    : {};
}

/** Names, for each step that waits for the next change of the same pods, the number of that change. */
function withRollouts(steps: readonly Numbered[]): readonly PlannedStep[] {
  return steps.map(({ withNext, ...step }, index) => {
    if (!withNext) return step;
    const name = podsOf(step);
    const next = steps.slice(index + 1).find((other) => podsOf(other) === name);
    return next === undefined ? step : { ...step, rollsOutWith: next.number };
  });
}

/** The workload whose pods a step makes anew. */
function podsOf({ change }: PlannedStep): string | undefined {
  if (change === undefined || change.kind === 'database') return undefined;
  const makesPods =
    change.kind === 'pods' ||
    change.kind === 'env' ||
    change.kind === 'restart' ||
    (change.kind === 'apply' && ['Deployment', 'StatefulSet'].includes(change.object.kind));
  const { cluster, namespace } = change.target;
  const name = change.kind === 'apply' ? change.object.metadata.name : change.target.name;
  return makesPods ? [cluster ?? '', namespace, name].join('/') : undefined;
}
