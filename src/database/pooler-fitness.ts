// Looks for what an application keeps in its session: behind a pooler that gives each transaction another connection it is lost.

import { z } from 'zod';
import { qualified } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** Something kept in sessions, with how it is recognised in a statement. */
interface Habit {
  readonly what: string;
  readonly statement: RegExp;
}

/** PgBouncer follows these for each client, so setting them does no harm. */
const followed =
  'client_encoding|datestyle|timezone|time zone|standard_conforming_strings|application_name|names';

const habits: readonly Habit[] = [
  { what: 'LISTEN', statement: /^\s*(un)?listen\b/i },
  { what: 'session advisory locks', statement: /\bpg_(try_)?advisory_(lock|unlock)/i },
  { what: 'PREPARE in SQL', statement: /^\s*(prepare\s+(?!transaction)|execute|deallocate)\b/i },
  {
    what: 'SET for a session',
    statement: new RegExp(
      `^\\s*(set\\s+(session\\s+)?(?!local\\b|transaction\\b|constraints\\b|session\\b|(${followed})\\b)|reset\\s)|\\bset_config\\s*\\([^)]*,\\s*(false|'f')\\s*\\)`,
      'i',
    ),
  },
  {
    what: 'temporary tables',
    statement: /\bcreate\s+((global|local)\s+)?temp(orary)?\s+(?![\s\S]*\bon\s+commit\s+drop\b)/i,
  },
  { what: 'cursors WITH HOLD', statement: /\bdeclare\b[\s\S]*\bcursor\s+with\s+hold\b/i },
  { what: 'LOAD', statement: /^\s*load\s/i },
];

/** Frameworks and tracers write where a statement comes from before it. */
const comments = /^(\s|\/\*[\s\S]*?\*\/|--[^\n]*\n)+/;

function isOf({ statement }: Habit, query: string | null): boolean {
  return query !== null && statement.test(query.replace(comments, ''));
}

/** Statements that may be one of them, for PostgreSQL's own regular expressions: a first sieve, so that few texts are sent. */
const sieve =
  '^(\\s|/\\*.*?\\*/|--[^\\n]*\\n)*(unlisten|listen|prepare|execute|deallocate|set|reset|load)\\s|advisory_(lock|unlock)|set_config|\\mtemp(orary)?\\M|\\mhold\\M';

/** What is asked first, of the database that the pooler will stand before. */
export const fitnessQueries: readonly Query[] = [
  {
    text: `select coalesce(nullif(application_name, ''), usename, 'unknown') as application,
                  left(query, 500) as query, count(*)::int as sessions
             from pg_stat_activity
            where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
              and application_name <> 'headroom' group by 1, 2 order by 3 desc, 1 limit 500`,
  },
  // Outside a transaction only a lock of the session can still be held.
  {
    text: `select coalesce(nullif(a.application_name, ''), a.usename, 'unknown') as application, count(distinct a.pid)::int as sessions
             from pg_locks l join pg_stat_activity a using (pid)
            where l.locktype = 'advisory' and l.granted and a.state = 'idle' and a.datname = current_database()
              and a.application_name <> 'headroom' group by 1 order by 1`,
  },
  {
    text: `select count(*)::int as tables from pg_class where relpersistence = 't' and relkind in ('r', 'p', 'S', 'v')`,
  },
  {
    text: `select n.nspname as schema from pg_extension e join pg_namespace n on n.oid = e.extnamespace
            where e.extname = 'pg_stat_statements'`,
  },
];

const session = z.object({
  application: z.string(),
  query: z.string().nullable(),
  sessions: z.number(),
});
const holder = z.object({ application: z.string(), sessions: z.number() });
const temporary = z.object({ tables: z.number() });
const place = z.object({ schema: z.string() });
const statement = z.object({ query: z.string().nullable(), calls: z.coerce.number() });

/** What follows from the first answers: the statements that the server has counted, where it counts them. */
export function statementQueries(answers: Answers): readonly Query[] {
  const [found] = rowsOf(place, answers, 3);
  if (found === undefined) return [];
  return [
    {
      text: `select left(query, 500) as query, sum(calls)::float8 as calls
               from ${qualified({ schema: found.schema, name: 'pg_stat_statements' })}
              where dbid = (select oid from pg_database where datname = current_database())
                and query ~* $1 group by 1 order by 2 desc limit 500`,
      values: [sieve],
    },
  ];
}

/** What was found, and what could not be seen; each a part of a sentence. */
export interface Fitness {
  readonly found: readonly string[];
  readonly unseen: readonly string[];
}

/** `answers` are those of both rounds, one after the other. */
export function poolerFitness(answers: Answers): Fitness {
  const sessions = rowsOf(session, answers, 0);
  const locks = rowsOf(holder, answers, 1);
  const [temp] = rowsOf(temporary, answers, 2);
  const counted = answers[4] === undefined ? undefined : rowsOf(statement, answers, 4);
  const found = habits.flatMap((habit) => {
    const by = applicationsWith(habit, sessions);
    const held = habit.what === 'session advisory locks' ? locks : [];
    for (const { application } of held) by.add(application);
    const calls = (counted ?? [])
      .filter(({ query }) => isOf(habit, query))
      .reduce((sum, each) => sum + each.calls, 0);
    const tables = habit.what === 'temporary tables' ? (temp?.tables ?? 0) : 0;
    if (by.size === 0 && calls === 0 && tables === 0) return [];
    const evidence = [
      ...(by.size === 0 ? [] : [`now by ${[...by].toSorted().join(', ')}`]),
      ...(tables === 0 ? [] : [`${tables} there now`]),
      ...(calls === 0 ? [] : [`${calls} times since statements are counted`]),
    ];
    return [`${habit.what} (${evidence.join('; ')})`];
  });
  return { found, unseen: unseenIn(counted) };
}

function applicationsWith(habit: Habit, sessions: readonly z.infer<typeof session>[]): Set<string> {
  const using = sessions.filter(({ query }) => isOf(habit, query));
  return new Set(using.map(({ application }) => application));
}

function unseenIn(counted: readonly z.infer<typeof statement>[] | undefined): readonly string[] {
  return [
    ...(counted === undefined
      ? [
          'all but the last statement of each session: pg_stat_statements is not there, or cannot be read',
        ]
      : []),
    'prepared statements of the protocol, which no view of the server shows',
  ];
}
