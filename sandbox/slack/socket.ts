// Socket Mode: single-use tickets, hello, envelopes with their acknowledgements, and disconnects.
import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { isObject, type JsonObject, objectOr, parseJson } from './json.ts';
import { app } from './workspace.ts';

export type EnvelopeType = 'events_api' | 'interactive' | 'slash_commands';
export type DisconnectReason =
  | 'warning'
  | 'refresh_requested'
  | 'link_disabled'
  | 'too_many_websockets';

/** Slack allows ten connections of one app. */
const connectionsMax = 10;
/** The client gives up when the server pinged once and then not for 30 s. */
const pingEveryMs = 10_000;

export interface SocketAck {
  readonly result: 'acked' | 'timeout' | 'no_connection' | 'connection_lost';
  readonly payload: JsonObject;
}

export class SocketMode {
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #tickets = new Set<string>();
  readonly #waiting = new Map<string, (ack: SocketAck) => void>();
  readonly #pings: NodeJS.Timeout;
  #turn = 0;

  constructor() {
    this.#pings = setInterval(() => {
      for (const socket of this.#server.clients) socket.ping();
    }, pingEveryMs);
    this.#pings.unref();
  }

  get connections(): number {
    return this.#open().length;
  }

  /** Returns the path and query of a new connection; it works once. */
  issueTicket(): string {
    const ticket = randomUUID();
    this.#tickets.add(ticket);
    return `/link/?ticket=${ticket}&app_id=${app.id}`;
  }

  /** Takes an HTTP upgrade; refuses it without a fresh ticket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const ticket = url.searchParams.get('ticket') ?? '';
    if (url.pathname !== '/link/' || !this.#tickets.delete(ticket)) {
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (connection) => {
      this.#welcome(connection);
    });
  }

  /** Sends to one of the connections and waits for its acknowledgement. */
  async send(
    type: EnvelopeType,
    payload: JsonObject,
    options: { readonly timeoutMs: number; readonly retryAttempt?: number },
  ): Promise<SocketAck> {
    const open = this.#open();
    const target = open[this.#turn % Math.max(1, open.length)];
    if (target === undefined) return { result: 'no_connection', payload: {} };
    this.#turn += 1;
    const envelopeId = randomUUID();
    const retry =
      type === 'events_api'
        ? {
            retry_attempt: options.retryAttempt ?? 0,
            retry_reason: options.retryAttempt ? 'timeout' : '',
          }
        : {};
    const envelope = {
      envelope_id: envelopeId,
      payload,
      type,
      accepts_response_payload: type !== 'events_api',
      ...retry,
    };
    return new Promise((resolve) => {
      const done = (ack: SocketAck): void => {
        clearTimeout(timer);
        target.off('close', lost);
        this.#waiting.delete(envelopeId);
        resolve(ack);
      };
      const lost = (): void => done({ result: 'connection_lost', payload: {} });
      const timer = setTimeout(() => done({ result: 'timeout', payload: {} }), options.timeoutMs);
      this.#waiting.set(envelopeId, done);
      target.once('close', lost);
      target.send(JSON.stringify(envelope));
    });
  }

  /** Asks all clients to go (they come back by themselves), or cuts them off without a word. */
  disconnect({
    reason,
    abrupt,
  }: {
    readonly reason: DisconnectReason;
    readonly abrupt: boolean;
  }): void {
    for (const socket of this.#server.clients) {
      if (abrupt) socket.terminate();
      else this.#dismiss(socket, reason);
    }
  }

  stop(): void {
    clearInterval(this.#pings);
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
  }

  #open(): readonly WebSocket[] {
    return [...this.#server.clients].filter((one) => one.readyState === WebSocket.OPEN);
  }

  #welcome(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    socket.on('message', (bytes) => {
      const said = parseJson(Buffer.isBuffer(bytes) ? bytes.toString('utf8') : '');
      if (!isObject(said) || typeof said['envelope_id'] !== 'string') return;
      const payload = objectOr(said['payload']);
      this.#waiting.get(said['envelope_id'])?.({ result: 'acked', payload });
    });
    if (this.connections > connectionsMax) {
      this.#dismiss(socket, 'too_many_websockets');
      return;
    }
    socket.send(
      JSON.stringify({
        type: 'hello',
        num_connections: this.connections,
        debug_info: {
          host: `applink-${randomBytes(3).toString('hex')}`,
          approximate_connection_time: 18_060,
        },
        connection_info: { app_id: app.id },
      }),
    );
  }

  #dismiss(socket: WebSocket, reason: DisconnectReason): void {
    socket.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'applink' } }));
    if (reason !== 'warning') socket.close(1000);
  }
}
