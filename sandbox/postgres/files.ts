// Prepares a server's password and data folder, so that an interrupted or a simultaneous start never leaves half of them.
import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './binaries.ts';
import { type Cluster, reclaimCluster } from './cluster.ts';
import { isAlive } from './processes.ts';
import { runProgram } from './program.ts';

/** The server's only login, which owns everything. */
export const userName = 'headroom';

/** A first start takes 2 s here; whoever waits for it waits at most this long. */
const startLockTimeoutMs = 120_000;

/** Runs `work` while no other process starts a server for the same directory; a lock its killed holder left is ignored. */
export async function oneStartAtATime<T>(directory: string, work: () => Promise<T>): Promise<T> {
  await mkdir(directory, { recursive: true });
  const lock = join(directory, 'starting');
  const claim = `${lock}-${process.pid}-${randomBytes(4).toString('hex')}`;
  await writeFile(claim, String(process.pid), { mode: 0o600 });
  try {
    const deadline = Date.now() + startLockTimeoutMs;
    // A link appears with its content or not at all, so nobody reads a lock without a holder.
    while (!(await linked(claim, lock))) {
      const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
      if (holder !== 0 && !(await isAlive(holder))) await rm(lock, { force: true });
      else if (Date.now() > deadline) {
        throw new Error(
          `Process ${holder} has been starting the server in ${directory} for two minutes.`,
        );
      } else await sleep(50);
    }
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  } finally {
    await rm(claim, { force: true });
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Makes the password and the data folder if they are not there; returns the password. */
export async function prepareFiles(
  cluster: Cluster,
  bin: string,
  { fsync }: { readonly fsync: boolean },
): Promise<string> {
  const file = join(cluster.directory, 'password');
  const known = await readFile(file, 'utf8').catch(() => '');
  // The password doubles as the mark that the directory still owns its data: a deleted directory means a new cluster.
  const password = known === '' ? randomBytes(24).toString('base64url') : known;
  if (known === '') {
    await reclaimCluster(cluster, bin);
    await writeFile(`${file}.new`, password, { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
  await initialise(cluster, bin, { password, fsync });
  return password;
}

/** Builds the data folder beside its final place: only a finished one gets its name. */
async function initialise(
  cluster: Cluster,
  bin: string,
  { password, fsync }: { readonly password: string; readonly fsync: boolean },
): Promise<void> {
  const { home, dataDirectory, user } = cluster;
  await mkdir(home, { recursive: true });
  // The server's user must pass through, and nobody else needs to list it.
  await chmod(home, user === undefined ? 0o700 : 0o711);
  const unfinished = join(home, 'unfinished');
  await rm(unfinished, { recursive: true, force: true });
  if ((await stat(dataDirectory).catch(() => undefined)) !== undefined) return;
  await mkdir(unfinished, { mode: 0o700 });
  const passwordFile = join(unfinished, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) {
    await chown(unfinished, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const made = await runProgram(
    join(bin, 'initdb'),
    [
      '-D',
      join(unfinished, 'data'),
      '-U',
      userName,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // The built-in C.UTF-8 sorts and folds case alike on every system, whichever locales it has.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(fsync ? [] : ['--no-sync']),
    ],
    { user },
  );
  if (made.code !== 0) throw new Error(`Making the PostgreSQL data folder failed: ${made.output}`);
  await rename(join(unfinished, 'data'), dataDirectory);
  await rm(unfinished, { recursive: true, force: true });
}
