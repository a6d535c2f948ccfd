// Starts the emulated Slack workspace: one HTTP server for the Web API, Socket Mode, response URLs, uploads, control and the page.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { applyResponse } from './answers.ts';
import { createControl, type SlackControl } from './control.ts';
import { Courier, type DeliverTo } from './deliver.ts';
import { Faults } from './faults.ts';
import { Files } from './files.ts';
import { Interactions } from './interactions.ts';
import { isObject, objectOr, parseJson } from './json.ts';
import { readManifest } from './manifest.ts';
import { uploadedBytes } from './multipart.ts';
import { PageStreams, pageState, serveFile, servePageFile } from './page.ts';
import { RateLimits } from './rate-limits.ts';
import { SocketMode } from './socket.ts';
import { ResponseUrls, Triggers } from './tickets.ts';
import { Views } from './views.ts';
import { answerCall } from './web-api/index.ts';
import { ApiFailure } from './web-api/method.ts';
import { app, type Clock, Workspace } from './workspace.ts';
import type { World } from './world.ts';

export interface SlackOptions {
  /** The app manifest: commands, scopes and events come from it. */
  readonly manifestPath: string;
  readonly signingSecret: string;
  readonly botToken: string;
  readonly appToken: string;
  /** (Default: 0, any free port.) */
  readonly port?: number;
  /** Times of messages, lifetimes and rate limits go by it; how long an app may take to answer does not. (Default: the real one.) */
  readonly clock?: Clock;
  /** Checks scopes and membership. (Default: true.) Blocks are always checked. */
  readonly strict?: boolean;
  /** (Default: 'socket'.) */
  readonly deliverTo?: DeliverTo;
  /** (Default: false.) */
  readonly rateLimits?: boolean;
  /** How long an app may take to acknowledge. (Default: Slack's 3000.) */
  readonly ackTimeoutMs?: number;
}

export interface RunningSlack {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The value for `slackApiUrl` / `SLACK_API_URL`; ends with a slash. */
  readonly apiUrl: string;
  readonly pageUrl: string;
  readonly port: number;
  readonly control: SlackControl;
  stop(): Promise<void>;
}

const bodyBytesMax = 64 * 1024 * 1024;

export async function startSlack(options: SlackOptions): Promise<RunningSlack> {
  const world = createWorld(options);
  const interactions = new Interactions(world);
  const control = createControl(world, interactions);
  const streams = new PageStreams(world);
  world.workspace.changes.on('posted', (message) => {
    // An app hears of its own messages, too, and has to drop them.
    if (message.botId !== undefined) void interactions.tell(message);
  });
  const server = createServer((request, response) => {
    route({ request, response }, { world, control, streams }).catch((failure: unknown) => {
      const message = failure instanceof Error ? failure.message : String(failure);
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { ok: false, error: 'internal_error', message });
    });
  });
  server.on('upgrade', (request, socket, head) => world.socket.upgrade(request, socket, head));
  await listen(server, options.port ?? 0);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  world.url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    world.courier.stop();
    world.socket.stop();
    streams.stop();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  };
  return {
    url: world.url,
    apiUrl: `${world.url}/api/`,
    pageUrl: `${world.url}/`,
    port,
    control,
    stop,
  };
}

