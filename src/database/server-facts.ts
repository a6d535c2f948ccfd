// Finds out which server answers, who keeps it, and what is in effect there: before anything is drawn for it.

import { z } from 'zod';
import { assert } from '../errors.ts';
import type { ServerFacts, ServerSetting } from './drawing.ts';
import { parameters } from './parameters.ts';
import type { Platform } from './platform.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** Settings that tell who keeps a server, and what bounds others there. */
const telling = [
  'cluster_name',
  'archive_command',
  'wal_log_hints',
  'allow_alter_system',
  'autovacuum_worker_slots',
  'huge_pages',
];

/** Asked once for each server of a plan. */
export const serverQueries: readonly Query[] = [
  {
    text: `select current_setting('server_version_num')::int as version, current_database() as database, current_user as role,
                  pg_is_in_recovery() as standby, system_identifier::text as server from pg_control_system()`,
  },
  {
    text: `select name, setting, unit, vartype, source, context, pending_restart as pending, current_setting(name) as shown
             from pg_settings where name = any($1)`,
    values: [[...Object.keys(parameters), ...telling]],
  },
  { text: 'select extname as name, extversion as version from pg_extension' },
  {
    text: `select (select count(*) from pg_settings where name ~ '^(rds|cloudsql|azure|alloydb)\\.')::int as settings,
                  (select count(*) from pg_roles where rolname in ('rds_superuser', 'cloudsqlsuperuser', 'azure_pg_admin'))::int as roles`,
  },
];

const about = z.object({
  version: z.number(),
  database: z.string(),
  role: z.string(),
  standby: z.boolean(),
  server: z.string(),
});
const setting = z.object({
  name: z.string(),
  setting: z.string(),
  unit: z.string().nullable(),
  vartype: z.string(),
  source: z.string(),
  pending: z.boolean(),
  context: z.string(),
  shown: z.string(),
});
const extension = z.object({ name: z.string(), version: z.string() });
const provider = z.object({ settings: z.number(), roles: z.number() });

/** Where bare names are looked for when headroom.yaml names no schema. */
export const usualSchema = 'public';

/** `stated` is what headroom.yaml says of the platform, `schema` where bare names are looked for. */
export function serverFacts(
  answers: Answers,
  {
    stated,
    memoryBytes,
    schema = usualSchema,
    now,
  }: {
    readonly stated?: Platform;
    readonly memoryBytes?: number;
    readonly schema?: string;
    readonly now: Date;
  },
): ServerFacts {
  const [server] = rowsOf(about, answers, 0);
  const [traces] = rowsOf(provider, answers, 3);
  assert(server !== undefined && traces !== undefined, 'a select without a table has one row');
  const { standby: isStandby, ...rest } = server;
  const settings = new Map(
    rowsOf(setting, answers, 1).map(({ name, unit, pending: isPending, context, ...each }) => [
      name,
      {
        ...each,
        isPending,
        needsRestart: context === 'postmaster',
        ...(unit !== null && { unit }),
      },
    ]),
  );
  return {
    ...rest,
    isStandby,
    schema,
    settings,
    extensions: new Map(rowsOf(extension, answers, 2).map(({ name, version }) => [name, version])),
    ...(memoryBytes !== undefined && { memoryBytes }),
    platform: stated ?? detected(settings, traces.settings + traces.roles > 0),
    now,
  };
}

/**
 * CloudNativePG archives with its own program; Patroni gives names and sizes on the command line, so that they win;
 * providers have settings and roles of their own.
 */
function detected(settings: ReadonlyMap<string, ServerSetting>, isProvider: boolean): Platform {
  if (isProvider) return 'managed';
  if (settings.get('archive_command')?.setting.startsWith('/controller/manager ')) return 'cnpg';
  const given = ['cluster_name', 'wal_log_hints', 'max_connections'];
  return given.every((name) => settings.get(name)?.source === 'command line') ? 'patroni' : 'plain';
}
