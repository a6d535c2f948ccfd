// Runs the built program in a process of its own, as a person at a terminal does.

import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

/** The program that `npm run build` makes. */
export const bundle = resolve(import.meta.dirname, '../dist/headroom.js');

/**
 * PROFILES_DIR with no profile but the one that the words name (default: gl-008): reading all that ship is most of the time
 * of a command, and of a start.
 */
export function onlyProfile(words: readonly string[] = []): string {
  const id = words.find((word) => /^gl-\d{3}$/.test(word)) ?? 'gl-008';
  return resolve(import.meta.dirname, 'fixtures/profiles', id);
}

/** How a command ended. */
interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The environment holds PATH and `env`, nothing of the developer's. (Default folder: that of temporary files.) */
export async function runHeadroom(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  cwd: string = tmpdir(),
): Promise<Ended> {
  const options = { cwd, env: { PATH: process.env['PATH'] ?? '', ...env } };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [bundle, ...args],
      options,
    );
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}
