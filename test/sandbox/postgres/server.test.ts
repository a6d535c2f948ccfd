import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { locateCluster } from '../../../sandbox/postgres/cluster.ts';
import { isAlive } from '../../../sandbox/postgres/processes.ts';
import {
  type PostgresOptions,
  type PostgresServer,
  removePostgres,
  startPostgres,
} from '../../../sandbox/postgres/server.ts';

const isRoot = process.getuid?.() === 0;
let folder: string;
let directory: string;
let children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'postgres-test-'));
  directory = join(folder, 'postgres');
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  await removePostgres(directory);
  await rm(folder, { recursive: true, force: true });
});

describe('a started server', () => {
  it('speaks UTF-8 on 127.0.0.1 only and wants its password', async () => {
    const server = await start();
    const { rows } = await query(
      server.url(),
      `select current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listens,
         current_setting('unix_socket_directories') as sockets, lower('ÄÉ') as folded`,
    );
    expect(rows).toEqual([{ encoding: 'UTF8', listens: '127.0.0.1', sockets: '', folded: 'äé' }]);
    const stranger = new URL(server.url());
    stranger.password = 'guess';
    await expect(query(stranger.href, 'select 1')).rejects.toThrow(
      'password authentication failed',
    );
  });

  it('keeps committed rows over a stop, a restart and kill -9', async () => {
    const server = await start();
    await query(server.url(), 'create table kept (id int)');
    for (const interrupt of [
      () => server.stop(),
      () => server.stop('immediate'),
      () => server.kill9(),
    ]) {
      await query(server.url(), 'insert into kept values (1)');
      await interrupt();
      await expect(query(server.url(), 'select 1')).rejects.toThrow('ECONNREFUSED');
      const { port } = server;
      await server.restart();
      expect(server.port).toBe(port);
    }
    expect((await query(server.url(), 'select count(*)::int as n from kept')).rows).toEqual([
      { n: 3 },
    ]);
  });

  it('stops although a client is connected, and stopping twice is no error', async () => {
    const server = await start();
    const client = new Client({ connectionString: server.url() });
    client.on('error', () => undefined);
    await client.connect();
    await server.stop();
    await server.stop();
    await client.end();
  });

  it('leaves no file when removed, and takes the port it is told', async () => {
    const first = await start();
    const { home } = await locateCluster(directory);
    await first.remove();
    await expect(stat(directory)).rejects.toThrow('ENOENT');
    await expect(stat(home)).rejects.toThrow('ENOENT');
    const second = await start({ port: first.port });
    expect(second.port).toBe(first.port);
    expect(new URL(second.url('other')).port).toBe(String(first.port));
    expect(new URL(second.url('other')).pathname).toBe('/other');
  });

  it('does not run as root, and its files belong to the user it runs as', async () => {
    await start();
    const { dataDirectory } = await locateCluster(directory);
    const pid = await serverPid();
    expect((await stat(dataDirectory)).uid).not.toBe(0);
    expect((await stat(`/proc/${pid}`)).uid).toBe((await stat(dataDirectory)).uid);
  });
});

describe('a second start', () => {
  it('adopts the server of a start that was killed', async () => {
    const { child, url } = await startInChild();
    await query(url, 'create table kept (id int)');
    const pid = await serverPid();
    child.kill('SIGKILL');
    const server = await start();
    expect(server.url()).toBe(url);
    expect(await serverPid()).toBe(pid);
    await query(server.url(), 'select * from kept');
  });

  it('moves a running server to another port when told to', async () => {
    const first = await start();
    const { port } = first;
    const second = await start({ port: await unusedPort() });
    expect(second.port).not.toBe(port);
    await query(second.url(), 'select 1');
  });

  it('at the same moment in another process shares one server', async () => {
    const [one, two] = await Promise.all([startInChild(), startInChild()]);
    expect(one.url).toBe(two.url);
    await query(one.url, 'select 1');
  });

  it('is not fooled by a stale file that names another program', async () => {
    const server = await start();
    await query(server.url(), 'create table kept (id int)');
    const { dataDirectory } = await locateCluster(directory);
    const pidFile = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8');
    await server.stop();
    await writeFile(
      join(dataDirectory, 'postmaster.pid'),
      pidFile.replace(/^\d+/, String(process.pid)),
      { mode: 0o644 },
    );
    await chmod(join(dataDirectory, 'postmaster.pid'), 0o644);
    const again = await start();
    await query(again.url(), 'select * from kept');
  });

  it('clears what an interrupted first start left', async () => {
    const { home } = await locateCluster(directory);
    await mkdir(join(home, 'unfinished', 'data'), { recursive: true });
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'starting'), '999999999');
    const server = await start();
    await query(server.url(), 'select 1');
    expect(await readdir(home)).not.toContain('unfinished');
    expect(await readdir(directory)).not.toContain('starting');
  });

  it('begins anew when the directory was deleted under a running server', async () => {
    const first = await start();
    await query(first.url(), 'create table forgotten (id int)');
    await rm(directory, { recursive: true, force: true });
    const second = await start();
    await expect(query(second.url(), 'select * from forgotten')).rejects.toThrow('does not exist');
  });
});

