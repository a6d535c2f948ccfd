// Works out the named values of a profile from its inputs.
import type { Values } from '../profile/formula.ts';
import type { Profile, Split } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { partsName } from '../profile/scope.ts';

/** By inputs and then by formulas: a plan asks for the same values in every sizing and for the database. */
const workedOut = new WeakMap<Values, Map<Profile['values'], Values>>();

/** Inputs and the values computed from them; a value whose formula has none here is absent. Inputs never change later. */
export function valuesOf({ values: formulas }: Pick<Profile, 'values'>, inputs: Values): Values {
  const before = workedOut.get(inputs);
  const known = before?.get(formulas);
  if (known !== undefined) return known;
  const values: Record<string, number> = { ...inputs };
  for (const [name, { formula }] of formulas) {
    const result = formula.evaluate(values);
    if (result.ok) values[name] = result.value;
  }
  if (before === undefined) workedOut.set(inputs, new Map([[formulas, values]]));
  else before.set(formulas, values);
  return values;
}

/** More parts than this are a slip of a formula, not a plan. */
const partsMax = 10_000;

export type Part =
  | { readonly ok: true; readonly parts: number; readonly values: Values }
  | { readonly ok: false; readonly because: string };

/** The values as one of the equal parts sees them, `shards` among them. Undefined `split`: one part, which is all. */
export function partOf(profile: Profile, inputs: Values, split: Split | undefined): Part {
  const whole = valuesOf(profile, inputs);
  if (split === undefined) return { ok: true, parts: 1, values: { ...whole, [partsName]: 1 } };
  const count = split.count.evaluate(whole);
  if (!count.ok) return count;
  const parts = ceilTolerant(count.value);
  if (!(parts >= 1 && parts <= partsMax))
    return { ok: false, because: `${parts} ${split.into} are no number of parts` };
  if (parts === 1) return { ok: true, parts, values: { ...whole, [partsName]: 1 } };
  const shared: Record<string, number> = { ...inputs };
  for (const [name, formula] of Object.entries(split.share)) {
    const result = formula.evaluate({ ...whole, [partsName]: parts });
    if (!result.ok) return result;
    shared[name] = result.value;
  }
  return { ok: true, parts, values: { ...valuesOf(profile, shared), [partsName]: parts } };
}
