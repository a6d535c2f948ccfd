// The sandbox Kubernetes API server over an object store; long, because one request's way through it is read in one piece.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { holdToPolicies } from './admission.ts';
import type { ApiAnswer } from './api.ts';
import { answerRequest } from './api.ts';
import type { Caller, Prohibition } from './auth.ts';
import { accessOf, accountUser, administrator, anonymous, callerNamed } from './auth.ts';
import { refuseGrowth } from './claim-growth.ts';
import type { Clock } from './clock.ts';
import type { JournalEntry } from './control.ts';
import { ClusterControl } from './control.ts';
import { answerControl } from './control-http.ts';
import { ControllerLoop } from './controllers/loop.ts';
import { type NodeCount, usualNodes } from './default-nodes.ts';
import { faultAnswer, webhookError } from './fault-answers.ts';
import type { Fault, FaultCase } from './faults.ts';
import { Faults } from './faults.ts';
import { JournalNote } from './journal.ts';
import { at, show } from './json.ts';
import type { Admit } from './pending-write.ts';
import { Authorizer } from './rbac.ts';
import { refuseEscalation } from './rbac-escalation.ts';
import { actingAs, Tokens } from './rbac-tokens.ts';
import { readBody } from './read-body.ts';
import type { ApiRequest } from './request.ts';
import type { ClusterState, Timings } from './state.ts';
import { ApiError, failure } from './status.ts';
import { Store } from './store.ts';
import { Watches } from './watch.ts';
import { ObjectWriter } from './writer.ts';

/** How to start a sandbox cluster. */
export interface ClusterOptions {
  /** (Default: any free port.) */
  readonly port?: number;
  /** How many times faster than usual pods start and autoscalers look. (Default: 1) */
  readonly speed?: number;
  /** (Default: the time of the machine.) */
  readonly clock?: Clock;
  /** Whether the controllers run by themselves; otherwise `control.tick()` runs them. (Default: true) */
  readonly autoTick?: boolean;
  /** How long things take at speed 1; see the defaults below. */
  readonly timings?: Partial<Timings>;
  /** The nodes it starts with, also after a reset. (Default: two large ones.) */
  readonly nodes?: NodeCount;
}

/** A running sandbox cluster. */
export interface Cluster {
  readonly url: string;
  /** A kubeconfig with a token. (Default: that of Headroom's service account.) */
  kubeconfig(token?: string): string;
  readonly control: ClusterControl;
  stop(): Promise<void>;
}

/** The token of Headroom's service account. */
export const headroomToken = 'sandbox-headroom';
/** The token of an administrator, for seeding over HTTP. */
export const adminToken = 'sandbox-admin';
export const headroomAccount = accountUser('headroom', 'headroom');

const usualTimings: Timings = { startMs: 1000, readyMs: 0, stopMs: 1000, autoscalerMs: 15_000 };
/** The controllers look this often; changes show up about that late. */
const passMs = 20;
/** While nothing changes they look this often, divided by speed. */
const idleMs = 100;
/** The journal keeps this many requests. */
const journalMax = 20_000;

function timingsOf(options: ClusterOptions): Timings {
  const speed = options.speed ?? 1;
  const { startMs, readyMs, stopMs, autoscalerMs } = { ...usualTimings, ...options.timings };
  return {
    startMs: startMs / speed,
    readyMs: readyMs / speed,
    stopMs: stopMs / speed,
    autoscalerMs: autoscalerMs / speed,
  };
}

function createState(options: ClusterOptions): ClusterState {
  const clock = options.clock ?? { now: () => new Date() };
  const store = new Store();
  return {
    store,
    writer: new ObjectWriter(store, clock),
    clock,
    timings: timingsOf(options),
    podFailures: new Map(),
    utilization: new Map(),
  };
}

/** One HTTP request on its way through faults, authentication and the API. */
class ClusterServer {
  readonly control: ClusterControl;
  readonly loop: ControllerLoop;
  readonly server: Server;
  readonly watches: Watches;
  private readonly state: ClusterState;
  private readonly faults = new Faults();
  private readonly prohibitions: Prohibition[] = [];
  private readonly journal: JournalEntry[] = [];
  private readonly stopping = new AbortController();
  private readonly tokens: Tokens;
  private readonly authorizer: Authorizer;

