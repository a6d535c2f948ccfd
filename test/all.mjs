// `npm test`: everything that can be checked on a fresh clone, then one line that says how it went.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'headroom-test-'));
const report = join(directory, 'vitest.json');
const env = { ...process.env, npm_config_yes: 'true' };

/** Runs a program; true when it ends well. What it says comes out in one piece, since others may run beside it. */
function check(name, command, args) {
  return new Promise((resolve) => {
    const said = [`\n== ${name}\n`];
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text) => said.push(text));
    }
    child.on('error', (error) => said.push(`${error.message}\n`));
    child.on('close', (code) => {
      process.stdout.write(said.join(''));
      resolve(code === 0);
    });
  });
}

/** Runs the tests, which say how they are getting on; true when all pass. */
function runTests() {
  console.log('\n== tests');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  return new Promise((resolve) => {
    const child = spawn('node_modules/.bin/vitest', [...args, ...process.argv.slice(2)], {
      env,
      stdio: 'inherit',
    });
    child.on('error', (error) => {
      console.log(error.message);
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

/** What only reads the sources, one after the other: the tests beside it leave about one processor. */
async function checkSources() {
  return [
    await check('types', 'node_modules/.bin/tsc', ['--noEmit']),
    await check('lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings']),
    await check('format', 'node_modules/.bin/biome', ['check', '.']),
    await check('unused code', 'node_modules/.bin/knip', []),
  ];
}

// Alone: tests run what it makes.
const bundled = await check('bundle', process.execPath, ['build.mjs']);
const [sources, tests] = await Promise.all([checkSources(), runTests()]);
const results = [bundled, ...sources];

const { passed, failed } = tally(tests);
rmSync(directory, { recursive: true, force: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Each check counts as one; a test run that failed without a failed test (a leak, a crash) counts as one more. */
function tally(testsWentWell) {
  const counted = { numPassedTests: 0, numFailedTests: 0 };
  try {
    Object.assign(counted, JSON.parse(readFileSync(report, 'utf8')));
  } catch (error) {
    console.log(`no report of the tests: ${error.message}`);
  }
  const broken = !testsWentWell && counted.numFailedTests === 0 ? 1 : 0;
  return {
    passed: results.filter(Boolean).length + counted.numPassedTests,
    failed: results.filter((ok) => !ok).length + counted.numFailedTests + broken,
  };
}
