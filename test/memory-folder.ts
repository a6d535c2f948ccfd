// Puts what tests write for a moment into memory, where there is room: each database they make is a thousand files.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Linux keeps files in memory. */
const inMemory = '/dev/shm';

/** A run takes a tenth of this; containers often have 64 MiB there, which is too little. */
const enoughBytes = 4 * 1024 ** 3;

/** Makes the folder in memory the temporary one of this process and of all it starts, unless TMPDIR says otherwise. */
export function useMemoryFolder(): void {
  if (process.env['TMPDIR'] === undefined && canBeUsed()) process.env['TMPDIR'] = inMemory;
}

/** True when there is room and programs may run from there, as PostgreSQL's do. */
function canBeUsed(): boolean {
  let folder: string | undefined;
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    if (bavail * bsize < enoughBytes) return false;
    folder = mkdtempSync(join(inMemory, 'headroom-trial-'));
    const program = join(folder, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o700 });
    execFileSync(program);
    return true;
  } catch {
    return false;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
