// What new months have in common with the newest one, and what it has of its own that they do not get.

import { z } from 'zod';
import type { Texts } from '../sizing/planned-step.ts';
import type { ServerFacts } from './drawing.ts';
import type { InSchema } from './names.ts';
import { type Child, newestOf } from './partition-catalogue.ts';
import type { PartitionDeed } from './partition-deed.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import { optionsByName } from './table-deed.ts';
import { isTableSetting, whyNotTableValue } from './table-settings.ts';

/** What new months are made with. */
type Likeness = Pick<PartitionDeed, 'settings' | 'tablespace' | 'replicaIdentity'>;

const newest = z.object({
  tablespace: z.string().nullable(),
  identity: z.string().nullable(),
  own: z.array(z.string()),
  publications: z.array(z.string()),
});

/**
 * Whatever the newest has that is no part of something of the whole table, and who publishes it by its own name. New
 * partitions stand in the tablespace of the table as PostgreSQL makes them, or else in that of the newest, where the
 * owner of the table may make something there.
 */
export function newestQuery(
  { schema, name }: InSchema,
  children: readonly Child[],
  { version }: Pick<ServerFacts, 'version'>,
): Query {
  const child = newestOf(children);
  // The view of what is published would wait for whoever has locked any of it.
  const bySchema =
    version < 150_000
      ? ''
      : ` or exists (select from pg_publication_namespace s
                                            where s.pnpubid = b.oid and s.pnnspid in (c.relnamespace, p.relnamespace))`;
  return {
    text: `with c as (select * from pg_class where oid = $3::oid),
                s as (select spcname::text as name, has_tablespace_privilege(p.relowner, s.oid, 'create') as isopen
                        from pg_class p join pg_namespace n on n.oid = p.relnamespace left join c on true
                             join pg_tablespace s on s.oid = coalesce(nullif(p.reltablespace, 0), c.reltablespace)
                       where n.nspname = $1 and p.relname = $2)
           select (select name from s where isopen) as tablespace,
                  c.relreplident::text as identity,
                  array(select 'index ' || i.relname from pg_index x join pg_class i on i.oid = x.indexrelid
                         where x.indrelid = c.oid and not i.relispartition
                        union all
                        select 'trigger ' || tgname from pg_trigger where tgrelid = c.oid and not tgisinternal and tgparentid = 0
                        union all
                        select 'constraint ' || conname from pg_constraint
                         where conrelid = c.oid and contype in ('c', 'f') and coninhcount = 0 and conparentid = 0
                        union all
                        select 'rule ' || rulename from pg_rewrite where ev_class = c.oid
                        union all
                        select 'row level security' where c.relrowsecurity
                        union all
                        select 'no WAL (unlogged)' where c.relpersistence = 'u'
                        union all
                        select 'tablespace ' || name from s where not isopen
                        union all
                        select 'its replica identity by an index' where c.relreplident = 'i'
                        union all
                        select 'a place in publication ' || pubname from pg_publication_rel r join pg_publication b on b.oid = r.prpubid
                         where r.prrelid = c.oid
                        order by 1) as own,
                  array(select pubname::text from pg_publication b
                         where not b.pubviaroot and c.oid is not null
                           and not exists (select from pg_publication_rel r where r.prpubid = b.oid and r.prrelid = c.oid)
                           and (b.puballtables
                                or exists (select from pg_publication_rel r where r.prpubid = b.oid and r.prrelid = p.oid)${bySchema})
                         order by 1) as publications
             from pg_class p join pg_namespace n on n.oid = p.relnamespace left join c on true
            where n.nspname = $1 and p.relname = $2`,
    values: [schema, name, child?.oid ?? null],
  };
}

/** PostgreSQL gives a new partition nothing of these, and who has set the newest has meant the next one as well; `answers` begin with that to `newestQuery`. */
export function likeNewest(
  children: readonly Child[],
  { version }: ServerFacts,
  answers: Answers,
): { readonly likeness: Likeness; readonly notes: readonly string[] } {
  const child = newestOf(children);
  const [row] = rowsOf(newest, answers, 0);
  if (row === undefined) return { likeness: {}, notes: [] };
  const { tablespace, identity, own, publications } = row;
  const all = [...optionsByName(child?.options ?? [])];
  const fitting = all.filter(
    ([name, value]) => isTableSetting(name) && whyNotTableValue(name, value, version) === undefined,
  );
  const settings: Texts = Object.fromEntries(fitting);
  const others = all.filter((each) => !fitting.includes(each)).map((each) => each.join('='));
  const lost = [...others, ...own];
  return {
    likeness: {
      ...(fitting.length > 0 && { settings }),
      ...(tablespace !== null && { tablespace }),
      ...(identity === 'f' && { replicaIdentity: 'full' }),
      ...(identity === 'n' && { replicaIdentity: 'nothing' }),
    },
    notes: [
      ...(child === undefined || lost.length === 0
        ? []
        : [`${child.name} has ${lost.join(', ')}, which new partitions do not get`]),
      ...publications.map(
        (name) =>
          `publication ${name} sends each partition under its own name: whoever subscribes needs tables with the names of the new ones before rows come, and stops without`,
      ),
    ],
  };
}
