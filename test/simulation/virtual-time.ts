// A time that passes only when the driver says so, and everybody who sleeps in it.

import type { Caller } from './gates.ts';

interface Sleeper {
  readonly caller: Caller;
  readonly until: number;
  readonly wake: () => void;
}

export class VirtualTime {
  #now = Date.parse('2026-11-22T03:00:00Z');
  #sleepers: Sleeper[] = [];

  get ms(): number {
    return this.#now;
  }

  now = (): Date => new Date(this.#now);

  sleep(caller: Caller, ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { caller, until: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** When the next sleeper wakes, in milliseconds from now. */
  get nextMs(): number | undefined {
    const times = this.#sleepers
      .filter(({ caller }) => caller.isAlive && !caller.isFrozen)
      .map(({ until }) => Math.max(0, until - this.#now));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** The dead do not wake up, the frozen when they have thawed. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter(
      ({ until, caller }) => until <= this.#now && caller.isAlive && !caller.isFrozen,
    );
    for (const { wake } of due) wake();
  }
}
