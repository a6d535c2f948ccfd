// Reads the inputs somebody gives for a system; all mistakes at once, and what is not given is computed from what is.
import type { Values } from '../profile/formula.ts';
import type { Input, Profile } from '../profile/profile.ts';
import { suggestion } from '../words/nearest.ts';

export type ParsedInputs =
  | { readonly kind: 'parsed'; readonly inputs: Values }
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/** The inputs of a profile from words such as `meters=1000`; one that is optional and not given is absent. */
export function parseInputs(profile: Profile, given: ReadonlyMap<string, string>): ParsedInputs {
  const mistakes: string[] = [];
  const inputs: Record<string, number> = {};
  for (const [name, text] of given) {
    const input = profile.inputs.get(name);
    if (input === undefined) {
      mistakes.push(
        `${profile.id} has no input "${name}"${suggestion(name, profile.inputs.keys())}`,
      );
      continue;
    }
    const value = parseNumber(input, text);
    if (typeof value === 'string') mistakes.push(value);
    else inputs[name] = value;
  }
  const missing = withDefaults(profile, inputs, given).map(
    ({ name, unit, min, max }) => `${name} is missing (${unit}, ${min} to ${max})`,
  );
  const all = [...mistakes, ...missing];
  return all.length === 0 ? { kind: 'parsed', inputs } : { kind: 'misuse', mistakes: all };
}

/** Computes defaults until no more can be: they may use each other in any order. Returns what is required and missing. */
function withDefaults(
  profile: Profile,
  inputs: Record<string, number>,
  given: ReadonlyMap<string, string>,
): readonly Input[] {
  let waiting = [...profile.inputs.values()].filter(({ name }) => !given.has(name));
  for (let before = Number.POSITIVE_INFINITY; waiting.length < before; ) {
    before = waiting.length;
    waiting = waiting.filter((input) => {
      const computed = input.default?.evaluate(inputs);
      if (computed?.ok !== true) return true;
      inputs[input.name] = computed.value;
      return false;
    });
  }
  return waiting.filter(({ required }) => required);
}

function parseNumber(input: Input, text: string): number | string {
  const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const whole = input.type === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value) || (input.type === 'integer' && !Number.isInteger(value))) {
    return `${input.name} must be ${whole}, not "${text}"`;
  }
  if (value < input.min || value > input.max) {
    return `${input.name} must be ${input.min} to ${input.max} ${input.unit}, not ${text}`;
  }
  return value;
}
