// Brings commands, interactions and events to the app, by signed HTTP or through a socket, and says whether it answered in time.
import { createHmac } from 'node:crypto';
import { slackLimits } from '../../src/message/limits.ts';
import { isObject, type JsonObject, parseJson, stringOr } from './json.ts';
import type { EnvelopeType, SocketMode } from './socket.ts';

export type DeliverTo = { readonly url: string } | 'socket';

/** Why the app did not acknowledge, in the words Slack shows to the person. */
export type DeliveryError =
  | 'operation_timeout'
  | 'dispatch_failed'
  | 'http_client_error'
  | 'http_service_error';

/** What became of one delivery. `status` is the HTTP status, 0 when there was none (also over a socket). */
export interface Delivered {
  readonly acked: boolean;
  /** What the app sent along with its acknowledgement; plain text comes as `{ text }`. */
  readonly ackBody: JsonObject | null;
  readonly status: number;
  readonly ms: number;
  readonly error?: DeliveryError;
}

export interface Delivery {
  readonly type: EnvelopeType;
  readonly payload: JsonObject;
}

/** Slack tries an event three more times: nearly at once, after a minute, after five. */
const eventRetryDelaysMs = [0, 60_000, 300_000] as const;

export class Courier {
  deliverTo: DeliverTo;
  #lastInteraction: Delivery | undefined;
  #lastEvent: Delivery | undefined;
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #signingSecret: string;
  readonly #socket: SocketMode;
  readonly #ackTimeoutMs: number;

  constructor(given: {
    readonly deliverTo: DeliverTo;
    readonly signingSecret: string;
    readonly socket: SocketMode;
    readonly ackTimeoutMs?: number;
  }) {
    this.deliverTo = given.deliverTo;
    this.#signingSecret = given.signingSecret;
    this.#socket = given.socket;
    this.#ackTimeoutMs = given.ackTimeoutMs ?? slackLimits.ack.timeoutMs;
  }

  async deliver(delivery: Delivery): Promise<Delivered> {
    if (delivery.type === 'events_api') this.#lastEvent = delivery;
    else this.#lastInteraction = delivery;
    const delivered = await this.#attempt(delivery, 0);
    if (delivery.type === 'events_api' && !delivered.acked)
      this.#retryLater(delivery, 1, delivered);
    return delivered;
  }

  /** Sends the last one of its kind once more, unchanged, as happens when an acknowledgement got lost. */
  async redeliver(kind: 'interaction' | 'event'): Promise<Delivered> {
    const last = kind === 'event' ? this.#lastEvent : this.#lastInteraction;
    if (last === undefined) throw new Error(`no ${kind} was delivered yet`);
    return this.#attempt(last, 1);
  }

  /** Sends a signed body as it is; for the handshakes of an address. */
  async post(
    url: string,
    contentType: string,
    body: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<Delivered & { readonly text: string }> {
    const started = performance.now();
    // The receiver compares the stamp with its own wall clock, so a hand-moved clock must not be signed.
    const stamp = String(Math.floor(Date.now() / 1000));
    const ms = (): number => Math.round(performance.now() - started);
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#ackTimeoutMs),
        headers: {
          'content-type': contentType,
          'user-agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
          'x-slack-request-timestamp': stamp,
          'x-slack-signature': signature(this.#signingSecret, stamp, body),
          ...extra,
        },
      });
      const text = await response.text();
      const { status } = response;
      if (status === 200) return { acked: true, ackBody: ackOf(text), status, ms: ms(), text };
      const error = status < 500 ? 'http_client_error' : 'http_service_error';
      return { acked: false, ackBody: null, status, ms: ms(), error, text };
    } catch (cause) {
      const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
      const error = timedOut ? 'operation_timeout' : 'dispatch_failed';
      return { acked: false, ackBody: null, status: 0, ms: ms(), error, text: '' };
    }
  }

  /** Forgets retries and what was delivered. */
  reset(): void {
    this.stop();
    this.#lastInteraction = undefined;
    this.#lastEvent = undefined;
  }

  stop(): void {
    for (const timer of this.#retries) clearTimeout(timer);
    this.#retries.clear();
  }

  async #attempt({ type, payload }: Delivery, retryAttempt: number): Promise<Delivered> {
    const { deliverTo } = this;
    if (deliverTo === 'socket') return this.#overSocket({ type, payload }, retryAttempt);
    const retry: Readonly<Record<string, string>> =
      retryAttempt > 0 && type === 'events_api'
        ? { 'x-slack-retry-num': String(retryAttempt), 'x-slack-retry-reason': 'http_timeout' }
        : {};
    const [contentType, body] = bodyOf({ type, payload });
    const { text: _text, ...delivered } = await this.post(deliverTo.url, contentType, body, retry);
    return delivered;
  }

  async #overSocket({ type, payload }: Delivery, retryAttempt: number): Promise<Delivered> {
    const started = performance.now();
    const timeoutMs = this.#ackTimeoutMs;
    const ack = await this.#socket.send(type, payload, { timeoutMs, retryAttempt });
    const ms = Math.round(performance.now() - started);
    if (ack.result === 'acked') {
      const ackBody = Object.keys(ack.payload).length === 0 ? null : ack.payload;
      return { acked: true, ackBody, status: 0, ms };
    }
    const error = ack.result === 'timeout' ? 'operation_timeout' : 'dispatch_failed';
    return { acked: false, ackBody: null, status: 0, ms, error };
  }

  #retryLater(delivery: Delivery, attempt: number, before: Delivered): void {
    const delayMs = eventRetryDelaysMs[attempt - 1];
    if (delayMs === undefined || before.error === undefined) return;
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      void this.#attempt(delivery, attempt).then((delivered) => {
        if (!delivered.acked) this.#retryLater(delivery, attempt + 1, delivered);
        return undefined;
      });
    }, delayMs);
    timer.unref();
    this.#retries.add(timer);
  }
}

/** The signature Slack puts on a body: version 0, HMAC-SHA256 over version, time and body. */
export function signature(signingSecret: string, timestamp: string, body: string): string {
  const hmac = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`);
  return `v0=${hmac.digest('hex')}`;
}

/** Content types are exact: an app's receiver compares them letter by letter. */
function bodyOf({ type, payload }: Delivery): readonly [contentType: string, body: string] {
  if (type === 'events_api') return ['application/json', JSON.stringify(payload)];
  const form = 'application/x-www-form-urlencoded';
  if (type === 'interactive') {
    return [form, new URLSearchParams({ payload: JSON.stringify(payload) }).toString()];
  }
  const fields = new URLSearchParams();
  for (const [key, value] of Object.entries(payload)) fields.set(key, stringOr(value, ''));
  return [form, fields.toString()];
}

function ackOf(text: string): JsonObject | null {
  if (text.trim() === '') return null;
  const parsed = parseJson(text);
  return isObject(parsed) ? parsed : { text };
}
