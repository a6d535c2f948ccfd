// Decides how many pods answer an alert, and shows every step of the arithmetic; it never answers with fewer than run now.
import type { Reading } from '../plan/observation.ts';
import type { Component, Trigger } from './profile.ts';

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

/** `notes` say what the number rests on and what else was seen, one sentence each. */
export type TriggerSizing =
  | {
      readonly kind: 'scale';
      /** At least this many pods; always more than run now. */
      readonly target: number;
      /** What the arithmetic asks for before limits. */
      readonly wanted: number;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly limitsMet: readonly string[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'enough';
      readonly because: string;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'investigate';
      readonly because: string;
      readonly lookAt: readonly string[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'frozen';
      /** There is nothing to base a size on, or a limit leaves no room. */
      readonly because: string;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly limitsMet: readonly string[];
      readonly notes: readonly string[];
    };
