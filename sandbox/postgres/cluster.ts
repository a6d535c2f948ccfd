// Decides where a server's files live and who runs it: PostgreSQL refuses to run as root, and other users cannot enter root's folders.
import { createHash } from 'node:crypto';
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { passableTemporaryFolder, type ServerUser } from './binaries.ts';
import { runProgram } from './program.ts';

/** The places and the user of one server. */
export interface Cluster {
  /** What the caller asked for; holds the password. */
  readonly directory: string;
  /** Holds data and log: the directory itself, or as root a temporary folder that belongs to it. */
  readonly home: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly user: ServerUser | undefined;
}

/** Works out the places for a directory; creates nothing. `uid` matters only when started as root. */
export async function locateCluster(directory: string, uid?: number): Promise<Cluster> {
  const user = process.getuid?.() === 0 ? await serverUser(uid) : undefined;
  const home = user === undefined ? directory : await homeForOther(directory);
  return {
    directory,
    home,
    dataDirectory: join(home, 'data'),
    logFile: join(home, 'server.log'),
    user,
  };
}

/** Stops a server that still runs on these files and deletes them; the asked directory stays. */
export async function reclaimCluster(cluster: Cluster, bin: string): Promise<void> {
  const { dataDirectory, directory, home, logFile, user } = cluster;
  if ((await lstat(dataDirectory).catch(() => undefined)) !== undefined) {
    await runProgram(
      join(bin, 'pg_ctl'),
      ['-D', dataDirectory, '-w', '-t', '60', '-m', 'immediate', 'stop'],
      { user },
    );
  }
  const options = { recursive: true, force: true, maxRetries: 5 };
  await rm(dataDirectory, options);
  await rm(logFile, options);
  if (home !== directory) await rm(home, options);
}

async function homeForOther(directory: string): Promise<string> {
  const key = createHash('sha256').update(directory).digest('hex').slice(0, 16);
  const home = join(await passableTemporaryFolder(), `headroom-${key}`);
  const found = await lstat(home).catch(() => undefined);
  // Its name can be guessed and the folder is shared, so what somebody else put there is refused.
  if (
    found !== undefined &&
    (!found.isDirectory() || found.uid !== 0 || (found.mode & 0o022) !== 0)
  ) {
    throw new Error(
      `${home} belongs to another user or can be written by others. Remove it and start again.`,
    );
  }
  return home;
}

async function serverUser(uid: number | undefined): Promise<ServerUser> {
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const wanted =
    uid === undefined
      ? (users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody'))
      : users.find((fields) => Number(fields[2]) === uid);
  const found = { uid: Number(wanted?.[2]), gid: Number(wanted?.[3]) };
  if (!Number.isInteger(found.uid) || !Number.isInteger(found.gid) || found.uid === 0) {
    throw new Error(
      `PostgreSQL does not run as root, and /etc/passwd names no ${uid === undefined ? 'user postgres or nobody' : `user ${uid} other than root`}. Start as an ordinary user, or use your own server through DATABASE_URL.`,
    );
  }
  return found;
}
