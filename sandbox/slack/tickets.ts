// The two things Slack hands out with an interaction and takes back only for a while: trigger ids and response URLs.
import { randomBytes } from 'node:crypto';
import { slackLimits } from '../../src/message/limits.ts';
import type { Clock } from './workspace.ts';

export type TriggerError = 'invalid_trigger_id' | 'exchanged_trigger_id' | 'expired_trigger_id';

/** What a trigger id stands for: whose interaction it was, and in which modal when it came from one. */
export interface Trigger {
  readonly user: string;
  readonly viewId?: string;
}

/** Trigger ids: three seconds, one use. */
export class Triggers {
  readonly #issued = new Map<string, Trigger & { readonly issuedAt: number; used: boolean }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issue(trigger: Trigger): string {
    const id = `${digits(13)}.${digits(13)}.${randomBytes(16).toString('hex')}`;
    this.#issued.set(id, { ...trigger, issuedAt: this.#clock.now().getTime(), used: false });
    return id;
  }

  /** Uses a trigger id up, or says why Slack would not take it. */
  take(id: string): Trigger | TriggerError {
    const found = this.#issued.get(id);
    if (found === undefined) return 'invalid_trigger_id';
    if (found.used) return 'exchanged_trigger_id';
    const ageMs = this.#clock.now().getTime() - found.issuedAt;
    if (ageMs > slackLimits.trigger.lifetimeMs) return 'expired_trigger_id';
    found.used = true;
    return found;
  }
}

/** What a response URL is bound to. `originalTs` is the message whose button was pressed. */
export interface ResponseTarget {
  readonly kind: 'commands' | 'actions';
  readonly user: string;
  readonly channel: string;
  readonly originalTs?: string;
}

/** Response URLs: thirty minutes, five uses. */
export class ResponseUrls {
  readonly #issued = new Map<
    string,
    ResponseTarget & { readonly issuedAt: number; uses: number }
  >();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the path; the caller puts its own address in front. */
  issue(target: ResponseTarget, teamId: string): string {
    const path = `/hooks/${target.kind}/${teamId}/${digits(14)}/${randomBytes(12).toString('hex')}`;
    this.#issued.set(path, { ...target, issuedAt: this.#clock.now().getTime(), uses: 0 });
    return path;
  }

  /** Counts one use, or says why the URL is dead. */
  take(path: string): ResponseTarget | 'not_found' | 'expired_url' | 'used_url' {
    const found = this.#issued.get(path);
    if (found === undefined) return 'not_found';
    const ageMs = this.#clock.now().getTime() - found.issuedAt;
    if (ageMs > slackLimits.responseUrl.lifetimeMs) return 'expired_url';
    if (found.uses >= slackLimits.responseUrl.uses) return 'used_url';
    found.uses += 1;
    return found;
  }
}

function digits(count: number): string {
  const random = [...randomBytes(count)].map((byte) => byte % 10);
  return `1${random.join('')}`.slice(0, count);
}
