// Servers of which nobody wants to wait for ever, and addresses that are none: each ends soon, in words, without the password.

import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectProblem } from '../../src/adapters/database-errors.ts';
import { createDatabases } from '../../src/adapters/databases.ts';
import { Secret } from '../../src/secret.ts';
import { makeDatabasePlace, makeSystem } from '../make.ts';

const sockets = new Set<Socket>();
let server: Server | undefined;
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
});

/** One message of PostgreSQL's protocol. */
function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const ready = message('Z', Buffer.from('I'));
const noPassword = Buffer.concat([message('R', Buffer.alloc(4)), ready]);
const wantsPassword = message('R', Buffer.from('\0\0\0\x0aSCRAM-SHA-256\0\0', 'latin1'));
const first = message('R', Buffer.from('\0\0\0\x0br=n,s=AAAA,i=4096', 'latin1'));
const refusal = Buffer.concat([
  message('E', Buffer.from('SERROR\0C42501\0Mpermission denied\0\0')),
  ready,
]);

/** Says its greeting, then `answer` to each question, and never ends a connection. */
async function listens(greeting: Buffer, answer?: Buffer): Promise<string> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(greeting);
      socket.on('data', () => answer && socket.write(answer));
    });
  });
  await new Promise<void>((resolve) => {
    server?.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

function read(url: string): Promise<unknown> {
  const main = makeDatabasePlace({ connection: { env: 'SHOP_URL' } });
  const system = makeSystem({ databases: new Map([['main', main]]) });
  const databases = createDatabases({
    systems: new Map([[system.id, system]]),
    secretOf: async () => new Secret(url),
    ownServer: async () => 'another',
    silenceMs: 200,
  });
  return databases.read({ system: system.id, name: 'main' }, []);
}

it('a server that takes the connection and answers nothing more is given up', async () => {
  const at = await listens(noPassword);
  await expect(read(`postgresql://u@${at}/shop`)).rejects.toMatchObject({
    name: 'OperationError',
    retryable: true,
    message: 'asking database main: the connection broke',
  });
});

it('a server that never ends its side of a connection keeps nobody waiting', async () => {
  const at = await listens(noPassword, refusal);
  await expect(read(`postgresql://u@${at}/shop`)).rejects.toMatchObject({ code: 'forbidden' });
});

it('an address that lacks the password is said to', async () => {
  const at = await listens(wantsPassword, first);
  await expect(read(`postgresql://u@${at}/shop`)).rejects.toMatchObject({
    name: 'OperationError',
    code: 'refused',
    retryable: false,
    message: expect.stringContaining('password'),
  });
});

it.each([
  'postgresql://u:tell-nobody@host:notaport/shop',
  'postgresql://u:tell-nobody%ZZ@host/shop',
  'postgresql://u:tell-nobody%E0%A4@host/shop',
  'postgresql://u:tell-nobody@host/shop?sslmode=verify-full&sslrootcert=/nowhere/at/all',
])('an address that is none is refused without showing it: %s', async (url) => {
  const error = await read(url).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'OperationError', retryable: expect.any(Boolean) });
  expect(JSON.stringify([String(error), (error as Error).cause, error])).not.toContain(
    'tell-nobody',
  );
});

it('a name that cannot be looked up right now is looked up again later', () => {
  const trouble = Object.assign(new Error('getaddrinfo EAI_AGAIN db'), { code: 'EAI_AGAIN' });
  expect(connectProblem('connecting', trouble)).toMatchObject({ retryable: true });
});
