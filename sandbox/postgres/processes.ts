// Answers which processes really live: a number in a stale file may be nobody's, a zombie's or another program's.
import { readdir, readFile } from 'node:fs/promises';
import { errorCode } from './binaries.ts';
import { runProgram } from './program.ts';

interface Listed {
  readonly pid: number;
  readonly parent: number;
  readonly state: string;
}

/** Whether the process runs. A zombie does not: it only waits for its parent to look, which in some containers is never. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || !exists(pid)) return false;
  const listed = (await listProcesses()).find((each) => each.pid === pid);
  return listed === undefined ? exists(pid) : !listed.state.startsWith('Z');
}

/** The direct children of a process; none when the system cannot tell. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  return (await listProcesses()).filter((each) => each.parent === pid).map((each) => each.pid);
}

/** Whether this number still is a PostgreSQL server; when the system cannot tell, yes. */
export async function isPostgres(pid: number): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (command !== undefined) return command.includes('postgres');
  const listed = await runProgram('ps', ['-p', String(pid), '-o', 'command='], {});
  return listed.code !== 0 || listed.output.includes('postgres');
}

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** From /proc where there is one (slim images have no ps), else from ps. */
async function listProcesses(): Promise<readonly Listed[]> {
  const names = await readdir('/proc').catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name));
  if (pids.length > 0) {
    const stats = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
    );
    return stats.filter((stat) => stat !== '').map(parseStat);
  }
  const listed = await runProgram('ps', ['-A', '-o', 'pid=,ppid=,state='], {});
  return listed.output.split('\n').map((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), state: state ?? '' };
  });
}

/** `pid (name) state parent …`, where the name may hold blanks and brackets. */
function parseStat(stat: string): Listed {
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { pid: Number.parseInt(stat, 10), parent: Number(parent), state: state ?? '' };
}
