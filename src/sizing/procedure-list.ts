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
  /** It is not needed where all of these are given. */
  readonly unless?: readonly string[];
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
  const theirs = [...askedBy(profile, procedure).inputs.values()].map(
    ({ name, required, unit, description }): AskedInput => {
      const unless = required ? instead(profile, procedure, name) : [];
      return {
        name,
        required,
        ...(unless.length > 0 && { unless }),
        what: unit,
        ...(description !== undefined && { description }),
      };
    },
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

/** Own inputs whose defaults alone ask for an input of the profile. */
function instead(profile: Profile, procedure: Procedure, name: string): readonly string[] {
  const asks = (given: ReadonlyMap<string, unknown>) =>
    askedBy(profile, procedure, given).inputs.has(name);
  if (asks(procedure.inputs)) return [];
  return [...procedure.inputs.keys()].filter((own) =>
    asks(new Map([...procedure.inputs].filter(([other]) => other !== own))),
  );
}
