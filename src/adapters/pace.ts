// Spreads requests over time: some at once, then no more than so many a second.

import { realClock } from './clock.ts';

/** How often, how many at once after a rest, and how long nobody is kept waiting beyond. */
export interface PaceLimits {
  readonly perSecond: number;
  readonly burst: number;
  readonly waitMaxMs: number;
}

export class Pace {
  readonly #limits: PaceLimits;
  readonly #closing = new AbortController();
  /** When all that was promised so far is done, were it spread evenly. */
  #doneAtMs = 0;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
  }

  /** Waits for so many requests' turn; no longer once the signal fires or the pace is closed. */
  async turn(requests: number, signal?: AbortSignal): Promise<void> {
    const { perSecond, burst, waitMaxMs } = this.#limits;
    const nowMs = performance.now();
    const atOnceMs = (burst * 1000) / perSecond;
    const doneAtMs = Math.max(this.#doneAtMs, nowMs) + (requests * 1000) / perSecond;
    // Who has waited long enough goes, and is no debt of those who come later.
    this.#doneAtMs = Math.min(doneAtMs, nowMs + atOnceMs + waitMaxMs);
    const waitMs = this.#doneAtMs - nowMs - atOnceMs;
    if (waitMs <= 0) return;
    const signals = [this.#closing.signal, ...(signal === undefined ? [] : [signal])];
    await realClock.sleep(waitMs, AbortSignal.any(signals));
  }

  close(): void {
    this.#closing.abort();
  }
}
