// Measures one thing beside another in the same run: on a shared machine only their ratio says something.
import { performance } from 'node:perf_hooks';

/** How long each of many runs took. */
export interface Spread {
  readonly times: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly totalMs: number;
}

/** Answers of runs are kept here, so that no run can be left out because nobody looks at its answer. */
export const answers: { last: unknown } = { last: undefined };

/** How long one run took, in milliseconds. */
export function timeMs(run: () => unknown): number {
  const started = performance.now();
  answers.last = run();
  return performance.now() - started;
}

/** The middle and the slowest hundredth of some durations in milliseconds; of fewer than a hundred the slowest. */
export function spreadOf(durationsMs: readonly number[]): Spread {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    times: sorted.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    totalMs: sorted.reduce((sum, each) => sum + each, 0),
  };
}

export interface SideBySide {
  readonly times: number;
  /** Runs before the first that counts, while the machine still compiles. */
  readonly warmUp: number;
  /** Called with 0, 1, 2 …, so that each run can have other inputs. */
  subject(run: number): unknown;
  baseline(run: number): unknown;
  /** A baseline too quick for the clock is measured this many times at once. (Default: 1) */
  readonly baselineRuns?: number;
}

/** Takes turns, so that whatever else the machine does slows both down. */
export function sideBySide(parts: SideBySide): {
  readonly subject: Spread;
  readonly baseline: Spread;
} {
  const { times, warmUp, baselineRuns = 1 } = parts;
  const subject: number[] = [];
  const baseline: number[] = [];
  for (let run = -warmUp; run < times; run += 1) {
    const input = run + warmUp;
    const subjectMs = timeMs(() => parts.subject(input));
    const baselineMs = timeMs(() => {
      for (let again = 0; again < baselineRuns; again += 1) {
        answers.last = parts.baseline(input + again);
      }
    });
    if (run < 0) continue;
    subject.push(subjectMs);
    baseline.push(baselineMs / baselineRuns);
  }
  return { subject: spreadOf(subject), baseline: spreadOf(baseline) };
}
