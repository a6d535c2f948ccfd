// What is known when an alert is answered, and the form in which arithmetic is shown.
import type { Reading } from '../plan/observation.ts';
import type { Component, Doubt, Trigger } from './profile.ts';

/** One step of the arithmetic behind a size, in a form that can be checked again. */
export interface ArithmeticLine {
  readonly formula: string;
  readonly values: Readonly<Record<string, number>>;
  readonly result: number;
  readonly source: string;
  /** The same for people, such as `(300 arriving + 812 ÷ 10 min) ÷ 50 per pod = 7.624 → 8 pods`. */
  readonly text: string;
}

export interface TriggerFacts {
  readonly component: Component;
  readonly trigger: Trigger;
  readonly currentReplicas: number;
  readonly readyReplicas?: number;
  readonly measured: Reading;
  readonly arrival?: Reading;
  /** The number the alert carried, in the trigger's unit. */
  readonly alertValue?: number;
  readonly bounds: { readonly min: number; readonly max: number };
}

/** A doubt of a trigger with what was answered to its query. */
export interface AskedDoubt {
  readonly doubt: Doubt;
  readonly reading: Reading;
}
