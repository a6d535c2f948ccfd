// The other end of signed HTTP: keeps what arrives, byte by byte, and answers as told.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { isObject, type JsonObject } from '../../../sandbox/slack/json.ts';

export interface Arrived {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly arrived: readonly Arrived[];
  answer: (response: ServerResponse) => void;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const arrived: Arrived[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrived.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      receiver.answer(response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}/slack/events`,
    arrived,
    answer: (response) => response.writeHead(200).end(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

/** The JSON inside an interaction's form. */
export function payloadOf(arrived: Arrived | undefined): JsonObject {
  const payload: unknown = JSON.parse(new URLSearchParams(arrived?.body).get('payload') ?? '{}');
  return isObject(payload) ? payload : {};
}

/** Every path in a value with the kind of what stands there; what `skip` names is not looked into. */
export function shapeOf(
  value: unknown,
  skip: readonly string[] = [],
): Readonly<Record<string, string>> {
  const shape: Record<string, string> = {};
  const visit = (inner: unknown, path: string): void => {
    const kind = inner === null ? 'null' : Array.isArray(inner) ? 'array' : typeof inner;
    if (path !== '') shape[path] = kind;
    if (typeof inner !== 'object' || inner === null || skip.includes(path)) return;
    for (const [key, one] of Object.entries(inner))
      visit(one, path === '' ? key : `${path}.${key}`);
  };
  visit(value, '');
  return shape;
}
