// Takes the way from one number of pods to another in small steps, so that what depends on them can follow.

/** More steps than this is a slip of the finger: at two minutes each they would take hours. */
export const stepsMax = 60;

/**
 * The numbers after each step, ending exactly at the goal: 5 to 16 by 2 is 7, 9, 11, 13, 15, 16. Up or down; the last
 * step may be smaller, none goes beyond the goal. Already there is no step. All numbers are whole, `step` at least 1.
 */
export function countsBetween(from: number, goal: number, step: number): readonly number[] {
  const direction = Math.sign(goal - from);
  const counts: number[] = [];
  for (let count = from; count !== goal; ) {
    count = Math.abs(goal - count) <= step ? goal : count + direction * step;
    counts.push(count);
  }
  return counts;
}
