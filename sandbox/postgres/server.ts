// Runs a real PostgreSQL server from npm's binaries, so that nobody has to install one to try Headroom or to test it.
import { chown, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { binariesFor, errorCode, type ServerUser } from './binaries.ts';
import { type Cluster, locateCluster, reclaimCluster } from './cluster.ts';
import { oneStartAtATime, prepareFiles, userName } from './files.ts';
import { childrenOf, isAlive, isPostgres } from './processes.ts';
import { runProgram, stopWhenParentEnds } from './program.ts';

export type StopMode = 'fast' | 'immediate';

export interface PostgresOptions {
  /** Where the server keeps its files. As root the data itself lives in a temporary folder that another user may enter. */
  readonly directory: string;
  /** The port to listen on. (Default: that of a running server, else any free one.) */
  readonly port?: number;
  /** The user to run as when started as root. (Default: `postgres`, else `nobody`.) */
  readonly uid?: number;
  /** False trades durability for speed: tests only. (Default: true.) */
  readonly fsync?: boolean;
  /** More server settings, such as `max_connections`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The folder with `pg_ctl` and the others. (Default: what npm ships.) */
  readonly bin?: string;
  /** Stop the server when this process ends in any way, kill -9 included. (Default: false, a later start adopts it.) */
  readonly endsWithParent?: boolean;
}

/** A running server and the ways to stop it, gently and not. */
export interface PostgresServer {
  readonly port: number;
  /** The address of a database, with user and password. (Default: `postgres`.) */
  url(database?: string): string;
  /** Resolves when the server has ended; one that is already down is no error. (Default: `fast`.) */
  stop(mode?: StopMode): Promise<void>;
  /** Kills the server process as a power cut would; resolves when it is gone. */
  kill9(): Promise<void>;
  /** Stops the server if it runs and starts it on the same port. */
  restart(): Promise<void>;
  /** Stops the server and deletes everything it kept. */
  remove(): Promise<void>;
}

/** Recovery after kill -9 took 0.3 s here; a slow disk gets a hundred times that. */
const startTimeoutMs = 30_000;

/**
 * Starts the server for a directory, or adopts the one that a killed start left running there.
 * The server does not hear the terminal's Ctrl-C: whoever started it stops it, after the app.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const cluster = await locateCluster(resolve(options.directory), options.uid);
  const bin = options.bin ?? join(await binariesFor(cluster.user), 'bin');
  return oneStartAtATime(cluster.directory, async () => {
    const password = await prepareFiles(cluster, bin, { fsync: options.fsync ?? true });
    const server = new Server(cluster, bin, password, options);
    await server.begin();
    return server;
  });
}

/** Stops and deletes what `startPostgres` left for a directory; nothing there is no error. */
export async function removePostgres(directory: string): Promise<void> {
  const cluster = await locateCluster(resolve(directory));
  await reclaimCluster(cluster, join(await binariesFor(cluster.user), 'bin'));
  await rm(cluster.directory, { recursive: true, force: true });
}

class Server implements PostgresServer {
  readonly #cluster: Cluster;
  readonly #bin: string;
  readonly #password: string;
  readonly #options: PostgresOptions;
  #port = 0;
  #endWatch: (() => void) | undefined;

  constructor(cluster: Cluster, bin: string, password: string, options: PostgresOptions) {
    this.#cluster = cluster;
    this.#bin = bin;
    this.#password = password;
    this.#options = options;
  }

  get port(): number {
    return this.#port;
  }

  url(database = 'postgres'): string {
    return `postgres://${userName}:${this.#password}@127.0.0.1:${this.#port}/${encodeURIComponent(database)}`;
  }

  async begin(): Promise<void> {
    if (this.#options.endsWithParent === true) {
      this.#endWatch = stopWhenParentEnds(this.#cluster, this.#bin);
    }
    const running = await this.#runningPort();
    const wanted = this.#options.port;
    if (running !== undefined && (wanted === undefined || wanted === running)) {
      this.#port = running;
      return;
    }
    if (running !== undefined) await this.stop();
    await this.#startOn(wanted);
  }

  async stop(mode: StopMode = 'fast'): Promise<void> {
    if (!(await this.#isUp())) return;
    const { dataDirectory, user } = this.#cluster;
    const stopped = await runProgram(
      join(this.#bin, 'pg_ctl'),
      ['-D', dataDirectory, '-w', '-t', '60', '-m', mode, 'stop'],
      { user },
    );
    if (stopped.code !== 0 && (await this.#isUp())) {
      throw new Error(`PostgreSQL did not stop: ${stopped.output}`);
    }
  }

  async kill9(): Promise<void> {
    const pid = await readPid(this.#cluster);
    if (pid === undefined) return;
    const doomed = [pid, ...(await childrenOf(pid))];
    for (const each of doomed) killNow(each);
    const deadline = Date.now() + startTimeoutMs;
    for (const each of doomed) {
      while (await isAlive(each)) {
        if (Date.now() > deadline)
          throw new Error(`PostgreSQL (process ${each}) survived kill -9.`);
        await sleep(10);
      }
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.#startOn(this.#port);
  }

  async remove(): Promise<void> {
    await this.stop('immediate');
    this.#endWatch?.();
    this.#endWatch = undefined;
    await reclaimCluster(this.#cluster, this.#bin);
    await rm(this.#cluster.directory, { recursive: true, force: true });
  }

  /** The port of the server that already runs on this data, after it answered; undefined when none does. */
  async #runningPort(): Promise<number | undefined> {
    if (!(await this.#isUp())) return undefined;
    const port = Number((await readPidFile(this.#cluster))[3]);
    if (!Number.isInteger(port) || port <= 0) return undefined;
    this.#port = port;
    await this.#waitUntilAnswering();
    return port;
  }

  async #isUp(): Promise<boolean> {
    const { dataDirectory, user } = this.#cluster;
    const status = await runProgram(join(this.#bin, 'pg_ctl'), ['-D', dataDirectory, 'status'], {
      user,
    });
    if (status.code !== 0) return false;
    const pid = await readPid(this.#cluster);
    if (pid === undefined) return false;
    if ((await isAlive(pid)) && (await isPostgres(pid))) return true;
    // A zombie, or after a reboot another program, has the number that the stale file names, and PostgreSQL would believe it.
    await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
    return false;
  }

  async #startOn(wanted: number | undefined): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      this.#port = wanted ?? (await freePort());
      const started = await this.#startOnce();
      if (started.code === 0) return this.#waitUntilAnswering();
      const log = await readFile(this.#cluster.logFile, 'utf8').catch(() => '');
      const lastWords = log.slice(-2_000);
      // Children of a killed server need a moment to notice; a free port may be taken before we get it.
      const passing = /pre-existing shared memory|is still in use|Address already in use/.test(
        lastWords,
      );
      if (!passing || Date.now() > deadline) {
        throw new Error(
          `PostgreSQL did not start on port ${this.#port}: ${started.output}\n${lastWords}`,
        );
      }
      await sleep(100);
    }
  }

  async #startOnce() {
    const { dataDirectory, logFile, user } = this.#cluster;
    await prepareLog(logFile, user);
    const settings = {
      listen_addresses: '127.0.0.1',
      // A socket's path has a limit of 107 characters, and a deep checkout is longer: TCP only.
      unix_socket_directories: '',
      timezone: 'UTC',
      log_timezone: 'UTC',
      // Commits stay synchronous: they must outlive a killed server, only not a killed machine.
      ...(this.#options.fsync === false ? { fsync: 'off', full_page_writes: 'off' } : {}),
      ...this.#options.settings,
    };
    const flags = Object.entries(settings).map(
      ([name, value]) => `-c ${name}=${shellQuote(value)}`,
    );
    return runProgram(
      join(this.#bin, 'pg_ctl'),
      [
        '-D',
        dataDirectory,
        '-w',
        '-t',
        '60',
        '-l',
        logFile,
        '-o',
        `-p ${this.#port} ${flags.join(' ')}`,
        'start',
      ],
      { user },
    );
  }

  async #waitUntilAnswering(): Promise<void> {
    const deadline = Date.now() + startTimeoutMs;
    for (;;) {
      const client = new Client({
        connectionString: this.url(),
        connectionTimeoutMillis: 5_000,
      });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.query('select 1');
        return;
      } catch (cause) {
        // 28P01 is a wrong password: waiting does not cure it.
        if (errorCode(cause) === '28P01' || Date.now() > deadline) {
          throw new Error(`PostgreSQL on port ${this.#port} does not answer.`, { cause });
        }
        await sleep(50);
      } finally {
        await client.end().catch(() => undefined);
      }
    }
  }
}

/** Starts with an empty log owned by the server's user, who may not create files beside its data. */
async function prepareLog(logFile: string, user: ServerUser | undefined): Promise<void> {
  const file = await open(logFile, 'w', 0o600);
  await file.close();
  if (user !== undefined) await chown(logFile, user.uid, user.gid);
}

async function readPidFile({ dataDirectory }: Cluster): Promise<readonly string[]> {
  const text = await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.trim());
}

async function readPid(cluster: Cluster): Promise<number | undefined> {
  const pid = Number((await readPidFile(cluster))[0]);
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string')
    throw new Error('No free port on 127.0.0.1.');
  return address.port;
}

function shellQuote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
