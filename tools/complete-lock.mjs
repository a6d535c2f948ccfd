// Adds the optional packages of other platforms to package-lock.json: some registries do not serve them, npm then leaves
// them out, and `npm ci` refuses a lock that does not name every optional dependency. Run it after `npm install`.
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const systems = {
  aix: 'aix',
  android: 'android',
  darwin: 'darwin',
  freebsd: 'freebsd',
  linux: 'linux',
  netbsd: 'netbsd',
  openbsd: 'openbsd',
  openharmony: 'openharmony',
  sunos: 'sunos',
  win32: 'win32',
  windows: 'win32',
};
const processors = new Set([
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
]);
const libraries = { gnu: 'glibc', musl: 'musl' };

/**
 * Returns the lock with an entry for every optional dependency, and the paths it added. A complete lock comes back as it is.
 * @param {{ packages: Record<string, Record<string, unknown>> }} lock
 */
export function completeLock(lock) {
  const packages = { ...lock.packages };
  const added = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
      if (findInstalled(packages, path, name) !== undefined) continue;
      const place = `node_modules/${name}`;
      packages[place] = foreignEntry(name, { version: lowestVersion(name, range), parent: entry });
      added.push(place);
    }
  }
  if (added.length === 0) return { lock, added };
  // npm's own order, so that the next `npm install` does not shuffle the file.
  const sorted = Object.keys(packages).toSorted((a, b) => a.localeCompare(b, 'en'));
  return {
    lock: { ...lock, packages: Object.fromEntries(sorted.map((key) => [key, packages[key]])) },
    added,
  };
}

/** Where Node would find a package from `path`: in its own node_modules or in those of the folders above. */
function findInstalled(packages, path, name) {
  for (
    let folder = path;
    ;
    folder = folder.slice(0, folder.lastIndexOf('node_modules/')).replace(/\/$/, '')
  ) {
    const candidate = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return candidate;
    if (folder === '') return undefined;
  }
}

/** Packages of one platform are released together with their parent and named exactly; a caret means the version it starts at. */
function lowestVersion(name, range) {
  const version = /^[\^~]?(\d+\.\d+\.\d+(?:[-+][\w.+-]+)?)$/.exec(range)?.[1];
  if (version === undefined) throw new Error(`${name}: cannot tell the version from "${range}".`);
  return version;
}

/** Only what npm needs to skip the package elsewhere; without a hash it is fetched and trusted where it fits. */
function foreignEntry(name, { version, parent }) {
  const words = name.split(/[^a-z0-9]+/);
  const os = words.flatMap((word) => systems[word] ?? []);
  const cpu = words.filter((word) => processors.has(word));
  const libc = words.flatMap((word) => libraries[word] ?? []);
  if (cpu.length === 0 && os.length === 0) {
    throw new Error(
      `${name}: its name does not say its platform. Install it once where the registry serves it.`,
    );
  }
  return {
    version,
    ...(cpu.length > 0 ? { cpu } : {}),
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc.length > 0 && os.includes('linux') ? { libc } : {}),
    optional: true,
    ...(os.length > 0 ? { os } : {}),
  };
}

async function main(words) {
  const check = words.includes('--check');
  const file = resolve(words.find((word) => !word.startsWith('--')) ?? 'package-lock.json');
  const { lock, added } = completeLock(JSON.parse(await readFile(file, 'utf8')));
  if (added.length === 0) return 0;
  for (const place of added) console.log(`${check ? 'missing' : 'added'}: ${place}`);
  if (check) {
    console.error(
      'package-lock.json is not complete, so npm ci would fail: run node tools/complete-lock.mjs',
    );
    return 1;
  }
  await writeFile(file, `${JSON.stringify(lock, undefined, 2)}\n`);
  return 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.exitCode = await main(process.argv.slice(2));
}
