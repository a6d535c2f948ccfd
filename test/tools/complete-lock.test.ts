import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const program = resolve(import.meta.dirname, '../../tools/complete-lock.mjs');
let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(folder, 'package-lock.json');
});

afterEach(() => rm(folder, { recursive: true }));

const incomplete = {
  name: 'example',
  lockfileVersion: 3,
  packages: {
    '': { name: 'example' },
    'node_modules/outer': {
      version: '1.0.0',
      optionalDependencies: { nested: '1.0.0', '@x/bind-linux-x64-musl': '^2.1.0-beta.3' },
    },
    'node_modules/outer/node_modules/nested': { version: '1.0.0', optional: true },
    'node_modules/tool': {
      version: '3.0.0',
      dev: true,
      optionalDependencies: { 'tool-windows-arm64': '3.0.0', 'tool-linux-arm-gnueabihf': '3.0.0' },
    },
  },
};

describe('complete-lock', () => {
  it('adds what is missing, with the platform its name says, and nothing twice', async () => {
    await writeFile(file, JSON.stringify(incomplete));
    expect(run().status).toBe(0);
    const { packages } = JSON.parse(await readFile(file, 'utf8'));
    expect(Object.keys(packages)).toEqual([
      '',
      'node_modules/@x/bind-linux-x64-musl',
      'node_modules/outer',
      'node_modules/outer/node_modules/nested',
      'node_modules/tool',
      'node_modules/tool-linux-arm-gnueabihf',
      'node_modules/tool-windows-arm64',
    ]);
    expect(packages['node_modules/@x/bind-linux-x64-musl']).toEqual({
      version: '2.1.0-beta.3',
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
    });
    expect(packages['node_modules/tool-windows-arm64']).toEqual({
      version: '3.0.0',
      dev: true,
      optional: true,
      os: ['win32'],
      cpu: ['arm64'],
    });
    expect(packages['node_modules/tool-linux-arm-gnueabihf']).toMatchObject({
      os: ['linux'],
      cpu: ['arm'],
    });
    const once = await readFile(file, 'utf8');
    expect(run().stdout).toBe('');
    expect(await readFile(file, 'utf8')).toBe(once);
  });

  it('with --check names what is missing, fails and writes nothing', async () => {
    const text = JSON.stringify(incomplete);
    await writeFile(file, text);
    const checked = run('--check');
    expect(checked.status).toBe(1);
    expect(checked.stdout).toContain('missing: node_modules/tool-windows-arm64');
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('stops at a name or a version it cannot read instead of guessing', async () => {
    for (const [name, range] of [
      ['plain-name', '1.0.0'],
      ['thing-linux-x64', '>=1 <3'],
    ]) {
      const packages = { 'node_modules/a': { optionalDependencies: { [String(name)]: range } } };
      await writeFile(file, JSON.stringify({ packages }));
      const failed = run();
      expect(failed.status).toBe(1);
      expect(failed.stderr).toContain(`${name}: `);
    }
  });

  it("finds this repository's own lock complete", () => {
    const own = resolve(import.meta.dirname, '../../package-lock.json');
    expect(spawnSync(process.execPath, [program, '--check', own]).status).toBe(0);
  });
});

function run(...words: readonly string[]) {
  return spawnSync(process.execPath, [program, ...words, file], { encoding: 'utf8' });
}
