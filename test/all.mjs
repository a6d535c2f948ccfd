// `npm test`: everything that can be checked on a fresh clone, then one line that says how it went.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = mkdtempSync(join(tmpdir(), 'headroom-test-'));
const report = join(directory, 'vitest.json');

/** Runs a program of node_modules/.bin; true when it ends well. */
function check(name, command, args) {
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, {
    stdio: 'inherit',
    env: { ...process.env, npm_config_yes: 'true' },
  });
  return status === 0;
}

const results = [
  check('bundle', process.execPath, ['build.mjs']),
  check('types', 'node_modules/.bin/tsc', ['--noEmit']),
  check('lint', 'node_modules/.bin/oxlint', ['--type-aware', '--deny-warnings']),
  check('format', 'node_modules/.bin/biome', ['check', '.']),
  check('unused code', 'node_modules/.bin/knip', []),
];
const tests = check('tests', 'node_modules/.bin/vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
]);

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
