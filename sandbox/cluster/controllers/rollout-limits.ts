// How far a rollout may go above and below the wished number of pods.

import type { Json, JsonObject } from '../json.ts';
import { count, object, text } from '../json.ts';

/** The numbers a rollout keeps to. */
export interface Limits {
  readonly desired: number;
  readonly surge: number;
  readonly unavailable: number;
}

function share(value: Json | undefined, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return 0;
  return round((Number.parseInt(value, 10) * of) / 100);
}

/** Replicas wished, and how far a rollout may go above and below. */
export function limitsOf(held: JsonObject): Limits {
  const desired = count(held, ['spec', 'replicas'], 1);
  const rolling = object(held, 'spec', 'strategy', 'rollingUpdate');
  if (text(held, 'spec', 'strategy', 'type') === 'Recreate') {
    return { desired, surge: 0, unavailable: desired };
  }
  const surge = share(rolling['maxSurge'], desired, Math.ceil);
  const unavailable = share(rolling['maxUnavailable'], desired, Math.floor);
  return { desired, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}
