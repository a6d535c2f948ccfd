// Prints the steps of the demo with their times, and waits for things with a deadline instead of a fixed pause.
import { setTimeout as sleep } from 'node:timers/promises';

/** A step that did not happen. The message says what was waited for and what was there instead. */
export class StepFailed extends Error {}

export class Steps {
  readonly #startedAt = performance.now();
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Runs one step and prints it when it has happened; `words` may say what came of it. */
  async take<T>(words: string | ((result: T) => string), work: () => Promise<T>): Promise<T> {
    const result = await work();
    this.#print(`  ✓ ${this.#elapsed()}  ${typeof words === 'string' ? words : words(result)}`);
    return result;
  }

  failed(words: string): void {
    this.#print(`  ✗ ${this.#elapsed()}  ${words}`);
  }

  /** A line between steps, in line with them. */
  say(words: string): void {
    this.#print(words === '' ? '' : `             ${words}`);
  }

  #elapsed(): string {
    return `${((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(6)} s`;
  }
}

export interface Wait {
  /** What is waited for, in words that fit after "waited for". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const pollEveryMs = 50;

/** Looks until there is something. Throws StepFailed after the deadline, or the signal's reason. */
export async function until<T>(
  wait: Wait,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = performance.now() + wait.timeoutMs;
  for (;;) {
    wait.signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) {
      throw new StepFailed(`waited ${wait.timeoutMs / 1000} s in vain for ${wait.what}`);
    }
    await sleep(pollEveryMs);
  }
}

/** Fails the step unless the claim holds. */
export function expectThat(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new StepFailed(claim);
}
