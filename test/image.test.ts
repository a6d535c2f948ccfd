// What the Dockerfile puts into the image is enough to run: tried with those files alone, since no image can be built here.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDatabase } from './database.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const database = withDatabase({ empty: true });
let image: string;

beforeAll(async () => {
  image = await mkdtemp(join(tmpdir(), 'headroom-image-'));
  const dockerfile = await readFile(join(root, 'Dockerfile'), 'utf8');
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM'));
  for (const [, from, to] of last.matchAll(/^COPY (?:--from=build \/app\/)?(\S+) (\S+)$/gm)) {
    const target = to === './' ? (from ?? '') : (to ?? '');
    await cp(join(root, from ?? ''), join(image, target), { recursive: true });
  }
});
afterAll(async () => {
  await rm(image, { recursive: true, force: true });
});

const headroom = (...args: readonly string[]) =>
  run(process.execPath, ['dist/headroom.js', ...args], {
    cwd: image,
    env: { PATH: process.env['PATH'], DATABASE_URL: database.url },
  });

it('the files of the image size a system and bring a database up to date', async () => {
  expect((await headroom('plan', 'gl-008', 'sites=100')).stdout).toContain(
    '12 steam-trap-inspector',
  );
  expect((await headroom('migrate')).stdout).toContain('0001_foundation.sql');
  expect((await headroom('audit', 'verify')).stdout).toContain('The trail is intact: 0 entries');
});

it('the files of the image draw a picture, and the licence of its letters is among them', async () => {
  await headroom('forecast', 'gl-008', 'sites=100', '--chart', 'forecast.png');
  const png = await readFile(join(image, 'forecast.png'));
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(png.readUInt32BE(16)).toBe(1_200);
  expect(await readdir(join(image, 'dist/picture'))).toContain('LICENSE_FONT');
});
