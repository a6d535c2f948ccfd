// Whether standbys are so far behind that nothing more that writes much may be begun, and how people are told.

import { formatNumber } from '../profile/amount.ts';
import type { StandbyNow } from './health.ts';

/** What the standbys of a server allow right now. */
export type LagNow =
  | { readonly kind: 'clear' }
  /** `who` names each that is too far behind, and by how much. */
  | { readonly kind: 'behind'; readonly who: string }
  /** Nobody knows, so it is not taken for well. */
  | { readonly kind: 'unseen'; readonly because: string };

/**
 * A standby is behind by the time it reports. One that has bytes to replay and reports none is not: where nothing is
 * written on the primary, nobody waits for them. While it catches up with what it missed, its time counts from when it
 * came back and says nothing.
 */
export function lagNow(standbys: readonly StandbyNow[], seconds: number): LagNow {
  const late = standbys.flatMap(({ name, state, lagSeconds = 0 }) => {
    if (state === 'catchup') return [`standby ${name} is catching up`];
    const behind = formatNumber(Math.round(lagSeconds));
    return lagSeconds >= seconds ? [`standby ${name} is ${behind} s behind`] : [];
  });
  if (late.length > 0) return { kind: 'behind', who: late.join(' and ') };
  const hidden = standbys.find(({ state }) => state === undefined);
  return hidden === undefined
    ? { kind: 'clear' }
    : {
        kind: 'unseen',
        because: `the role may not see how far standby ${hidden.name} is behind; grant it pg_monitor`,
      };
}

interface Waited {
  readonly who: string;
  /** In seconds. */
  readonly limit: number;
  readonly since: Date;
}

/** What stands in the thread meanwhile. */
export function brakeWords({ who, limit, since }: Waited): string {
  return `waits since ${shown(since)} before it goes on: ${who}, and nothing that writes much is begun from ${formatNumber(limit)} s on`;
}

/** What people are told when it has waited for long enough, and what they can do. */
export function gaveUpWords({ who, limit, since, minutes }: Waited & { readonly minutes: number }) {
  return `${who}, and ${formatNumber(limit)} s or more since ${shown(since)}: after ${formatNumber(minutes)} min nothing more was begun. What is done stays; find out why it cannot keep up, then draw the plan anew, which goes on from there`;
}

/** "14:03 UTC". */
function shown(time: Date): string {
  return `${time.toISOString().slice(11, 16)} UTC`;
}
