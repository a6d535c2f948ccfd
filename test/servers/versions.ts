// The PostgreSQL versions that real tests run on: the one npm ships, and an older one where Debian's package is installed.

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { binariesFor } from '../../sandbox/postgres/binaries.ts';
import { locateCluster } from '../../sandbox/postgres/cluster.ts';

/** Major versions: 18 comes from npm, 15 from the Debian package postgresql-15. */
const versions = [18, 15] as const;

export type ServerVersion = (typeof versions)[number];

const debianFolder = '/usr/lib/postgresql/15/bin';

/** Runs the tests once on each version; one that is not installed is skipped, or fails with REQUIRE_REAL=1. */
export function onEachVersion(tests: (version: ServerVersion) => void): void {
  for (const version of versions) onVersion(version, tests);
}

/** As `onEachVersion`, on one of them: for what other tests do on the others. */
export function onVersion(version: ServerVersion, tests: (version: ServerVersion) => void): void {
  const isSkipped =
    version === 15 && !isInstalled(debianFolder) && process.env['REQUIRE_REAL'] !== '1';
  describe.skipIf(isSkipped)(`PostgreSQL ${version}`, () => tests(version));
}

/** The folder with its programs. Throws where it is not installed. */
export async function programsOf(version: ServerVersion): Promise<string> {
  if (version === 18) {
    const { user } = await locateCluster('/');
    return join(await binariesFor(user), 'bin');
  }
  if (isInstalled(debianFolder)) return debianFolder;
  throw new Error(`PostgreSQL ${version} is not installed (Debian package postgresql-${version})`);
}

function isInstalled(folder: string): boolean {
  try {
    accessSync(join(folder, 'postgres'), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
