// Draws, looks at and writes deeds on a real server as the app does, and tells what its catalogue holds.

import { Client } from 'pg';
import { drawDeed, type SqlStep } from '../../src/database/draw-deed.ts';
import type { Drawn } from '../../src/database/drawing.ts';
import { lookOfDeed, type SqlDeed, standingOf, undoOfDeed } from '../../src/database/sql-deed.ts';
import type { Standing } from '../../src/database/standing.ts';
import { sqlChanges } from '../../src/plan/sql-changes.ts';
import type { WriteAnswer } from '../../src/ports.ts';
import { lookAtDatabases } from '../../src/workflow/look-at-databases.ts';
import { now } from '../make.ts';
import type { Target, Way } from './target.ts';

interface DrawOptions {
  /** (Default: the moment of all tests.) */
  readonly at?: Date;
  readonly way?: Way;
}

/** What the app makes of a step there. */
export async function draw(
  target: Target,
  step: SqlStep,
  options: DrawOptions = {},
): Promise<Drawn> {
  const { primary } = (await look(target, step, options)).look;
  return drawDeed(step, primary.answers, primary.facts);
}

/** What a plan makes of it: changes, and what is left to a person. */
export async function changesFor(
  target: Target,
  step: SqlStep,
  { system }: Pick<Way, 'system'> = target,
): Promise<ReturnType<typeof sqlChanges>> {
  const { planned, look: seen } = await look(target, step, {});
  return sqlChanges(planned.change, seen, { planned, system, restarts: [] });
}

async function look(target: Target, step: SqlStep, { at = now, way = target }: DrawOptions) {
  const change = { kind: 'database', database: 'main', ...step } as const;
  const planned = {
    number: 1,
    kind: 'database',
    what: 'a step',
    change,
    notes: [],
    source: '',
  } as const;
  const clock = { now: () => at, sleep: () => Promise.reject(new Error('nothing waits here')) };
  const looks = await lookAtDatabases({ steps: [planned] } as never, way.system, {
    databases: way.databases,
    clusters: { read: async () => undefined },
    clock,
  });
  const seen = looks.get(1);
  if (seen === undefined) throw new Error('the database was not asked');
  return { planned, look: seen };
}

/** The deeds of what was drawn; throws with the reason where there are none. */
export function deedsOf(drawn: Drawn): readonly SqlDeed[] {
  if (drawn.kind === 'deeds') return drawn.deeds;
  throw new Error(drawn.because);
}

export async function standing({ databases, ref }: Target, deed: SqlDeed): Promise<Standing> {
  return standingOf(deed, await databases.read(ref, lookOfDeed(deed)));
}

export async function write(
  { ref, databases: own }: Target,
  deed: SqlDeed,
  { dryRun = false, databases = own }: { dryRun?: boolean; databases?: Way['databases'] } = {},
): Promise<WriteAnswer> {
  return databases.write({ how: 'sql', database: ref, deed }, { dryRun });
}

/** What takes it back. */
export function undone(deed: SqlDeed): SqlDeed {
  const { by } = undoOfDeed(deed);
  if (by === undefined) throw new Error('nothing takes it back');
  return by;
}

/** What changes by itself: figures of VACUUM, and hints that nobody takes back. */
const restless =
  'relpages relallvisible relallfrozen reltuples relfrozenxid relminmxid relhasindex relhassubclass relhastriggers relhasrules indcheckxmin'.split(
    ' ',
  );

/** Where PostgreSQL keeps what a database is made of, each with the column that says whose a row is. */
const catalogues = {
  pg_class: 'oid',
  pg_namespace: 'oid',
  pg_type: 'oid',
  pg_proc: 'oid',
  pg_attribute: 'attrelid',
  pg_attrdef: 'adrelid',
  pg_index: 'indexrelid',
  pg_constraint: 'oid',
  pg_inherits: 'inhrelid',
  pg_partitioned_table: 'partrelid',
  pg_sequence: 'seqrelid',
  pg_rewrite: 'ev_class',
  pg_policy: 'polrelid',
  pg_statistic_ext: 'oid',
  pg_description: 'objoid',
  pg_publication_rel: 'prrelid',
  pg_event_trigger: 'oid',
  pg_extension: 'oid',
} as const;

/**
 * All that forward and undo must leave as it was: what was there before is still the same thing, by its number, with all
 * that the catalogue says of it; the settings of databases and roles, those that files give, and what is in effect of them.
 */
export async function catalogue({ admin }: Target): Promise<readonly unknown[]> {
  const rowsOf = Object.entries(catalogues).map(
    ([name, own]) =>
      // Expressions tell where in which statement they stood.
      `select '${name}' as "where", regexp_replace((to_jsonb(t) - $1::text[])::text, ' :location -?[0-9]+', '', 'g')::jsonb as row
         from ${name} t where t.${own} >= 16384`,
  );
  const { rows } = await admin.query<{ where: string; row: unknown }>(
    `${rowsOf.join(' union all ')}
     -- Those of foreign keys come and go with partitions, and are named by a number.
     union all select 'pg_trigger', to_jsonb(t) - '{oid,tgname,tgparentid}'::text[] || jsonb_build_object('name', case when not tgisinternal then tgname end)
                 from pg_trigger t
     union all select 'pg_db_role_setting', to_jsonb(t) from pg_db_role_setting t
     union all select 'pg_file_settings', to_jsonb(t) - '{sourceline,seqno}'::text[] from pg_file_settings t
     union all select 'pg_settings', jsonb_build_object('name', name, 'is', setting, 'source', source, 'pending', pending_restart)
                 from pg_settings
                where (source in ('configuration file', 'command line') or pending_restart)
                  and not exists (select from pg_db_role_setting s, unnest(s.setconfig) o where lower(split_part(o, '=', 1)) = lower(name))
     order by 1, 2`,
    [restless],
  );
  return rows.map(({ where, row }) => [where, row]);
}

/** Another connection, which holds something open until it is ended. */
export async function another({ server }: Target): Promise<Client> {
  const client = new Client({ connectionString: server.url('shop') });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
