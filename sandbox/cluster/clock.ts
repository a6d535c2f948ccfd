// Time comes from outside, so that tests can move it by hand.

/** Where the cluster reads the time. */
export interface Clock {
  now(): Date;
}

/** Kubernetes timestamps have whole seconds. */
export const timestamp = (at: Date): string => at.toISOString().replace(/\.\d{3}Z$/, 'Z');

/** Event times have six digits of fraction. */
export const microTimestamp = (at: Date): string => at.toISOString().replace(/Z$/, '000Z');
