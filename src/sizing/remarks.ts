// Collects the sentences of a profile whose condition holds.
import type { Values } from '../profile/formula.ts';
import type { Remark } from '../profile/profile.ts';

/** The sentences that hold, numbers filled in; a condition that has no value here is not met. */
export function remarksOf(remarks: readonly Remark[], values: Values): readonly string[] {
  return remarks.flatMap(({ when, say }) => {
    const result = when.evaluate(values);
    return result.ok && result.value ? [say.withNumbers(values)] : [];
  });
}
