// A real PgBouncer with a configuration as plans write it, its files and addresses moved to where a test may have them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { findProgram, installed } from '../real/programs.ts';

export const pgbouncer = findProgram('pgbouncer');

export interface Bouncer {
  readonly port: number;
  /** Everything it has said. */
  log(): string;
  stop(): Promise<void>;
}

/** Resolves once it listens or has ended; `users` are the lines of its userlist. */
export async function startBouncer(
  config: string,
  { users, extra = '' }: { readonly users: string; readonly extra?: string },
): Promise<Bouncer> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-bouncer-'));
  const port = await freePort();
  const file = join(directory, 'pgbouncer.ini');
  const list = join(directory, 'userlist.txt');
  const text = config
    .replace(/^listen_port = .*$/m, `listen_port = ${port}`)
    .replace('listen_addr = 0.0.0.0', 'listen_addr = 127.0.0.1')
    .replace('/etc/pgbouncer-users/userlist.txt', list);
  await writeFile(file, `${text}unix_socket_dir =\n${extra}`);
  await writeFile(list, users);
  await Promise.all([chmod(directory, 0o755), chmod(file, 0o644), chmod(list, 0o644)]);
  // It refuses to run as root.
  const as = userInfo().uid === 0 ? ['-u', 'nobody'] : [];
  const child = spawn(installed(pgbouncer, 'pgbouncer'), [...as, file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
  });
  const ended = once(child, 'exit');
  const deadline = Date.now() + 10_000;
  while (!said.includes('process up') && child.exitCode === null) {
    if (Date.now() > deadline) throw new Error(`PgBouncer does not come up:\n${said}`);
    await sleep(20);
  }
  return {
    port,
    log: () => said,
    async stop() {
      child.kill('SIGKILL');
      await ended;
      await rm(directory, { recursive: true, force: true });
    },
  };
}