function createWorld(options: SlackOptions): World {
  const clock = options.clock ?? { now: () => new Date() };
  const manifest = readManifest(options.manifestPath);
  const workspace = new Workspace(clock, manifest.botName);
  const socket = new SocketMode();
  const { signingSecret, ackTimeoutMs } = options;
  return {
    manifest,
    identity: app,
    botToken: options.botToken,
    appToken: options.appToken,
    clock,
    workspace,
    views: new Views(workspace),
    triggers: new Triggers(clock),
    responseUrls: new ResponseUrls(clock),
    files: new Files(workspace),
    faults: new Faults(),
    limits: new RateLimits(clock),
    socket,
    courier: new Courier({
      deliverTo: options.deliverTo ?? 'socket',
      signingSecret,
      socket,
      ...(ackTimeoutMs === undefined ? {} : { ackTimeoutMs }),
    }),
    strict: options.strict ?? true,
    rateLimits: options.rateLimits ?? false,
    url: '',
    apiCalls: [],
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Parts {
  readonly world: World;
  readonly control: SlackControl;
  readonly streams: PageStreams;
}

async function route(exchange: Exchange, parts: Parts): Promise<void> {
  const { request, response } = exchange;
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname;
  if (path.startsWith('/api/')) return answerApi(exchange, url, parts.world);
  if (path.startsWith('/hooks/')) return answerHook(exchange, path, parts.world);
  if (path.startsWith('/upload/v1/')) return takeUpload(exchange, path, parts.world);
  if (path.startsWith('/files-pri/')) return sendPrivateFile(exchange, path, parts.world);
  if (!isOurOwnPage(request)) return void response.writeHead(403).end();
  if (path.startsWith('/_control/')) return answerControl(exchange, path, parts.control);
  if (path === '/_page/events') return parts.streams.add(response);
  if (path.startsWith('/_page/file/')) {
    return serveFile(path.split('/').at(-1) ?? '', response, parts.world);
  }
  if (path === '/_page/state') {
    const as = url.searchParams.get('as') ?? '';
    const state = pageState(as, url.searchParams.get('channel') ?? '', parts.world);
    return sendJson(response, 200, state);
  }
  if (await servePageFile(path, response)) return;
  sendJson(response, 404, { ok: false, error: 'not_found' });
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new Error('the body is too large');
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
}

/** A web page of somebody else must not steer the workspace through the reader's browser. */
function isOurOwnPage({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? '';
  if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/u.test(host)) return false;
  return headers.origin === undefined || headers.origin === `http://${host}`;
}

async function answerApi({ request, response }: Exchange, url: URL, world: World): Promise<void> {
  const method = url.pathname.slice('/api/'.length);
  const rawBody = await bodyOf(request);
  const { headers, socket } = request;
  const answer = answerCall({ method, headers, query: url.searchParams, rawBody }, world);
  // A connection that hangs is closed when the server stops, or when the caller has had enough.
  if (answer.hang) return void socket.on('close', () => response.destroy());
  sendJson(response, answer.status, answer.body, answer.headers);
}

async function answerHook(
  { request, response }: Exchange,
  path: string,
  world: World,
): Promise<void> {
  const parsed = parseJson((await bodyOf(request)).toString('utf8'));
  const fault = world.faults.take('response_url');
  if (fault?.status !== undefined) return sendJson(response, fault.status, { ok: false });
  const target = world.responseUrls.take(path);
  if (typeof target === 'string') return sendJson(response, 404, { ok: false, error: target });
  if (!isObject(parsed)) return sendJson(response, 400, { ok: false, error: 'invalid_payload' });
  try {
    applyResponse(parsed, target, world);
  } catch (failure) {
    if (!(failure instanceof ApiFailure)) throw failure;
    return sendJson(response, 400, { ok: false, error: failure.code, ...failure.extra });
  }
  response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
}

async function takeUpload(
  { request, response }: Exchange,
  path: string,
  world: World,
): Promise<void> {
  const bytes = uploadedBytes(request.headers['content-type'] ?? '', await bodyOf(request));
  const fault = world.faults.take('upload');
  if (fault?.hang === true) return void request.socket.on('close', () => response.destroy());
  if (fault !== undefined) return void response.writeHead(fault.status ?? 500).end();
  if (request.method !== 'POST') return void response.writeHead(405).end();
  const file = world.files.byUploadToken(path.split('/').at(-1) ?? '');
  // The address is good for one upload, until that is completed.
  if (file === undefined || file.completedAt !== undefined)
    return void response.writeHead(404).end('file not found');
  if (bytes.length !== file.length) return void response.writeHead(400).end('wrong length');
  file.bytes = bytes;
  response.writeHead(200, { 'content-type': 'text/plain' }).end(`OK - ${bytes.length}`);
}

function sendPrivateFile({ request, response }: Exchange, path: string, world: World): void {
  if (request.headers.authorization !== `Bearer ${world.botToken}`) {
    response.writeHead(403).end();
    return;
  }
  serveFile(path.split('/')[2] ?? '', response, world);
}

async function answerControl(
  { request, response }: Exchange,
  path: string,
  control: SlackControl,
): Promise<void> {
  const name = path.slice('/_control/'.length);
  const parsed = objectOr(parseJson((await bodyOf(request)).toString('utf8')));
  const args: readonly unknown[] = Array.isArray(parsed['args']) ? parsed['args'] : [];
  const act: unknown = Object.hasOwn(control, name) ? Reflect.get(control, name) : undefined;
  if (typeof act !== 'function' || request.method !== 'POST') {
    return sendJson(response, 404, { ok: false, error: `no control called ${name}` });
  }
  try {
    const result: unknown = await Reflect.apply(act, undefined, args);
    sendJson(response, 200, { ok: true, result: result ?? null });
  } catch (failure) {
    const error = failure instanceof Error ? failure.message : String(failure);
    sendJson(response, 400, { ok: false, error });
  }
}
