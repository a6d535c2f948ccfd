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
): Promise<ReturnType<typeof sqlChanges>> {
  const { system } = target;
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

/** All that forward and undo must leave as it was. */
export async function catalogue({ admin }: Target): Promise<readonly unknown[]> {
  await admin.query(`set timezone to 'UTC'`);
  const { rows } = await admin.query<{ row: unknown }>(`
    with own as (select c.*, n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname !~ '^pg_' and n.nspname <> 'information_schema')
    select jsonb_build_array(nspname, relname, relkind, relowner, relacl, pg_get_expr(relpartbound, oid),
             (select array_agg(o order by o) from unnest(reloptions) o)) as row from own
    union all select jsonb_build_array('column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
             attidentity, attgenerated) from pg_attribute join own on own.oid = attrelid where attnum > 0 and not attisdropped
    union all select jsonb_build_array('constraint', conrelid::regclass::text, conname, pg_get_constraintdef(k.oid))
                from pg_constraint k join own on own.oid = conrelid
    union all select jsonb_build_array('index', pg_get_indexdef(indexrelid), indisvalid) from pg_index join own on own.oid = indexrelid
    union all select jsonb_build_array('child', inhrelid::regclass::text, inhparent::regclass::text)
                from pg_inherits join own on own.oid = inhrelid
    union all select jsonb_build_array('trigger', tgrelid::regclass::text, pg_get_triggerdef(g.oid))
                from pg_trigger g join own on own.oid = tgrelid where not tgisinternal
    order by 1`);
  return rows.map(({ row }) => row);
}

/** Another connection, which holds something open until it is ended. */
export async function another({ server }: Target): Promise<Client> {
  const client = new Client({ connectionString: server.url('shop') });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
