// Says which doubts of a trigger stand: only a fresh answer above its level asks people to look before they scale.
import { formatNumber } from './amount.ts';
import type { AskedDoubt } from './trigger-facts.ts';

/** The doubts that stand. An answer that is missing or too old raises none. */
export function standingDoubts(
  asked: readonly AskedDoubt[],
  maxAgeSeconds: number,
): readonly AskedDoubt[] {
  return asked.filter(({ doubt, reading }) => {
    const answer = freshAnswer(reading, maxAgeSeconds);
    return answer !== undefined && answer > doubt.above;
  });
}

/** Says what could not be checked, one sentence each; it stands in the way of nothing. */
export function uncheckedDoubts(
  asked: readonly AskedDoubt[],
  maxAgeSeconds: number,
): readonly string[] {
  return asked
    .filter(({ reading }) => freshAnswer(reading, maxAgeSeconds) === undefined)
    .map(({ doubt, reading }) => {
      const why = reading.kind === 'missing' ? reading.because : 'its newest answer is too old';
      return `not checked: "${plainDoubt(doubt.say)}" (${why}); the proposal does not wait for it`;
    });
}

/** A doubt with its number: `a release ended just now (1, in order up to 0; Decision tree)`. */
export function doubtWords({ doubt, reading }: AskedDoubt): string {
  const answer = reading.kind === 'missing' ? 'not known' : formatNumber(reading.value);
  return `${plainDoubt(doubt.say)} (${answer}, in order up to ${formatNumber(doubt.above)}; ${doubt.source})`;
}

/** What a doubt says, without the full stop, to go on after it. */
export function plainDoubt(say: string): string {
  return say.replace(/\.$/, '');
}

/** Written so that an age of NaN counts as too old. Unlike a size, a doubt may ask for a number below zero. */
function freshAnswer(reading: AskedDoubt['reading'], maxAgeSeconds: number): number | undefined {
  const fresh = reading.kind === 'value' && reading.ageSeconds <= maxAgeSeconds;
  return fresh && Number.isFinite(reading.value) ? reading.value : undefined;
}
