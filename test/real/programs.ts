// Finds the real programs some tests need. Without them those tests are skipped, or fail where REQUIRE_REAL=1 says they must run.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Debian puts servers where ordinary users do not look. */
const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin'];

/** The path of the first of these programs that is installed, or undefined. */
export function findProgram(...names: readonly string[]): string | undefined {
  for (const name of names) {
    for (const folder of folders.filter((each) => each !== '')) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return undefined;
}

/** Whether tests of a program that was not found are left out; with REQUIRE_REAL=1 they run, and fail. */
export function mayBeSkipped(...programs: readonly (string | undefined)[]): boolean {
  return programs.includes(undefined) && process.env['REQUIRE_REAL'] !== '1';
}

/** The program, which a test that was not skipped needs. */
export function installed(program: string | undefined, name: string): string {
  if (program === undefined) throw new Error(`REQUIRE_REAL=1 is set but ${name} is not installed`);
  return program;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
