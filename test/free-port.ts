// Finds a port nobody listens at, for programs that must be told one, and for addresses that must not answer.

import { createServer } from 'node:net';

/** Below what systems give to connections and to servers that take any port: nothing else gets it in the meantime. */
const lowest = 20_000;
/** Each worker has a range of its own, because between the look and the use another one may look, too. */
const count = 1_000;
const worker = Number(process.env['VITEST_POOL_ID'] ?? 0) % 10;
const given = new Set<number>();

export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + worker * count + Math.floor(Math.random() * count);
    if (given.has(port)) continue;
    // What was given long ago is in use, or free again.
    if (given.size >= count / 2) given.clear();
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (listens) await new Promise<void>((resolve) => server.close(() => resolve()));
  return listens;
}
