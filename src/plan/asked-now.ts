// Which step of a plan waits for somebody to say that it is done.

import type { PlanState } from './plan-state.ts';
import type { Step } from './step.ts';

/** Its position; undefined while the run is elsewhere. Only one step at a time can wait. */
export function askedNow(run: {
  readonly state: PlanState;
  readonly steps: readonly Step[];
  readonly changes: readonly { readonly position: number; readonly state: string }[];
  readonly ticks: readonly { readonly position: number }[];
}): number | undefined {
  if (run.state !== 'applying' && run.state !== 'unknown') return undefined;
  return run.changes.find(
    ({ position, state }) =>
      state === 'holding' &&
      run.steps[position]?.kind === 'human' &&
      !run.ticks.some((tick) => tick.position === position),
  )?.position;
}
