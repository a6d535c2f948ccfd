// Decides what happens next: every call out of a process waits at a gate until it is let through, one at a time.

import { setImmediate as turn } from 'node:timers/promises';

/** Whoever calls: the dead get no answer. */
export interface Caller {
  readonly name: string;
  readonly isAlive: boolean;
  /** Stands still, as in a long pause of the machine: it neither calls nor wakes up, and does not know of it. */
  readonly isFrozen: boolean;
}

export interface Waiting {
  readonly caller: Caller;
  readonly label: string;
  /** The process dies while it waits here: what becomes of the call that may be on its way. */
  readonly onDeath?: () => void;
}

interface Parked extends Waiting {
  readonly go: () => void;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export class Gates {
  #parked: Parked[] = [];
  #atWork = 0;
  #idle: (() => void) | undefined;

  /** The calls that can be let through, oldest first. */
  get waiting(): readonly Waiting[] {
    return this.#parked.filter(({ caller }) => !caller.isFrozen);
  }

  /** Waits to be let through, does the work, and answers; a caller that is dead by then never hears of it. */
  async pass<T>(waiting: Waiting, work: () => Promise<T>): Promise<T> {
    if (!waiting.caller.isAlive) return never();
    await new Promise<void>((go) => this.#parked.push({ ...waiting, go }));
    this.#atWork += 1;
    const [outcome] = await Promise.allSettled([work()]);
    this.#left();
    if (!waiting.caller.isAlive) return never();
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** Lets a waiting call through; `settle` says when it has had its effect. */
  release(waiting: Waiting | undefined): void {
    const parked = this.#parked.find((each) => each === waiting);
    if (parked === undefined) throw new Error('nobody waits there');
    this.#parked = this.#parked.filter((each) => each !== parked);
    parked.go();
  }

  /** A process died: its calls go nowhere any more. */
  dropOf(caller: Caller): void {
    const dropped = this.#parked.filter((parked) => parked.caller === caller);
    this.#parked = this.#parked.filter((parked) => parked.caller !== caller);
    for (const { onDeath } of dropped) onDeath?.();
  }

  /** Waits until nothing moves any more but by a decision. */
  async settle(): Promise<void> {
    for (;;) {
      // A turn of the event loop runs every continuation there is; what then goes on goes on behind a gate.
      await turn();
      if (this.#atWork === 0) return;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  #left(): void {
    this.#atWork -= 1;
    if (this.#atWork > 0) return;
    this.#idle?.();
    this.#idle = undefined;
  }
}
