// Starts the Prometheus stand-in: a query API over series that a test or the demo sets, on 127.0.0.1.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Answer, type ApiParts, answerCall } from './api.ts';
import { createControl, Faults, type PrometheusControl, type SeenQuery } from './control.ts';
import { answerRemote } from './remote-control.ts';
import { Rules } from './rules.ts';
import { SeriesStore } from './series-store.ts';

export interface PrometheusOptions {
  /** (Default: 0, any free port.) */
  readonly port?: number;
  /** Samples and queries go by it. (Default: the real one.) */
  readonly clock?: { now(): Date };
  /** How often series are scraped and rules evaluated, in milliseconds; each call does both, too. (Default: 15000.) */
  readonly scrapeIntervalMs?: number;
}

export interface RunningPrometheus {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  readonly control: PrometheusControl;
  stop(): Promise<void>;
}

interface World extends ApiParts {
  readonly faults: Faults;
  readonly seen: SeenQuery[];
  readonly control: PrometheusControl;
}

const scrapeIntervalMsDefault = 15_000;
const bodyBytesMax = 1024 * 1024;
const queriesKept = 1_000;
const formPaths = /^\/api\/v1\/(?:query|query_range|series|labels)$/;

export async function startPrometheus(options: PrometheusOptions = {}): Promise<RunningPrometheus> {
  const intervalMs = options.scrapeIntervalMs ?? scrapeIntervalMsDefault;
  const world = createWorld(options.clock ?? { now: () => new Date() }, intervalMs);
  const server = createServer((request, response) => {
    answer(request, response, world).catch((failure: unknown) => {
      if (response.headersSent) response.destroy();
      else send(response, { status: 500, body: `${String(failure)}\n` });
    });
  });
  const port = await listen(server, options.port ?? 0);
  const timer = setInterval(() => world.control.tick(), intervalMs);
  timer.unref();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    control: world.control,
    stop: async () => {
      clearInterval(timer);
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

function createWorld(clock: { now(): Date }, intervalMs: number): World {
  const parts = {
    store: new SeriesStore(intervalMs),
    rules: new Rules(),
    faults: new Faults(),
    seen: [],
    nowMs: () => clock.now().getTime(),
  };
  return { ...parts, control: createControl(parts) };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', fail);
      const address = server.address();
      if (address === null || typeof address === 'string') fail(new Error('no TCP port'));
      else done(address.port);
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const path = url.pathname;
  const body = await readBody(request);
  if (path.startsWith('/_control/')) {
    return send(response, answerRemote(request, { path, body, control: world.control }));
  }
  const fault = world.faults.take();
  if (fault?.hang === true) return;
  if (fault?.reset === true) return void request.socket.destroy();
  if (fault !== undefined) {
    const status = fault.status ?? 503;
    return send(response, { status, body: fault.body ?? 'Service Unavailable\n' });
  }
  const posted = request.method === 'POST' && formPaths.test(path);
  if (request.method !== 'GET' && request.method !== 'HEAD' && !posted) {
    return send(response, { status: 405, body: 'Method Not Allowed\n' });
  }
  const params = new URLSearchParams([
    ...new URLSearchParams(posted ? body : ''),
    ...url.searchParams,
  ]);
  remember(world.seen, path, params);
  world.control.tick();
  send(response, answerCall(path, params, world));
}

function remember(seen: SeenQuery[], path: string, params: URLSearchParams): void {
  const query = params.get('query');
  if (query === null) return;
  seen.push({ path, query });
  if (seen.length > queriesKept) seen.shift();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    const part = Buffer.isBuffer(piece) ? piece : Buffer.from(String(piece));
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new Error('the body is too large');
    pieces.push(part);
  }
  return Buffer.concat(pieces).toString('utf8');
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = typeof body === 'string';
  response.writeHead(status, {
    'content-type': text ? 'text/plain; charset=utf-8' : 'application/json',
  });
  response.end(text ? body : JSON.stringify(body));
}
