// Starts the demo on a fresh clone: with nothing but Node it installs, builds what is missing or old, and goes on in TypeScript.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...path) => join(root, ...path);

checkNode();
await install();
await build();
const { register } = await import('tsx/esm/api');
register();
await import('./demo/main.ts');

/** The same range as `engines` in package.json. */
function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = (major === 20 && minor >= 20) || (major === 22 && minor >= 19) || major > 22;
  if (fits) return;
  console.error(
    `Headroom needs Node 20.20 or later (22.19 or later of the newer ones). This is ${process.versions.node}, from ${process.execPath}.`,
  );
  process.exit(1);
}

/** Installs when a package of package-lock.json is missing or has another version. */
async function install() {
  if (isInstalled()) return;
  // Also when NODE_ENV or .npmrc leave them out: the demo is made of them.
  const parts = ['--include=dev', '--include=optional'];
  const first = await npm('Installing packages with npm ci', ['ci', ...parts]);
  if (first.code === 0) return;
  const second = await npm('That did not work; trying npm install', [
    'install',
    '--no-save',
    ...parts,
  ]);
  if (second.code === 0) return;
  console.error(
    `${first.output}\n${second.output}\nThe packages could not be installed; npm says why above.`,
  );
  process.exit(1);
}

/** Compares what npm says it installed with what the lock file wants; a newer date alone means nothing. */
function isInstalled() {
  const wanted = readJson('package-lock.json')?.packages ?? {};
  const present = readJson('node_modules/.package-lock.json')?.packages ?? {};
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    // The checkout itself is in the list, too; optional packages are for other platforms.
    if (path === '' || link === true) return true;
    if (present[path] === undefined) return optional === true;
    return present[path].version === version && existsSync(at(path, 'package.json'));
  });
}

/** Bundles the app when the bundle is missing or older than anything it is made of. */
async function build() {
  const built = Math.min(modifiedAt('dist/headroom.js'), modifiedAt('dist/inputs.json'));
  const inputs = readJson('dist/inputs.json') ?? [];
  const sources = inputs.filter((path) => !path.startsWith('node_modules/'));
  const made = [...sources, 'build.mjs', 'node_modules/.package-lock.json'];
  // A source that is gone has no time: the bundle is out of date then, too.
  const isCurrent =
    inputs.length > 0 && made.every((path) => existsSync(at(path)) && modifiedAt(path) <= built);
  if (isCurrent) return;
  const { code, output } = await run('Building the app', process.execPath, ['build.mjs']);
  if (code === 0) return;
  console.error(`${output}\nThe app could not be built.`);
  process.exit(1);
}

/** What a JSON file holds; undefined when it is missing or cut off. */
function readJson(path) {
  try {
    return JSON.parse(readFileSync(at(path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** Milliseconds since 1970, 0 when the file is not there. */
function modifiedAt(path) {
  return statSync(at(path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** The npm that started us, else the one in the PATH. */
function npm(doing, args) {
  const started = process.env['npm_execpath'] ?? '';
  return basename(started) === 'npm-cli.js'
    ? run(doing, process.execPath, [started, ...args])
    : run(doing, 'npm', args);
}

/** Runs a program with one line of progress; what it says is kept for the case that it fails. */
function run(doing, program, args) {
  const startedAt = Date.now();
  process.stdout.write(`${doing} … `);
  return new Promise((done) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (part) => {
      output += part;
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const stop = (signal) => {
      child.kill(signal);
      process.exit(1);
    };
    process.on('SIGINT', stop).on('SIGTERM', stop).on('SIGHUP', stop);
    const finish = (code) => {
      process.off('SIGINT', stop).off('SIGTERM', stop).off('SIGHUP', stop);
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      console.log(code === 0 ? `done in ${seconds} s` : `failed after ${seconds} s`);
      done({ code, output });
    };
    child.once('error', (error) => {
      output += `${program}: ${error.message}`;
      finish(1);
    });
    child.once('close', (code) => finish(code ?? 1));
  });
}
