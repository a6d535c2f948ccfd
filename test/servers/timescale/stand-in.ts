// Makes the stand-in for TimescaleDB installable on a real PostgreSQL 18, once for each version whose words differ.

import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { passableTemporaryFolder } from '../../../sandbox/postgres/binaries.ts';

/** One of each kind: before the columnstore, with chunks that keep their own settings, with the columnstore, and later. */
export const standInVersions = ['2.10.3', '2.14.2', '2.18.1', '2.22.0'] as const;

export type StandInVersion = (typeof standInVersions)[number] | '2.9.3';

/** What the words of each version put into the script, by the marks in it. */
function wordsOf(version: StandInVersion): Readonly<Record<string, string>> {
  const minor = Number(version.split('.')[1]);
  return {
    distributed: minor < 14 ? ', false as is_distributed' : '',
    named: String(minor >= 20),
    refresh: [
      ...(minor >= 18 ? [', force boolean = false'] : []),
      ...(minor >= 20 ? [', options jsonb = null'] : []),
    ].join(''),
    more: minor >= 18 ? columnstore : '',
  };
}

const columnstore = `
create procedure @extschema@.add_columnstore_policy(
  hypertable regclass, after interval, if_not_exists boolean = false, schedule_interval interval = null,
  initial_start timestamptz = null, timezone text = null, created_before interval = null) language sql as $$
  select _stand_in.add_compression(hypertable, after, if_not_exists, schedule_interval) $$;
create procedure @extschema@.remove_columnstore_policy(hypertable regclass, if_exists boolean = false) language sql as $$
  select _stand_in.remove_job(hypertable, 'policy_compression', if_exists) $$;`;

async function scriptOf(version: StandInVersion): Promise<string> {
  const script = await readFile(new URL('stand-in.sql', import.meta.url), 'utf8');
  const words = wordsOf(version);
  return script.replaceAll(
    /%(distributed|named|refresh|more)%/g,
    (_, mark: string) => words[mark] ?? '',
  );
}

/** For a server that finds extensions only where it is installed; it must let its system tables be written. */
export async function standInByScript(version: StandInVersion): Promise<string> {
  return `drop schema if exists _stand_in, timescaledb_information cascade;
    ${(await scriptOf(version)).replaceAll('@extschema@', '"Time Scale"')};
    insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    select 99999, 'timescaledb', 10, oid, false, '${version}' from pg_namespace where nspname = 'Time Scale'`;
}

/** A folder for the server's extension_control_path, beside its own; nothing is written where PostgreSQL is installed. */
export async function installStandIn(): Promise<{
  readonly controlPath: string;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(await passableTemporaryFolder(), 'headroom-stand-in-'));
  const extension = join(folder, 'extension');
  await chmod(folder, 0o755);
  await mkdir(extension, { mode: 0o755 });
  for (const version of [...standInVersions, '2.9.3'] as const) {
    const text = await scriptOf(version);
    await writeFile(join(extension, `timescaledb--${version}.sql`), text, { mode: 0o644 });
  }
  const control = "comment = 'stand-in'\nrelocatable = false\n";
  await writeFile(join(extension, 'timescaledb.control'), control, { mode: 0o644 });
  return {
    controlPath: `$system:${folder}`,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
