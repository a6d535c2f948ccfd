// Slack's rate limits as token buckets: tiers per method, and one message per second and channel.
import type { Clock } from './workspace.ts';

export type Tier = 1 | 2 | 3 | 4 | 'post';

/** `perMinute` refills the bucket, `burst` is its size. Slack promises "short bursts" of posts without a number; 3 is careful. */
const buckets = {
  1: { perMinute: 1, burst: 1 },
  2: { perMinute: 20, burst: 20 },
  3: { perMinute: 50, burst: 50 },
  4: { perMinute: 100, burst: 100 },
  post: { perMinute: 60, burst: 3 },
} as const satisfies Record<Tier, { readonly perMinute: number; readonly burst: number }>;

export class RateLimits {
  readonly #levels = new Map<string, { tokens: number; at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  clear(): void {
    this.#levels.clear();
  }

  /** Takes one token; returns 0, or the whole seconds to wait when there is none. */
  take(key: string, tier: Tier): number {
    const { perMinute, burst } = buckets[tier];
    const now = this.#clock.now().getTime();
    const level = this.#levels.get(key) ?? { tokens: burst, at: now };
    const refilled = level.tokens + (Math.max(0, now - level.at) / 60_000) * perMinute;
    const tokens = Math.min(burst, refilled);
    const allowed = tokens >= 1;
    this.#levels.set(key, { tokens: allowed ? tokens - 1 : tokens, at: now });
    return allowed ? 0 : Math.max(1, Math.ceil(((1 - tokens) * 60) / perMinute));
  }
}
