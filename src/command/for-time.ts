// Reads for how long something is wanted: for=2h.

import { leaseBounds } from '../lease/terms.ts';
import { formatDuration, parseDurationMs } from '../profile/duration.ts';
import type { Words } from './words.ts';

/** Seconds, none when nothing is said, or what is wrong with it. */
export function forSeconds({ pairs }: Words): { readonly seconds?: number } | string {
  const text = pairs.get('for');
  if (text === undefined) return {};
  const ms = parseDurationMs(text.toLowerCase());
  const { secondsMin, secondsMax } = leaseBounds;
  if (ms === undefined) return `for must be a time such as 45m, 2h or 1h30m, not "${text}"`;
  if (ms < secondsMin * 1000 || ms > secondsMax * 1000) {
    const [min, max] = [secondsMin, secondsMax].map((seconds) => formatDuration(seconds * 1000));
    return `for must be between ${min} and ${max}, not "${text}"`;
  }
  return { seconds: Math.round(ms / 1000) };
}
