// Lists what procedures and checklists a system has, and what each asks for.
import type { Procedure } from '../profile/procedure.ts';
import type { Profile } from '../profile/profile.ts';
import { formWords } from '../profile/text-form.ts';
import { askedBy } from './procedure-inputs.ts';

/** Something a procedure asks for. */
export interface AskedInput {
  readonly name: string;
  /** It has no default. */
  readonly required: boolean;
  /** Its unit or its form, for people. */
  readonly what: string;
  readonly description?: string;
}

export interface ListedProcedure {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly emergency: boolean;
  readonly daily?: string;
  readonly steps: number;
  readonly inputs: readonly AskedInput[];
}

/** Every procedure of a profile, in its order. */
export function listProcedures(profile: Profile): readonly ListedProcedure[] {
  return [...profile.procedures.values()].map((procedure) => ({
    id: procedure.id,
    title: procedure.title,
    source: procedure.source,
    emergency: procedure.emergency,
    ...(procedure.daily !== undefined && { daily: procedure.daily }),
    steps: procedure.steps.length,
    inputs: inputsOf(profile, procedure),
  }));
}

function inputsOf(profile: Profile, procedure: Procedure): readonly AskedInput[] {
  // What only the default of an own input uses is not needed where that one is given.
  const always = askedBy(profile, procedure, procedure.inputs).inputs;
  const theirs = [...askedBy(profile, procedure).inputs.values()].map(
    ({ name, required, unit, description }): AskedInput => ({
      name,
      required: required && always.has(name),
      what: unit,
      ...(description !== undefined && { description }),
    }),
  );
  const own = [...procedure.inputs].map(
    ([name, input]): AskedInput => ({
      name,
      required: input.default === undefined,
      what: input.type === 'text' ? formWords(input.form) : input.unit,
      ...(input.description !== undefined && { description: input.description }),
    }),
  );
  return [...own, ...theirs].toSorted((a, b) => Number(b.required) - Number(a.required));
}
