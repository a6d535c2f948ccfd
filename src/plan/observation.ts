// What was seen outside, with its age: a value, nothing, or something too old to build on. Missing or stale never argues for less.

/** One number asked for while planning. `source` says where: the PromQL or the kind of object. */
export type Reading =
  | {
      readonly kind: 'value';
      readonly value: number;
      readonly at: Date;
      readonly ageSeconds: number;
      readonly source: string;
    }
  | { readonly kind: 'missing'; readonly because: string; readonly source: string }
  | {
      readonly kind: 'stale';
      readonly value: number;
      readonly ageSeconds: number;
      readonly source: string;
    };

/** A reading as plain JSON with its name and unit, the form in which a frozen plan keeps it. */
export type Observation =
  | {
      readonly name: string;
      readonly unit: string;
      readonly kind: 'value';
      readonly value: number;
      /** ISO 8601 in UTC. */
      readonly at: string;
      readonly ageSeconds: number;
      readonly source: string;
    }
  | {
      readonly name: string;
      readonly unit: string;
      readonly kind: 'missing';
      readonly because: string;
      readonly source: string;
    }
  | {
      readonly name: string;
      readonly unit: string;
      readonly kind: 'stale';
      readonly value: number;
      readonly ageSeconds: number;
      readonly source: string;
    };

/**
 * Judges a number by its age at `now`: older than `maxAgeSeconds` is stale; NaN, infinity and an impossible time are
 * missing. A time in the future is a clock's skew and counts as age 0.
 */
export function assembleReading(facts: {
  readonly value: number;
  readonly at: Date;
  readonly now: Date;
  readonly maxAgeSeconds: number;
  readonly source: string;
}): Reading {
  const { value, at, now, maxAgeSeconds, source } = facts;
  if (!Number.isFinite(value))
    return { kind: 'missing', because: 'the answer is not a finite number', source };
  const ageMs = now.getTime() - at.getTime();
  if (!Number.isFinite(ageMs))
    return { kind: 'missing', because: 'the answer has no time', source };
  const ageSeconds = Math.max(0, Math.round(ageMs / 1000));
  return ageSeconds > maxAgeSeconds
    ? { kind: 'stale', value, ageSeconds, source }
    : { kind: 'value', value, at, ageSeconds, source };
}

/** A reading in the form a plan keeps. A number that JSON cannot hold is none, whoever read it. */
export function toObservation(name: string, unit: string, reading: Reading): Observation {
  if (reading.kind !== 'missing' && !Number.isFinite(reading.value)) {
    const because = 'the answer is not a finite number';
    return { name, unit, kind: 'missing', because, source: reading.source };
  }
  return reading.kind === 'value'
    ? { name, unit, ...reading, at: reading.at.toISOString() }
    : { name, unit, ...reading };
}
