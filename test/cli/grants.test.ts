// `headroom grants` as it ships: the built bundle with the example's headroom.yaml, and docs/databases.md that shows what it prints.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onlyProfile, runHeadroom } from '../run-headroom.ts';

const root = resolve(import.meta.dirname, '../..');
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-grants-'));
  await writeFile(
    join(directory, 'headroom.yaml'),
    `clusters: { production: {} }
systems:
  traps:
    profile: gl-008
    cluster: production
    channel: C0STEAMTRAP
    databases:
      main: { connection: { env: TRAPS_URL }, allow: [settings] }
      archive: { connection: { env: ARCHIVE_URL }, allow: [indexes] }
`,
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const grants = (words: readonly string[], file = join(directory, 'headroom.yaml')) =>
  runHeadroom(['grants', ...words], { HEADROOM_CONFIG: file, PROFILES_DIR: onlyProfile() });

describe('headroom grants', () => {
  it('prints what docs/databases.md shows', async () => {
    const { out, code } = await grants(['steam-traps/main'], join(root, 'headroom.example.yaml'));
    const shown = /```sql\n(.*?)```/s.exec(
      await readFile(join(root, 'docs/databases.md'), 'utf8'),
    )?.[1];
    expect(code).toBe(0);
    expect(out).toBe(shown);
  });

  it('is for the user that it is told', async () => {
    const { out } = await grants(['traps/main', '--login', 'capacity bot']);
    expect(out).toContain('grant pg_monitor to "capacity bot";');
    expect(out).not.toContain('owner');
  });

  it.each([
    ['traps', 'should be SYSTEM/DATABASE'],
    ['trap/main', 'there is no system "trap"; did you mean "traps"?'],
    ['traps/mian', 'names no database "mian" of traps'],
    ['traps/archive', 'name that owner as systems.traps.databases.archive.role'],
  ])('refuses %s and says why', async (named, words) => {
    const { code, err, out } = await grants([named]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(words);
  });
});
