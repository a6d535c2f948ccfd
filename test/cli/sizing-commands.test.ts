// `headroom plan`, `cost` and `forecast` as they ship where something is in the way: a chart that cannot be written, a
// folder of profiles that cannot be read.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, onlyProfile, runHeadroom } from '../run-headroom.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-sizing-cli-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const headroom = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runHeadroom(args, env, directory);

const forecast = (...chart: readonly string[]) =>
  headroom(['forecast', 'gl-008', 'sites=100', ...chart], { PROFILES_DIR: onlyProfile() });

describe('the chart of a forecast', () => {
  it('is written as a PNG beside the numbers', async () => {
    const { code, out, err } = await forecast('--chart', 'next-year.png');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('Passed on the way:');
    const png = await readFile(join(directory, 'next-year.png'));
    expect(png.subarray(1, 4).toString()).toBe('PNG');
  });

  it('that cannot be written ends with 1 and one sentence, and prints nothing', async () => {
    await mkdir(join(directory, 'folder.png'));
    expect(await forecast('--chart', 'no/such/folder/a.png')).toEqual({
      code: 1,
      out: '',
      err: '--chart no/such/folder/a.png: there is no such folder\n',
    });
    expect(await forecast('--chart', 'folder.png')).toEqual({
      code: 1,
      out: '',
      err: '--chart folder.png: it is a folder\n',
    });
  });

  it.each(['settings.yaml', 'forecast.svg', '', 'sites=100'])(
    'is not written over "%s", which does not end in .png',
    async (name) => {
      const before = 'somebody’s file';
      if (name !== '') await writeFile(join(directory, name), before);
      const { code, out, err } = await forecast('--chart', name);
      expect([code, out]).toEqual([2, '']);
      expect(err).toBe(`--chart: it is a PNG, so "${name}" should end in .png\n`);
      if (name !== '') expect(await readFile(join(directory, name), 'utf8')).toBe(before);
    },
  );
});

describe('a folder of profiles', () => {
  it('with a folder or a broken link among them is named in words', async () => {
    const profiles = join(directory, 'profiles');
    await mkdir(join(profiles, 'folder.yaml'), { recursive: true });
    await symlink('/no/such/file', join(profiles, 'link.yaml'));
    const { code, out, err } = await headroom(['plan', 'shop'], { PROFILES_DIR: profiles });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${join(profiles, 'folder.yaml')}: a file was expected`);
    expect(err).toContain(`${join(profiles, 'link.yaml')}: there is no such file or folder`);
    expect(err).not.toContain('    at ');
  });
});

describe('--explain', () => {
  it('says so where there is nothing to explain', async () => {
    const { code, out } = await headroom([
      'plan',
      'gl-009',
      'calculations_per_hour=100000',
      'avg_duration_s=3600',
      '--explain',
    ]);
    expect(code).toBe(0);
    expect(out).toContain('No sizing is feasible, so there is no number to explain.');
  });
});

describe.runIf(existsSync('/dev/full'))('a full disk behind standard output', () => {
  it('is said in one sentence, and ends with 1', async () => {
    const script = '"$0" "$1" plan gl-008 sites=100 > /dev/full';
    const args = ['-c', script, process.execPath, bundle];
    const error: unknown = await promisify(execFile)('sh', args, { cwd: directory }).catch(
      (failed: unknown) => failed,
    );
    expect(error).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^standard output cannot be written: ENOSPC[^\n]*\n$/),
    });
  });
});
