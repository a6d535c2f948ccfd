import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { refusePooler } from '../../src/adapters/pooler.ts';
import { withDatabase } from '../database.ts';
import { freePort } from '../free-port.ts';
import { findProgram, installed, mayBeSkipped } from '../real/programs.ts';

const pgbouncer = findProgram('pgbouncer');
const database = withDatabase();

describe('the address of the database', () => {
  it('of a server itself is taken', async () => {
    await expect(refusePooler(database.url)).resolves.toBeUndefined();
  });

  it.each<[string, (url: URL) => void, string]>([
    [
      'with a wrong password',
      (url) => (url.password = 'wrong-secret'),
      'refuses the user or the password',
    ],
    ['with a wrong user', (url) => (url.username = 'nobody-we-know'), 'refuses'],
    [
      'with a wrong database',
      (url) => (url.pathname = '/no_such'),
      'the server has no such database',
    ],
    ['where nobody listens', (url) => (url.port = '1'), 'nobody listens at its host and port'],
  ])('%s is refused in words, without the password', async (_, spoil, says) => {
    const url = new URL(database.url);
    const { password } = url;
    spoil(url);
    const error = await refusePooler(url.href).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: 'OperationError', code: 'unavailable', retryable: true });
    expect(String(error)).toContain(`connecting to DATABASE_URL: `);
    expect(String(error)).toContain(says);
    expect(String(error)).not.toMatch(new RegExp(`wrong-secret|${password}`));
  });

  it('of something that is no database is refused in words', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(refusePooler(`postgres://u:p@127.0.0.1:${port}/x`)).rejects.toThrow(
      'connecting to DATABASE_URL: it does not answer as a PostgreSQL server',
    );
    server.close();
  });
});

describe.skipIf(mayBeSkipped(pgbouncer))('behind a real PgBouncer', () => {
  let bouncer: { url: string; stop: () => Promise<void> } | undefined;
  afterEach(async () => {
    await bouncer?.stop();
    bouncer = undefined;
  });

  it.each([
    ['transaction', 5],
    ['transaction', 1],
    ['statement', 5],
  ] as const)(
    'in %s mode with %i server connections it is refused with what to do',
    async (mode, size) => {
      bouncer = await startBouncer(mode, size);
      const error = await refusePooler(bouncer.url).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ name: 'OperationError', code: 'refused', retryable: false });
      expect(String(error)).toContain('a pooler in transaction mode (such as PgBouncer)');
      expect(String(error)).toContain(
        'give the address of the server itself, or of a pool in session mode',
      );
    },
  );

  it('in session mode it is taken', async () => {
    bouncer = await startBouncer('session', 5);
    await expect(refusePooler(bouncer.url)).resolves.toBeUndefined();
  });
});

async function startBouncer(mode: string, size: number) {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-bouncer-'));
  const url = new URL(database.url);
  const port = await freePort();
  const users = join(directory, 'users.txt');
  await writeFile(users, `"${url.username}" "${url.password}"\n`);
  const settings = join(directory, 'pgbouncer.ini');
  await writeFile(
    settings,
    `[databases]
* = host=127.0.0.1 port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${size}
`,
  );
  await Promise.all([chmod(directory, 0o755), chmod(users, 0o644), chmod(settings, 0o644)]);
  // It refuses to run as root.
  const as = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(installed(pgbouncer, 'pgbouncer'), ['-q', ...as, settings], {
    stdio: 'ignore',
  });
  url.port = String(port);
  await answers(url.href, child);
  return {
    url: url.href,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('select 1');
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline) throw error;
      await sleep(50);
    } finally {
      await client.end();
    }
  }
}
