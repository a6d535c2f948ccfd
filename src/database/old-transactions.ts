// Finds transactions that have been open for long: whoever builds or drops concurrently waits for them, without an end.

import { z } from 'zod';
import type { InSchema } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** A build waits for all that began before it; up to this old they are likely to end by themselves. */
const oldSeconds = 5 * 60;

/** More are counted, not named. */
const namedMax = 3;

/**
 * Those of this database that could be waited for: with a snapshot, with something written, or with a lock on a table. An
 * open transaction that holds nothing is waited for by nobody. VACUUM is passed over by builds.
 */
export const oldTransactionQueries: readonly Query[] = [
  {
    text: oldOnes({
      session: `a.backend_xid is not null or a.backend_xmin is not null
                or exists (select from pg_locks l where l.pid = a.pid and l.locktype = 'relation')`,
      prepared: 'true',
    }),
    values: [oldSeconds],
  },
];

/** Those that read one of the tables, or may still: with a lock on it, or with a snapshot of before. */
export function oldReaderQueries(tables: readonly InSchema[]): readonly Query[] {
  const own = `l.locktype = 'relation' and l.database = (select oid from pg_database where datname = current_database())
               and l.relation in (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
                                    join unnest($2::text[], $3::text[]) as w(schema, name)
                                      on n.nspname::text = w.schema and c.relname::text = w.name)`;
  const text = oldOnes({
    session: `a.backend_xmin is not null or exists (select from pg_locks l where l.pid = a.pid and ${own})`,
    prepared: `exists (select from pg_locks l where l.virtualtransaction = '-1/' || t.transaction and ${own})`,
  });
  const [schemas, names] = [tables.map(({ schema }) => schema), tables.map(({ name }) => name)];
  return [{ text, values: [oldSeconds, schemas, names] }];
}

function oldOnes({
  session,
  prepared,
}: {
  readonly session: string;
  readonly prepared: string;
}): string {
  return `
    select a.pid, a.usename::text as "user", a.application_name as application, null as prepared,
           extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
      from pg_stat_activity a
     where a.datname = current_database() and a.usesysid is not null and a.pid <> pg_backend_pid()
       and a.xact_start < clock_timestamp() - make_interval(secs => $1) and (${session})
       and not exists (select from pg_stat_progress_vacuum v where v.pid = a.pid)
    union all
    select null, t.owner::text, null, t.gid, extract(epoch from clock_timestamp() - t.prepared)::float8
      from pg_prepared_xacts t
     where t.database = current_database() and t.prepared < clock_timestamp() - make_interval(secs => $1)
       and (${prepared})
     order by seconds desc`;
}

const transaction = z.object({
  pid: z.number().nullable(),
  user: z.string().nullable(),
  application: z.string().nullable(),
  prepared: z.string().nullable(),
  seconds: z.number(),
});

/** Whose transactions are in the way, or undefined; `from` is where the answers to the queries above begin. */
export function whoseIsOld(answers: Answers, from: number): string | undefined {
  const old = rowsOf(transaction, answers, from);
  if (old.length === 0) return undefined;
  const named = old.slice(0, namedMax).map((each) => {
    const whose =
      each.prepared === null
        ? `${each.user ?? 'somebody'} (${each.application || 'no application name'}, pid ${each.pid})`
        : `${each.user ?? 'somebody'} (prepared as ${each.prepared})`;
    return `${whose} for ${ageWords(each.seconds)}`;
  });
  const more = old.length > namedMax ? `, and ${old.length - namedMax} more` : '';
  return `transactions that it would wait for are open: ${named.join(', ')}${more}; it can be done when they have ended`;
}

function ageWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1) return `${Math.floor(seconds)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`;
}
