// Picks the number a size may rest on: a fresh measurement, else the alert's own number, else none.
import type { Reading } from '../plan/observation.ts';
import { formatAmount, formatNumber } from './amount.ts';
import type { TriggerFacts } from './trigger-facts.ts';

export interface Usable {
  readonly value: number | undefined;
  readonly how: 'measured' | 'according to the alert';
  readonly source: string;
  readonly notes: readonly string[];
}

/** The measurement when it can be used, else the alert's number, else nothing; with words for what was not usable. */
export function usableValue({ measured, alertValue, trigger }: TriggerFacts): Usable {
  const problem = unusable(measured, trigger.maxAgeSeconds);
  if (problem === undefined && measured.kind === 'value') {
    const differs =
      alertValue !== undefined && isUsable(alertValue) && alertValue !== measured.value;
    const both = differs
      ? [
          `the alert says ${formatAmount(alertValue, trigger.unit)}, measured ${formatAmount(measured.value, trigger.unit)}`,
        ]
      : [];
    return { value: measured.value, how: 'measured', source: measured.source, notes: both };
  }
  const why = `no measurement to build on: ${problem ?? 'unknown'}`;
  if (alertValue !== undefined && isUsable(alertValue)) {
    const note = `${why}; the alert's ${formatAmount(alertValue, trigger.unit)} is used`;
    return {
      value: alertValue,
      how: 'according to the alert',
      source: `alert ${trigger.alert}`,
      notes: [note],
    };
  }
  return { value: undefined, how: 'measured', source: trigger.measure.promql, notes: [why] };
}

/** Why a reading cannot be used, or `undefined` when it can. */
export function unusable(reading: Reading, maxAgeSeconds: number): string | undefined {
  if (reading.kind === 'missing') return reading.because;
  if (!isUsable(reading.value)) return `${reading.value} is not a possible measurement`;
  // Written so that an age of NaN counts as too old.
  const fresh = reading.kind === 'value' && reading.ageSeconds <= maxAgeSeconds;
  return fresh
    ? undefined
    : `the newest is ${formatNumber(reading.ageSeconds)} s old, at most ${maxAgeSeconds} s count`;
}

/** Shares, stocks and rates are not negative, and none is larger than numbers can count; anything else is a broken metric. */
function isUsable(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}
