// Starts a real Prometheus and a real Alertmanager on free ports, with the files a test gives them.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

export interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

type Files = Readonly<Record<string, string>>;

/** `files` lie beside its configuration `prometheus.yml`, which is one of them. */
export function startPrometheus(program: string, files: Files): Promise<Running> {
  return start(program, files, (directory, address) => [
    `--config.file=${join(directory, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    // What fires before Alertmanager is found is sent again soon, and not only after a minute.
    '--rules.alert.resend-delay=1s',
  ]);
}

/** `files` lie beside its configuration `alertmanager.yml`, which is one of them. */
export function startAlertmanager(program: string, files: Files): Promise<Running> {
  return start(program, files, (directory, address) => [
    `--config.file=${join(directory, 'alertmanager.yml')}`,
    `--storage.path=${join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
  ]);
}

async function start(
  program: string,
  files: Files,
  argsOf: (directory: string, address: string) => readonly string[],
): Promise<Running> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-real-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, argsOf(directory, address), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said = `${said}${String(chunk)}`.slice(-4_000)));
  const url = `http://${address}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await ready(`${url}/-/ready`, child);
  } catch (error) {
    await stop();
    throw new Error(`${program}: ${said}`, { cause: error });
  }
  return { url, stop };
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok === true) return;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error('it does not become ready');
    await sleep(50);
  }
}
