// The guide's arithmetic once more, in one line and without the app's code, so that the demo can tell when the app is wrong.

/** What the guide says about the worker of GL-008 and its alert. */
export const guide = {
  jobsPerMinuteAndPod: 50,
  drainMinutes: 10,
  /** Below this the backlog is in order again. */
  targetJobs: 250,
  replicasMax: 30,
  /** One period of the scaling policy: twice as many or four more, whichever is more. */
  stepFactor: 2,
  stepPods: 4,
} as const;

export interface Expected {
  /** Pods for what arrives and what must drain within ten minutes. */
  readonly wanted: number;
  /** The same within one step of the policy and the maximum. */
  readonly replicas: number;
}

export function expectedReplicas(seen: {
  readonly backlog: number;
  readonly arrivalPerMinute: number;
  readonly replicas: number;
}): Expected {
  const { jobsPerMinuteAndPod, drainMinutes, stepFactor, stepPods, replicasMax } = guide;
  const wanted = Math.ceil(
    (seen.arrivalPerMinute + seen.backlog / drainMinutes) / jobsPerMinuteAndPod,
  );
  const step = Math.max(seen.replicas * stepFactor, seen.replicas + stepPods);
  return { wanted, replicas: Math.min(wanted, step, replicasMax) };
}

/** A backlog that fires the alert, from a seed: the same seed gives the same one (mulberry32). */
export function randomBacklog(seed: number): number {
  let state = (seed + 0x6d2b79f5) >>> 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  const share = ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
  const [min, max] = [501, 4_000];
  return min + Math.floor(share * (max - min + 1));
}
