// A way to a server that can go dead without a word: what it sends on open connections is swallowed, as by a firewall that forgot them.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Lane {
  readonly url: string;
  /** From now on nothing more arrives on the connections that carry a watch; new ones work. */
  freezeWatches(): void;
  close(): Promise<void>;
}

export async function openLane(to: string): Promise<Lane> {
  const target = new URL(to);
  const open = new Set<Socket>();
  const watches = new Set<Socket>();
  const frozen = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      // A connection that is cut is what the tests do; both ends hear of it as a close.
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => {
      if (chunk.includes('watch=true')) watches.add(client);
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (!frozen.has(client)) client.write(chunk);
    });
    client.on('close', () => {
      watches.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => {
      if (!frozen.has(client)) client.destroy();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // A listening TCP server always has an AddressInfo; the string form is for pipes.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    freezeWatches() {
      for (const client of watches) frozen.add(client);
    },
    async close() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
