import { chmod, mkdir, mkdtemp, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { binariesFor, type Shipped } from '../../../sandbox/postgres/binaries.ts';

const isRoot = process.getuid?.() === 0;
const someone = { uid: 65_534, gid: 65_534 };
let shipped: Shipped;
let made: string[] = [];

beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'binaries-test-'));
  made = [folder];
  const native = join(folder, 'native');
  await mkdir(join(native, 'bin'), { recursive: true });
  await mkdir(join(native, 'lib'));
  for (const program of ['initdb', 'pg_ctl', 'postgres']) {
    await writeFile(join(native, 'bin', program), '#!/bin/sh\n', { mode: 0o700 });
  }
  await writeFile(join(native, 'lib', 'libpq.so.5.18'), 'library', { mode: 0o600 });
  await writeFile(
    join(native, 'pg-symlinks.json'),
    JSON.stringify([{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]),
  );
  // The name of the copy holds the version, so a random one keeps runs apart.
  shipped = { native, version: `0.0.0-${Date.now()}`, platform: 'test' };
});

afterEach(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

describe('the PostgreSQL programs', () => {
  it('run in place, with the links that a skipped install script left out', async () => {
    expect(await binariesFor(undefined, { shipped })).toBe(shipped.native);
    expect(await readlink(join(shipped.native, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
  });

  it('are not used when an interrupted install left only some of them', async () => {
    await rm(join(shipped.native, 'lib', 'libpq.so.5.18'));
    await expect(binariesFor(undefined, { shipped })).rejects.toThrow('run npm install');
    await expect(binariesFor(someone, { shipped })).rejects.toThrow('run npm install');
  });

  it('are copied once for another user, readable whatever their modes were', async () => {
    const copy = await binariesFor(someone, { shipped });
    made.push(dirname(copy));
    expect(copy.startsWith(dirname(shipped.native))).toBe(false);
    expect((await stat(join(copy, 'bin', 'pg_ctl'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(copy, 'lib', 'libpq.so.5'))).mode & 0o777).toBe(0o644);
    expect((await stat(copy)).mode & 0o777).toBe(0o755);
    const before = await stat(copy);
    expect(await binariesFor(someone, { shipped })).toBe(copy);
    expect((await stat(copy)).ino).toBe(before.ino);
  });

  it('are copied once by ten starts at the same time', async () => {
    const copies = await Promise.all(
      Array.from({ length: 10 }, () => binariesFor(someone, { shipped })),
    );
    expect(new Set(copies).size).toBe(1);
    made.push(dirname(copies[0] ?? ''));
  });

  it('are copied again when a cleaner of temporary folders took a file', async () => {
    const copy = await binariesFor(someone, { shipped });
    made.push(dirname(copy));
    await rm(join(copy, 'lib', 'libpq.so.5.18'));
    expect(await binariesFor(someone, { shipped })).toBe(copy);
    expect((await stat(join(copy, 'lib', 'libpq.so.5.18'))).size).toBe(7);
  });

  it('are not run from a copy that others could have changed', async () => {
    const copy = await binariesFor(someone, { shipped });
    made.push(dirname(copy));
    await chmod(dirname(copy), 0o777);
    await expect(binariesFor(someone, { shipped })).rejects.toThrow('can be written by others');
  });

  it.skipIf(isRoot)('are copied when the package folder cannot be written to', async () => {
    await chmod(join(shipped.native, 'lib'), 0o555);
    const copy = await binariesFor(undefined, { shipped });
    made.push(dirname(copy));
    expect(await readlink(join(copy, 'lib', 'libpq.so.5'))).toBe('libpq.so.5.18');
    await chmod(join(shipped.native, 'lib'), 0o755);
  });
});