  constructor(options: ClusterOptions) {
    this.state = createState(options);
    this.loop = new ControllerLoop(this.state);
    this.watches = new Watches(this.state);
    this.tokens = new Tokens(this.state);
    this.tokens.set(headroomToken, callerNamed(headroomAccount));
    this.tokens.set(adminToken, administrator);
    this.authorizer = new Authorizer(this.state.store, this.prohibitions);
    this.control = new ClusterControl({
      state: this.state,
      loop: this.loop,
      watches: this.watches,
      faults: this.faults,
      prohibitions: this.prohibitions,
      journal: this.journal,
      tokens: this.tokens,
      nodes: options.nodes ?? usualNodes,
    });
    this.control.reset();
    this.server = createServer((request, response) => {
      this.handle(request, response).catch((error: unknown) => {
        if (!response.headersSent) this.answerError(response, error);
        else response.destroy();
      });
    });
  }

  stop(): void {
    this.stopping.abort();
    this.watches.close();
    this.server.closeAllConnections();
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cluster');
    const method = request.method ?? 'GET';
    if (url.pathname.startsWith('/_control/')) {
      const name = url.pathname.slice('/_control/'.length);
      const { status, body } = answerControl(this.control, name, await readBody(request));
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
      return;
    }
    const entry = this.note(request, method, url);
    const asked = this.faultCase(request, method, url);
    const fault = this.faults.take(asked);
    const wait = this.control.latencyMs + (fault?.delayMs ?? 0);
    if (wait > 0) await sleep(wait, undefined, { signal: this.stopping.signal, ref: false });
    if (this.meetFault(fault, asked, response, entry)) return;
    try {
      const answer = await this.answer(request, method, url, entry, fault);
      if (fault?.dropAfterWrite === true) response.destroy();
      else this.send(response, answer, entry, fault);
    } catch (error) {
      entry.update({ status: error instanceof ApiError ? error.code : 500 });
      if (fault?.dropAfterWrite === true) response.destroy();
      else this.answerError(response, error);
    }
  }

  private note(request: IncomingMessage, method: string, url: URL): JournalNote {
    const note = new JournalNote(this.journal, {
      at: this.state.clock.now().toISOString(),
      method,
      path: url.pathname,
      query: url.search.slice(1),
      user: '',
      userAgent: request.headers['user-agent'] ?? '',
      contentType: request.headers['content-type'] ?? '',
      body: '',
      status: 0,
    });
    if (this.journal.length > journalMax) this.journal.shift();
    return note;
  }

  private faultCase(request: IncomingMessage, method: string, url: URL): FaultCase {
    const caller = this.tokens.find(request.headers.authorization) ?? anonymous;
    const access = accessOf({ caller, method, path: url.pathname, query: url.searchParams });
    const dryRun = url.searchParams.has('dryRun');
    return { method, path: url.pathname + url.search, access, dryRun };
  }

