// Puts a fresh data directory in place in a fraction of the time that initdb takes: a copy of one that was made before.

import { chmod, chown, lstat, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { passableTemporaryFolder, type ServerUser } from '../../sandbox/postgres/binaries.ts';
import { locateCluster } from '../../sandbox/postgres/cluster.ts';
import { runProgram } from '../../sandbox/postgres/program.ts';
import { programsOf, type ServerVersion } from './versions.ts';

/** Only reachable on 127.0.0.1 of a machine that runs tests. */
const password = 'only-for-tests';

export interface Wanted {
  readonly version: ServerVersion;
  /** Where `startPostgres` will look. */
  readonly directory: string;
  /** Files beside those of initdb, or more lines for them, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /** With a system_identifier of its own; copies of one template share theirs, as a primary and its standbys do. */
  readonly isUnrelated?: boolean;
}

/** After this `startPostgres` finds everything there and only starts. */
export async function putDataDirectory(wanted: Wanted): Promise<void> {
  const { version, directory, files = {}, isUnrelated } = wanted;
  const { home, dataDirectory, user } = await locateCluster(resolve(directory));
  await mkdir(directory, { recursive: true });
  await mkdir(home, { recursive: true });
  // The server's user must pass through, and nobody else needs to list it.
  await chmod(home, user === undefined ? 0o700 : 0o711);
  await writeFile(join(directory, 'password'), password, { mode: 0o600 });
  await mkdir(dataDirectory, { mode: 0o700 });
  await own(dataDirectory, user);
  if (isUnrelated) await initialise(version, dataDirectory, user);
  else {
    const template = await templateOf(version, user);
    await ran('cp', ['-a', `${template}/.`, dataDirectory], user);
  }
  for (const [name, text] of Object.entries(files)) {
    const file = join(dataDirectory, name);
    await writeFile(file, text, { flag: 'a', mode: 0o600 });
    await own(file, user);
  }
}

/** Made once on a machine for each version and user; it appears by one rename, so it is never half there. */
async function templateOf(version: ServerVersion, user: ServerUser | undefined): Promise<string> {
  const owner = user?.uid ?? process.getuid?.();
  const postgres = join(await programsOf(version), 'postgres');
  const { output } = await runProgram(postgres, ['--version'], { user });
  const [exactly = version] = /[\d.]+/.exec(output) ?? [];
  const name = `headroom-data-${exactly}-${owner ?? 'mine'}`;
  const template = join(await passableTemporaryFolder(), name);
  const found = await lstat(template).catch(() => undefined);
  if (found?.isDirectory() && (owner === undefined || found.uid === owner)) return template;
  const unfinished = await mkdtemp(`${template}.unfinished-`);
  try {
    await own(unfinished, user);
    await initialise(version, unfinished, user);
    await rename(unfinished, template).catch((error: unknown) => {
      // Another test file made it in the meantime, from the same programs.
      if (!/ENOTEMPTY|EEXIST/.test(String(error))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return template;
}

async function initialise(
  version: ServerVersion,
  directory: string,
  user: ServerUser | undefined,
): Promise<void> {
  // initdb wants an empty folder, so the password stands beside it.
  const passwordFile = `${directory}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  await own(passwordFile, user);
  try {
    const args = ['-D', directory, '-U', 'headroom', `--pwfile=${passwordFile}`, '--no-sync'];
    const words = ['--auth=scram-sha-256', '--encoding=UTF8', '--locale=C'];
    await ran(join(await programsOf(version), 'initdb'), [...args, ...words], user);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function own(path: string, user: ServerUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

async function ran(
  program: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<void> {
  const { code, output } = await runProgram(program, args, { user });
  if (code !== 0) throw new Error(`${program} failed: ${output}`);
}
