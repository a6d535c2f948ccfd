// Looks after processes across starts of the demo: which number is whose, and how to end one with everything it started.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../postgres/processes.ts';
import { runProgram } from '../postgres/program.ts';

/** The command line of a process, its words apart by blanks; empty when there is no such process. */
export async function commandOf(pid: number): Promise<string> {
  const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (raw !== undefined) return raw.replaceAll('\0', ' ').trim();
  // No /proc: not Linux, or no such process, and then ps says nothing either.
  const listed = await runProgram('ps', ['-p', String(pid), '-o', 'command='], {});
  return listed.code === 0 ? listed.output : '';
}

/** The number in a pid file, if that process lives and its command line holds all of `words`. */
export async function processOf(
  pidFile: string,
  words: readonly string[],
): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 1 || !(await isAlive(pid))) return undefined;
  const command = await commandOf(pid);
  return words.every((word) => command.includes(word)) ? pid : undefined;
}

/** Sends a signal to the group a process leads, once; one that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // It is gone already.
  }
}

/** Kills a process and its group and waits until it is gone. */
export async function killGroup(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  signalGroup(pid, 'SIGKILL');
  while (await isAlive(pid)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} survived kill -9`);
    await sleep(20);
  }
}
