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

/**
 * Computes defaults until no more can be: they may use each other in any order. Returns what is missing: what is
 * required, and what a default still waits for, such as the sites that the traps follow from when neither is given.
 */
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
  const awaited = new Set(waiting.flatMap((input) => [...(input.default?.names.keys() ?? [])]));
  return waiting.filter((input) => input.required || (!input.default && awaited.has(input.name)));
}

/** The inputs with other amounts of some of them: those that stand at their default follow. */
export function withAmounts(profile: Profile, inputs: Values, amounts: Values): Values {
  const changed: Record<string, number> = { ...inputs, ...amounts };
  const following = [...profile.inputs.values()].filter(
    (input) => !(input.name in amounts) && standsAtDefault(input, inputs),
  );
  // Each pass settles at least one more of a chain of defaults.
  for (const _ of following) {
    for (const input of following) {
      const computed = input.default?.evaluate(changed);
      if (computed?.ok === true) changed[input.name] = computed.value;
    }
  }
  return changed;
}

function standsAtDefault(input: Input, inputs: Values): boolean {
  const byDefault = input.default?.evaluate(inputs);
  return byDefault?.ok === true && byDefault.value === inputs[input.name];
}

/**
 * The inputs when one of them has grown. What stands at its default follows by its formula; what was given by hand and
 * would otherwise follow keeps its ratio: sites with more traps than usual stay sites with more traps than usual.
 */
export function grown(profile: Profile, inputs: Values, name: string, amount: number): Values {
  const now = inputs[name];
  const amounts: Record<string, number> = { [name]: amount };
  for (const input of profile.inputs.values()) {
    const before = inputs[input.name];
    const byHand = before !== undefined && input.name !== name && !standsAtDefault(input, inputs);
    if (!byHand || now === undefined || now === 0 || !followsFrom(profile, input, name)) continue;
    const scaled = (before * amount) / now;
    amounts[input.name] = input.type === 'integer' ? Math.round(scaled) : scaled;
  }
  return withAmounts(profile, inputs, amounts);
}

/** Whether a default is computed from another input, directly or by way of others. */
function followsFrom(profile: Profile, input: Input, name: string): boolean {
  const names = [...(input.default?.names.keys() ?? [])];
  return names.some((each) => {
    const next = profile.inputs.get(each);
    return each === name || (next !== undefined && followsFrom(profile, next, name));
  });
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
