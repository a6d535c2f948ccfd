// Reads the inputs somebody gives for a system; all mistakes at once, and what is not given is computed from what is.
import { formatNumber } from '../profile/amount.ts';
import type { Values } from '../profile/formula.ts';
import type { Input, Profile } from '../profile/profile.ts';
import { floorTolerant } from '../profile/rounding.ts';
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
  const beyond = [...profile.inputs.values()].flatMap((input) => {
    const value = inputs[input.name];
    if (value === undefined || given.has(input.name) || isInRange(input, value)) return [];
    return [
      `${input.name} comes to ${formatNumber(value)} by ${input.default?.source}, and must be ${rangeOf(input)}`,
    ];
  });
  const all = [...mistakes, ...missing, ...beyond];
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
      const computed = byDefault(input, inputs);
      if (computed === undefined) return true;
      inputs[input.name] = computed;
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
      const computed = byDefault(input, changed);
      if (computed !== undefined) changed[input.name] = computed;
    }
  }
  return changed;
}

function standsAtDefault(input: Input, inputs: Values): boolean {
  const computed = byDefault(input, inputs);
  return computed !== undefined && computed === inputs[input.name];
}

/** What an input is when nobody gives it, a count to the nearest whole number; undefined while that cannot be computed. */
function byDefault(input: Input, inputs: Values): number | undefined {
  const computed = input.default?.evaluate(inputs);
  return computed?.ok === true ? amountOf(input, computed.value) : undefined;
}

/** Counts are whole: half up, in spite of binary fractions. */
function amountOf({ type }: Input, value: number): number {
  return type === 'integer' ? floorTolerant(value + 0.5) : value;
}

/** The first input beyond its range, and on which side. */
export function beyondRange(
  profile: Profile,
  inputs: Values,
): { readonly input: Input; readonly side: 'above' | 'below' } | undefined {
  for (const input of profile.inputs.values()) {
    const value = inputs[input.name];
    if (value === undefined || isInRange(input, value)) continue;
    return { input, side: value < input.min ? 'below' : 'above' };
  }
  return undefined;
}

function isInRange({ min, max }: Input, value: number): boolean {
  return value >= min && value <= max;
}

function rangeOf({ min, max, unit }: Input): string {
  return `${min} to ${max} ${unit}`;
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
    amounts[input.name] = amountOf(input, (before * amount) / now);
  }
  return withAmounts(profile, inputs, amounts);
}

/** Whether a default is computed from another input, directly or by way of others; `seen` were looked at already. */
function followsFrom(
  profile: Profile,
  input: Input,
  name: string,
  seen: Set<string> = new Set(),
): boolean {
  return [...(input.default?.names.keys() ?? [])].some((each) => {
    if (each === name) return true;
    const next = profile.inputs.get(each);
    if (next === undefined || seen.has(each)) return false;
    seen.add(each);
    return followsFrom(profile, next, name, seen);
  });
}

function parseNumber(input: Input, text: string): number | string {
  const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const whole = input.type === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value) || (input.type === 'integer' && !Number.isInteger(value))) {
    return `${input.name} must be ${whole}, not "${text}"`;
  }
  if (!isInRange(input, value)) {
    return `${input.name} must be ${rangeOf(input)}, not ${text}`;
  }
  return value;
}