  private meetFault(
    fault: Fault | undefined,
    { access }: FaultCase,
    response: ServerResponse,
    entry: JournalNote,
  ): boolean {
    if (fault?.hang === true) return true;
    if (fault?.drop === true) {
      response.destroy();
      return true;
    }
    if (fault?.status === undefined) return false;
    entry.update({ status: fault.status });
    const { body, headers } = faultAnswer(fault, fault.status, access);
    response.writeHead(fault.status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
    return true;
  }

  private async answer(
    request: IncomingMessage,
    method: string,
    url: URL,
    entry: JournalNote,
    fault: Fault | undefined,
  ): Promise<ApiAnswer> {
    const known = this.tokens.callerOf(request.headers.authorization);
    const caller = actingAs(known, request.headers, this.authorizer);
    const body = await readBody(request);
    entry.update({ user: caller.name, body });
    const warnings = new Set<string>();
    const apiRequest: ApiRequest = {
      method,
      path: url.pathname,
      query: url.searchParams,
      contentType: request.headers['content-type'] ?? '',
      accept: request.headers.accept ?? '',
      userAgent: request.headers['user-agent'] ?? '',
      caller,
      body,
      admit: this.admission(caller, fault, (text) => warnings.add(text)),
    };
    const answer = answerRequest(this.state, apiRequest, {
      authorizer: this.authorizer,
      tokens: this.tokens,
      address: request.headers.host ?? '',
    });
    if (answer.type === 'watch' || warnings.size === 0) return answer;
    return { ...answer, warnings: [...answer.warnings, ...warnings] };
  }

  private admission(caller: Caller, fault: Fault | undefined, warn: (text: string) => void): Admit {
    return (write) => {
      refuseEscalation(write, this.authorizer, caller);
      refuseGrowth(this.state, write);
      holdToPolicies(this.state.store, write, caller, warn);
      if (fault?.webhook !== undefined) throw webhookError(fault.webhook);
    };
  }

  private send(
    response: ServerResponse,
    answer: ApiAnswer,
    entry: JournalNote,
    fault: Fault | undefined,
  ): void {
    if (answer.type === 'watch') {
      entry.update({ status: 200 });
      this.watches.start(answer.plan, response, fault);
      return;
    }
    entry.update({ status: answer.status });
    const plain = typeof answer.body === 'string';
    this.warn(response, answer.warnings);
    const type = answer.contentType ?? (plain ? 'text/plain; charset=utf-8' : 'application/json');
    // An answer without content has no type.
    response.writeHead(answer.status, answer.status === 204 ? {} : { 'content-type': type });
    const body = plain ? show(answer.body) : JSON.stringify(answer.body);
    if (fault?.resetMidway !== true) response.end(body);
    else response.write(body.slice(0, body.length / 2), () => response.socket?.resetAndDestroy());
  }

  private warn(response: ServerResponse, warnings: readonly string[]): void {
    if (warnings.length === 0) return;
    response.setHeader(
      'warning',
      warnings.map((item) => `299 - ${JSON.stringify(item)}`),
    );
  }

  private answerError(response: ServerResponse, error: unknown): void {
    const known =
      error instanceof ApiError ? error : failure(500, 'InternalError', describe(error));
    const plain = typeof known.body === 'string';
    this.warn(response, known.warnings);
    const seconds = at(known.body, 'details', 'retryAfterSeconds');
    const retry = seconds === undefined ? {} : { 'retry-after': show(seconds) };
    response.writeHead(known.code, {
      'content-type': plain ? 'text/plain; charset=utf-8' : 'application/json',
      ...retry,
    });
    response.end(plain ? known.body : JSON.stringify(known.body));
  }
}

const describe = (error: unknown) =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);

function kubeconfigOf(url: string, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server: url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'headroom', user: { token } }],
    contexts: [
      { name: 'sandbox', context: { cluster: 'sandbox', user: 'headroom', namespace: 'default' } },
    ],
    'current-context': 'sandbox',
  });
}

/** Runs the controllers whenever something changed, and now and then for what only time brings. */
function tickByItself(control: ClusterControl, speed: number): NodeJS.Timeout {
  const idlePasses = Math.max(1, Math.round(idleMs / speed / passMs));
  let settledAt = -1;
  let skipped = 0;
  return setInterval(() => {
    if (control.version === settledAt && skipped < idlePasses) {
      skipped += 1;
      return;
    }
    skipped = 0;
    settledAt = control.tick() ? -1 : control.version;
  }, passMs).unref();
}

/** Starts a sandbox cluster on 127.0.0.1. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = new ClusterServer(options);
  const { server, control } = cluster;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const timer = options.autoTick === false ? undefined : tickByItself(control, options.speed ?? 1);
  // A listening TCP server always has an AddressInfo; the string form is for pipes.
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    control,
    kubeconfig: (token = headroomToken) => kubeconfigOf(url, token),
    stop: async () => {
      clearInterval(timer);
      cluster.stop();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}