describe('when the parent ends', () => {
  it('by Ctrl-C in the terminal, the server stays for the app to finish', async () => {
    const { child, url } = await startInChild();
    // A terminal sends the signal to the whole process group.
    process.kill(-(child.pid ?? Number.NaN), 'SIGINT');
    await exited(child);
    await query(url, 'select 1');
  });

  it('by kill -9, a server that ends with its parent is gone', async () => {
    const { child } = await startInChild({ endsWithParent: true });
    const pid = await serverPid();
    child.kill('SIGKILL');
    await waitUntil(async () => !(await isAlive(pid)));
  });
});

describe.runIf(isRoot)('as root', () => {
  it('works from folders that only root may enter, whatever the umask', async () => {
    await chmod(folder, 0o700);
    const temporary = join(folder, 'tmp');
    await mkdir(temporary, { mode: 0o700 });
    const { url } = await startInChild({ environment: { TMPDIR: temporary }, umask: '0077' });
    await query(url, 'select 1');
  });

  it('hands over to an ordinary user, who needs no other user', async (context) => {
    const nobody = 65_534;
    await chmod(folder, 0o777);
    if (!(await everyoneMayRead(resolve(import.meta.dirname)))) context.skip();
    const { url, child } = await startInChild({ uid: nobody });
    await query(url, 'select 1');
    expect((await stat(join(directory, 'data'))).uid).toBe(nobody);
    const pid = Number.parseInt(
      await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8'),
      10,
    );
    child.kill('SIGKILL');
    process.kill(pid, 'SIGQUIT');
    await waitUntil(async () => !(await isAlive(pid)));
  });

  it('refuses a user that does not exist or is root', async () => {
    await expect(start({ uid: 0 })).rejects.toThrow('PostgreSQL does not run as root');
    await expect(start({ uid: 4_242_424 })).rejects.toThrow('names no user 4242424');
  });
});

function start(options: Partial<PostgresOptions> = {}): Promise<PostgresServer> {
  return startPostgres({ directory, fsync: false, endsWithParent: true, ...options });
}

interface ChildOptions {
  readonly endsWithParent?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly umask?: string;
}

async function startInChild(options: ChildOptions = {}) {
  const program = join(import.meta.dirname, 'start-and-wait.ts');
  const words = [program, directory, String(options.endsWithParent ?? false)];
  const child = spawn(
    '/bin/sh',
    [
      '-c',
      `umask ${options.umask ?? '0022'}; exec "$0" --import tsx "$@"`,
      process.execPath,
      ...words,
    ],
    {
      cwd: resolve(import.meta.dirname, '../../..'),
      detached: true,
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', 'pipe', 'inherit'],
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    },
  );
  children.push(child);
  const said = await new Promise<string>((done, fail) => {
    child.stdout.once('data', (part: Buffer) => done(part.toString('utf8')));
    child.once('exit', (code) => fail(new Error(`The child ended with ${code}.`)));
  });
  const { url }: { url: string } = JSON.parse(said);
  return { child, url };
}

async function query(url: string, sql: string) {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await client.query(sql);
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function serverPid(): Promise<number> {
  const { dataDirectory } = await locateCluster(directory);
  return Number.parseInt(await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8'), 10);
}

async function unusedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => {
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function everyoneMayRead(path: string): Promise<boolean> {
  for (let current = path; current !== '/'; current = resolve(current, '..')) {
    if (((await stat(current)).mode & 0o005) !== 0o005) return false;
  }
  return true;
}

async function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    await new Promise((done) => child.once('exit', done));
  }
}

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('It did not come true within 20 s.');
    await sleep(20);
  }
}
