// Works out the procedures that ship, for the tests of each guide.
import type { PlannedStep, StepChange } from '../../src/sizing/planned-step.ts';
import {
  type PlannedProcedure,
  type ProcedurePlan,
  planProcedure,
} from '../../src/sizing/procedure.ts';
import { readProfile } from './read-profile.ts';

export type Given = Readonly<Record<string, string | number>>;

/** A procedure of a guide, with what somebody gives; or what is wrong with that. */
type Asked = readonly [id: string, name: string, given?: Given];

/** The plan, or everything that is wrong. */
export function resultOf(...[id, name, given = {}]: Asked): PlannedProcedure {
  const profile = readProfile(id);
  const procedure = profile.procedures.get(name);
  if (procedure === undefined) throw new Error(`no ${name} of ${id}`);
  const pairs = Object.entries(given).map(([key, value]) => [key, String(value)] as const);
  return planProcedure({ profile, procedure, given: new Map(pairs) });
}

/** The plan, which must be there. */
export function planOf(...asked: Asked): ProcedurePlan {
  const planned = resultOf(...asked);
  if (planned.kind === 'misuse') throw new Error(planned.mistakes.join('\n'));
  return planned;
}

/** `scale worker 8` or `check`: the order of the steps at a glance. */
export function orderOf(...asked: Asked): readonly string[] {
  return planOf(...asked).steps.map(({ kind, change }) =>
    change?.kind === 'scale' ? `scale ${change.target.component} ${change.replicas}` : kind,
  );
}

/** The step of that number. */
export function stepOf(number: number, ...asked: Asked): PlannedStep {
  const found = planOf(...asked).steps[number - 1];
  if (found === undefined) throw new Error(`no step ${number}`);
  return found;
}

/** What the steps change, without those that change nothing. */
export function changesOf(...asked: Asked): readonly StepChange[] {
  return planOf(...asked).steps.flatMap(({ change }) => (change === undefined ? [] : [change]));
}
