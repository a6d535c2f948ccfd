// Runs the app as a user does: its bundle, its documented settings, its own process, stopped with SIGTERM.
import { spawn } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { signalGroup } from './processes.ts';
import { until } from './steps.ts';

export interface AppOptions {
  /** The bundle, `dist/headroom.js`. */
  readonly bundle: string;
  /** The root of the checkout: the app's working directory. */
  readonly root: string;
  /** Everything the app is told, PORT included. */
  readonly settings: Readonly<Record<string, string>>;
  readonly port: number;
  readonly logFile: string;
  readonly pidFile: string;
}

export interface AppProcess {
  readonly url: string;
  readonly pid: number;
  /** Resolves with words for how it ended. */
  readonly ended: Promise<string>;
  /** The same words, once it has ended. */
  howItEnded(): string | undefined;
  /** Runs another of the app's commands with the same settings. */
  run(args: readonly string[]): Promise<{ readonly code: number; readonly output: string }>;
  /** The end of its log, for people. */
  lastWords(): Promise<string>;
  /** Asks it to end, waits, and insists when it takes too long. */
  stop(): Promise<void>;
  /** Ends it at once, also from a handler that cannot wait. */
  killNow(): void;
}

/** It waits 10 s for handlers at work; a run at a safe point is handed over sooner. */
const stopTimeoutMs = 20_000;
const lastWordsLines = 25;

export async function startAppProcess(options: AppOptions): Promise<AppProcess> {
  const { bundle, root, settings, logFile, pidFile } = options;
  const log = await open(logFile, 'w', 0o600);
  const child = spawn(process.execPath, [bundle, 'serve'], {
    cwd: root,
    env: environment(settings),
    // A group of its own: Ctrl-C in the terminal must not reach it before the demo has decided.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  let end: string | undefined;
  const ended = new Promise<string>((done) => {
    const finish = (words: string): void => {
      end ??= words;
      done(end);
    };
    child.once('error', (error) => finish(`could not be started (${error.message})`));
    child.once('exit', (code, signal) =>
      finish(code === null ? `was ended by ${signal}` : `ended with code ${code}`),
    );
  });
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error(`the app ${await ended}`);
  await writeFile(pidFile, String(pid));
  const callOffWatch = killWhenParentEnds(pid);
  return {
    url: `http://127.0.0.1:${options.port}`,
    pid,
    ended,
    howItEnded: () => end,
    run: (args) => runCommand({ bundle, root, settings }, args),
    lastWords: async () => {
      const text = await readFile(logFile, 'utf8').catch(() => '');
      return text.trimEnd().split('\n').slice(-lastWordsLines).join('\n');
    },
    stop: async () => {
      const insist = setTimeout(() => signalGroup(pid, 'SIGKILL'), stopTimeoutMs);
      if (end === undefined) signalGroup(pid, 'SIGTERM');
      await ended;
      clearTimeout(insist);
      callOffWatch();
      await rm(pidFile, { force: true });
    },
    killNow: () => {
      if (end === undefined) signalGroup(pid, 'SIGKILL');
    },
  };
}

/** Waits until the app says it is ready. Throws when it ends instead, with its last words. */
export async function untilReady(app: AppProcess, signal: AbortSignal): Promise<void> {
  const startTimeoutMs = 60_000;
  await until({ what: 'the app to be ready', timeoutMs: startTimeoutMs, signal }, async () => {
    const end = app.howItEnded();
    if (end !== undefined) throw new Error(`the app ${end} instead of getting ready`);
    return (await isReady(app.url)) ? true : undefined;
  });
}

/** A port that is free now; the app needs to be told one. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, fail) => {
    probe.once('error', fail);
    probe.listen(0, '127.0.0.1', done);
  });
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === 'string') throw new Error('no free port on 127.0.0.1');
  return address.port;
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // It does not listen yet.
    return false;
  }
}

/** Nothing but the settings and the path to find programs: what works here works for everybody. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', ...settings };
}

function runCommand(
  { bundle, root, settings }: Pick<AppOptions, 'bundle' | 'root' | 'settings'>,
  args: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [bundle, ...args], {
      cwd: root,
      env: environment(settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const collect = (part: Buffer): void => {
      output += part.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => done({ code: 1, output: error.message }));
    child.once('close', (code) => done({ code: code ?? 1, output: output.trim() }));
  });
}

/**
 * Leaves a small process that kills the app when this one ends in a way that runs no code, such as kill -9.
 * Returns the function that calls it off.
 */
function killWhenParentEnds(pid: number): () => void {
  // `read` blocks until our end of the pipe closes, which the kernel does in every case.
  const watch = spawn(
    '/bin/sh',
    ['-c', 'read -r word; [ "$word" = off ] || kill -9 "-$0"', String(pid)],
    { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  watch.on('error', () => undefined);
  watch.stdin.on('error', () => undefined);
  watch.unref();
  if ('unref' in watch.stdin && typeof watch.stdin.unref === 'function') watch.stdin.unref();
  return () => {
    watch.stdin.end('off\n');
  };
}
