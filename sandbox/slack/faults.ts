// Troubles a test orders for Web API calls, and the log of all calls that were made.
import type { JsonObject } from './json.ts';

/**
 * Makes the next `times` calls of `method` (`*` = any; `upload` = sending the bytes of a file) go wrong. With `status` the answer is an HTTP error, with `error` it is
 * `ok: false`, with `hang` there is none until the server stops. `applied` carries the call out before it goes wrong.
 */
export interface Fault {
  readonly method: string;
  readonly times: number;
  readonly status?: number;
  readonly error?: string;
  /** Seconds; sent as Retry-After. */
  readonly retryAfter?: number;
  readonly hang?: boolean;
  readonly applied?: boolean;
}

/** One Web API call as it arrived. Tokens are not kept. */
export interface ApiCall {
  readonly method: string;
  readonly args: JsonObject;
  /** ISO 8601, by the emulator's clock. */
  readonly at: string;
  readonly status: number;
  readonly ok: boolean;
  readonly error?: string;
}

export class Faults {
  #pending: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#pending.push({ fault, left: fault.times });
  }

  clear(): void {
    this.#pending = [];
  }

  /** The fault that hits this call, oldest order first. */
  take(method: string): Fault | undefined {
    const hit = this.#pending.find(({ fault }) => fault.method === method || fault.method === '*');
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#pending = this.#pending.filter((one) => one !== hit);
    return hit.fault;
  }
}
