// What the role Headroom comes with must be granted in a database, by what headroom.yaml allows there: no more than that.

import { z } from 'zod';
import type { AllowedDeed } from './deed-kind.ts';
import { doBlock } from './do-block.ts';
import { quotedName, quotedText } from './names.ts';
import { isParameter, type ParameterName, parameters } from './parameters.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import { type Reads, readGrants, unclearReads } from './read-grants.ts';

/** What the rights are for. */
export interface Allowed {
  readonly allow: readonly AllowedDeed[];
  /** The owner of the tables, which the user becomes to change them. */
  readonly owner?: string;
  /** The settings it may write. (Default: all that plans ever write.) */
  readonly settings?: readonly ParameterName[];
  /** What it reads of tables. (Default: nothing.) */
  readonly reads?: Reads;
}

/** One right: what it is for, what grants it, and what tells whether the one who asks has it. */
export interface Grant {
  readonly what: string;
  readonly why: string;
  /** For a user of this name; repeating them changes nothing. */
  readonly statements: (login: string) => readonly string[];
  /** One row: whether it is `granted`, and where only some of it is, what is `lacking`. */
  readonly query: Query;
}

/** Only an owner may do these, or who is a member of it. */
const ofOwners: readonly AllowedDeed[] = ['indexes', 'partitions', 'tables', 'timescale', 'drops'];

/** Those among them that need an owner. */
export function neededOfOwner(allow: readonly AllowedDeed[]): readonly AllowedDeed[] {
  return allow.filter((each) => ofOwners.includes(each));
}

/** In the order in which they are granted. Without an owner those of owners are left out. */
export function grantsFor({ allow, owner, settings = every, reads }: Allowed): readonly Grant[] {
  const isOwnerNeeded = neededOfOwner(allow).length > 0;
  return [
    monitor,
    ...(allow.includes('settings') ? [fileSettings, alterSystem(settings), reload] : []),
    ...(isOwnerNeeded && owner !== undefined ? [membership(owner)] : []),
    ...(reads === undefined ? [] : readGrants(reads)),
  ];
}

/** All of it for psql, the user itself included. */
export function grantsText(allowed: Allowed, login: string): string {
  const parts = grantsFor(allowed).map(({ what, why, statements }) =>
    [`-- ${what}: ${why}.`, ...statements(login)].join('\n'),
  );
  const unclear = allowed.reads === undefined ? [] : unclearReads(allowed.reads);
  return [user(login), ...parts, ...unclear].join('\n\n');
}

function user(name: string): string {
  return `-- The user itself; \\password in psql gives it one.
${doBlock(`begin
  if not exists (select from pg_catalog.pg_roles where rolname = ${quotedText(name)}) then
    create role ${quotedName(name)} login;
  end if;
  execute pg_catalog.format(
    'grant connect on database %I to %I', pg_catalog.current_database(), ${quotedText(name)});
end`)}`;
}

const monitor: Grant = {
  what: 'pg_monitor',
  why: 'it sees the sessions, the lag and the settings of the server, and no rows of tables',
  statements: (login) => [`grant pg_monitor to ${quotedName(login)};`],
  query: { text: `select pg_has_role('pg_monitor', 'usage') as granted` },
};

const fileSettings: Grant = {
  what: 'SELECT on pg_file_settings and EXECUTE on pg_show_all_file_settings()',
  why: 'it reads what postgresql.auto.conf says, to write it back',
  statements: (login) => [
    `grant select on pg_catalog.pg_file_settings to ${quotedName(login)};`,
    `grant execute on function pg_catalog.pg_show_all_file_settings() to ${quotedName(login)};`,
  ],
  query: {
    text: `select has_table_privilege('pg_catalog.pg_file_settings', 'select')
              and has_function_privilege('pg_catalog.pg_show_all_file_settings()', 'execute') as granted`,
  },
};

const every = Object.keys(parameters).filter(isParameter);

function alterSystem(settings: readonly ParameterName[]): Grant {
  const list = settings.map((each) => `      ${quotedText(each)}`).join(',\n');
  return {
    what: 'ALTER SYSTEM on the settings that it may write',
    why: 'on those alone, and only where this server has them',
    statements: (login) => [
      doBlock(`declare
  setting text;
begin
  for setting in
    select name from pg_catalog.pg_settings where name = any (array[
${list}
    ])
  loop
    execute pg_catalog.format(
      'grant alter system on parameter %I to %I', setting, ${quotedText(login)});
  end loop;
end`),
    ],
    query: {
      text: `select count(*) = 0 as granted, string_agg(name, ', ' order by name) as lacking
               from pg_settings where name = any($1) and not has_parameter_privilege(name, 'alter system')`,
      values: [settings],
    },
  };
}

const reload: Grant = {
  what: 'EXECUTE on pg_reload_conf()',
  why: 'it has the server read its configuration anew',
  statements: (login) => [
    `grant execute on function pg_catalog.pg_reload_conf() to ${quotedName(login)};`,
  ],
  query: {
    text: `select has_function_privilege('pg_catalog.pg_reload_conf()', 'execute') as granted`,
  },
};

function membership(owner: string): Grant {
  return {
    what: 'membership in the owner of the tables',
    why: 'only an owner may build indexes on a table, set it, or make its partitions',
    statements: (login) => [
      doBlock(`begin
  if (select rolsuper from pg_catalog.pg_roles where rolname = ${quotedText(owner)}) then
    raise exception 'the owner is a superuser: give the tables to a role of their own first (REASSIGN OWNED)';
  end if;
end`),
      `grant ${quotedName(owner)} to ${quotedName(login)};`,
    ],
    query: {
      // From 16 on a member may be one that cannot become the role; before that nobody knows the word.
      text: `select exists (select from pg_roles where rolname = $1
                               and pg_has_role(oid, 'usage')
                               and pg_has_role(oid, case when current_setting('server_version_num')::int < 160000
                                                         then 'member' else 'set' end)) as granted`,
      values: [owner],
    },
  };
}

const answer = z.object({ granted: z.boolean(), lacking: z.string().nullish() });

/** In words, what of the grants is missing, by the answers to their queries in the same order. */
export function missingGrants(grants: readonly Grant[], answers: Answers): readonly string[] {
  return grants.flatMap(({ what }, index) => {
    const [row] = rowsOf(answer, answers, index);
    if (row?.granted === true) return [];
    return [row?.lacking ? `${what} (${row.lacking})` : what];
  });
}
