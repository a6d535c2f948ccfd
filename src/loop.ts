// A loop that works while there is work, then sleeps until it is woken or its time is up.

import { OperationError } from './errors.ts';
import type { Clock, Log } from './ports.ts';

export interface Loop {
  /** There may be something to do now. */
  wake(): void;
  /** Ends after the pass that runs now. */
  stop(): Promise<void>;
}

/**
 * Calls `pass` until it answers false, then again when woken or after `everyMs`.
 * Trouble outside is logged and tried again after `everyMs`; a bug goes to `onBug` and ends the loop.
 */
export function startLoop(options: {
  readonly name: string;
  readonly everyMs: number;
  readonly pass: () => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
  readonly onBug: (error: unknown) => void;
}): Loop {
  const { name, everyMs, pass, clock, log, onBug } = options;
  let stopped = false;
  let woken = false;
  let nap = new AbortController();
  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false;
      const more = await onePass();
      if (more || woken || stopped) continue;
      nap = new AbortController();
      await clock.sleep(everyMs, nap.signal);
    }
  };
  const onePass = async (): Promise<boolean> => {
    try {
      return await pass();
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      log.warn({ loop: name, err: error }, 'a loop met trouble outside and goes on');
      return false;
    }
  };
  const running = run().catch(onBug);
  return {
    wake() {
      woken = true;
      nap.abort();
    },
    async stop() {
      stopped = true;
      nap.abort();
      await running;
    },
  };
}
