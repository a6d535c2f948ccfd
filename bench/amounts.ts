// Chooses inputs to plan with, for any profile: from the smallest a system may be to well above what one cluster holds.
import type { Input, Profile } from '../src/profile/profile.ts';
import { whatIf } from '../src/sizing/what-if.ts';

/** Where in an input's range, by powers; at its end nothing fits any more. */
const shares = [0, 0.2, 0.4, 0.6, 0.75];

/** Words such as `meters=224` for all inputs that must be given, one set for each of a few sizes. */
export function sizesOf(profile: Profile): readonly ReadonlyMap<string, string>[] {
  const inputs = [...profile.inputs.values()];
  const followed = new Set(inputs.flatMap((input) => [...(input.default?.names.keys() ?? [])]));
  const needed = inputs.filter(
    (input) => !input.default && (input.required || followed.has(input.name)),
  );
  return shares.map((share) => {
    const words = new Map(needed.map((input) => [input.name, String(amountAt(input, share))]));
    const plan = whatIf(profile, words);
    if (plan.kind === 'misuse') throw new Error(`${profile.id}: ${plan.mistakes.join('; ')}`);
    return words;
  });
}

function amountAt({ min, max }: Input, share: number): number {
  const low = Math.max(min, 1);
  return Math.round(low * (max / low) ** share);
}
