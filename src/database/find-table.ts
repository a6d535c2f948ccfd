// Looks up the table that a profile means: its exact schema and name, or why it is none.

import { z } from 'zod';
import type { ServerFacts } from './drawing.ts';
import { type InSchema, whyNoName } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** A table as the catalogue has it. */
export interface FoundTable extends InSchema {
  readonly isPartitioned: boolean;
  readonly owner: string;
  /** The role of the session may change it: it is its owner, or a member of it. */
  readonly isOwn: boolean;
  /** Its own settings, as `name=value`. */
  readonly options: readonly string[];
}

const row = z.object({
  schema: z.string(),
  name: z.string(),
  isPartitioned: z.boolean(),
  owner: z.string(),
  isOwn: z.boolean(),
  options: z.array(z.string()).nullable(),
});

/** What cannot be in the catalogue is not looked for: the server would cut it, or not take it. */
export function askable(written: string): string {
  return whyNoTable(written) === undefined ? written : '';
}

/** A dot may be a part of a bare name, or stand between the schema and the name. */
function whyNoTable(written: string): string | undefined {
  const whole = whyNoName(written);
  const dot = written.indexOf('.');
  if (whole === undefined || dot < 0) return whole;
  return whyNoName(written.slice(0, dot)) ?? whyNoName(written.slice(dot + 1));
}

/** Where a bare name is looked for; see `ServerFacts`. */
type Where = Pick<ServerFacts, 'schema'>;

/**
 * Every table that a name may mean. One with a schema is taken word for word; a bare one is looked for in the schema that
 * headroom.yaml names and nowhere else: what the role or the database has as search_path does not count, as for the SQL
 * that a profile measures by.
 */
export function tableQuery(written: string, { schema }: Where): Query {
  return {
    text: `select n.nspname::text as schema, c.relname::text as name, c.relkind = 'p' as "isPartitioned",
                  pg_get_userbyid(c.relowner)::text as owner, pg_has_role(c.relowner, 'usage') as "isOwn",
                  c.reloptions as options
             from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p')
              and (n.nspname || '.' || c.relname = $1 or c.relname = $1 and n.nspname = $2)`,
    values: [askable(written), schema],
  };
}

/** The one table among the answers to `tableQuery`, or in words why there is none. */
export function foundTable(
  written: string,
  answers: Answers,
  index: number,
  where: Where,
): FoundTable | { readonly because: string } {
  const [first, ...others] = rowsOf(row, answers, index).map(({ options, ...table }) => ({
    ...table,
    options: options ?? [],
  }));
  const whyNot = whyNoTable(written);
  if (whyNot !== undefined) {
    return { because: `there is no table ${JSON.stringify(written)} in any database: ${whyNot}` };
  }
  if (first === undefined) {
    const place = written.includes('.') ? '' : `, in its schema ${where.schema}`;
    return {
      because: `there is no table ${written} in this database${place}; with another schema, write schema.table in the profile, or name it as schema of the database in headroom.yaml`,
    };
  }
  if (others.length === 0) return first;
  const all = [first, ...others].map(({ schema, name }) => `${schema}.${name}`).join(' and ');
  return { because: `${written} may be ${all}; write schema.table in the profile` };
}

/** Why a table that was found cannot be changed; undefined when it can. */
export function whyNotOwn({ schema, name, owner, isOwn }: FoundTable, role: string) {
  return isOwn
    ? undefined
    : `${schema}.${name} belongs to ${owner}, and only its owner changes it: grant ${owner} to ${role}, or name it as role in headroom.yaml`;
}
