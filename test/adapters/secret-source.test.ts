// Where secrets stand: a file counts as it is now, and one that is empty is no secret.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSecret } from '../../src/adapters/secret-source.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-secret-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('a file is read without the end of its line', async () => {
  const file = join(directory, 'url');
  await writeFile(file, 'postgresql://u@host/shop\n');
  expect((await readSecret({ file })).reveal()).toBe('postgresql://u@host/shop');
});

it('a file that is empty is refused, for the driver would take an address of its own', async () => {
  const file = join(directory, 'url');
  await writeFile(file, '\n');
  await expect(readSecret({ file })).rejects.toThrow('is empty');
});
