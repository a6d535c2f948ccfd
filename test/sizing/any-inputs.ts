// Draws inputs for any profile: within their ranges, small as often as large, the optional ones given or not.
import * as fc from 'fast-check';
import type { Input, Profile } from '../../src/profile/profile.ts';
import { whatIf } from '../../src/sizing/what-if.ts';

/** Inputs as a person gives them: some may be left out. */
export type Given = Readonly<Record<string, number>>;

/** Amounts that are no whole numbers have two decimals, as people write them. */
const partsOfOne = 100;

/** An amount within an input's range; each power of ten is as likely as the next, and so are both bounds. */
export function anyAmount({ type, min, max }: Input): fc.Arbitrary<number> {
  const parts = type === 'integer' ? 1 : partsOfOne;
  const low = Math.ceil(min * parts);
  const high = Math.floor(max * parts);
  const powers = fc.integer({ min: 0, max: Math.ceil(Math.log10(Math.max(high, 1))) });
  const upTo = (most: number) => fc.integer({ min: low, max: Math.min(high, Math.max(low, most)) });
  return fc
    .oneof(
      { arbitrary: powers.chain((power) => upTo(10 ** power)), weight: 8 },
      { arbitrary: fc.constantFrom(low, high), weight: 1 },
    )
    .map((whole) => whole / parts);
}

/** Inputs of a profile that lack nothing it needs; `always` are given in any case. */
export function anyInputs(profile: Profile, always: readonly string[] = []): fc.Arbitrary<Given> {
  const amounts = [...profile.inputs.values()].map(
    (input) => [input.name, anyAmount(input)] as const,
  );
  const needed = [...profile.inputs.values()]
    .filter(({ name, required }) => required || always.includes(name))
    .map(({ name }) => name);
  return fc
    .record<Given, string>(Object.fromEntries(amounts), { requiredKeys: needed })
    .filter((given) => !lacksSomething(profile, given));
}

/** Whether an input that others follow from was left out together with them. */
function lacksSomething(profile: Profile, given: Given): boolean {
  const result = whatIf(profile, wordsOf(given));
  return result.kind === 'misuse' && result.mistakes.every((each) => each.includes(' is missing'));
}

/** The words that `name=amount` on a command line come to. */
export function wordsOf(given: Given): ReadonlyMap<string, string> {
  return new Map(Object.entries(given).map(([name, amount]) => [name, String(amount)]));
}
