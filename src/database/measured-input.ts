// Measures an input of a profile by the SQL that the profile gives for it.
//
// This SQL stands in a file that whoever runs Headroom has mounted; nothing of it, and no value in it, ever comes from an
// alert, a command or a click. It is asked all the same as if it were a stranger's: in a transaction that only reads,
// with the session's deadline, as one statement, and only one number of its answer is taken.

import { z } from 'zod';
import { formatNumber } from '../profile/amount.ts';
import type { Known } from './health-lines.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

/** What is asked before: whether nobody can put a function or an operator of his own in the way. */
export function schemaQuery(schema: string): Query {
  return {
    text: `select has_schema_privilege('public', oid, 'create') as open, has_schema_privilege(oid, 'usage') as usable from pg_namespace where nspname = $1`,
    values: [schema],
  };
}

const openness = z.object({ open: z.boolean(), usable: z.boolean() });

/** Why nothing is measured in this schema; undefined where it is safe. */
export function whyNotMeasured(schema: string, answers: Answers): string | undefined {
  const [found] = rowsOf(openness, answers, 0);
  if (found === undefined) {
    return `there is no schema ${schema} in it: name that of the tables as schema of the database in headroom.yaml`;
  }
  if (!found.usable) {
    return `its user lacks USAGE on schema ${schema}; headroom grants prints what it needs`;
  }
  return found.open
    ? `everybody may create functions in its schema ${schema}, which SQL could run into: revoke create on schema ${schema} from public`
    : undefined;
}

/**
 * What is asked. A file names tables as people do; bare names are looked for in one schema, behind what is PostgreSQL's
 * own, whatever the role or the database has set. A statement with a value is sent as one statement: the server refuses
 * a second one behind a semicolon.
 */
export function inputQueries(sql: string, schema: string): readonly Query[] {
  const statement = sql.trim().replace(/\s*;$/, '');
  return [
    {
      text: `select set_config('search_path', format('pg_catalog, %I, pg_temp', $1::text), true)`,
      values: [schema],
    },
    {
      text: `select pg_catalog.to_jsonb(measured) as found from (${statement}\n) as measured where $1::boolean limit 2`,
      values: [true],
    },
  ];
}

const row = z.object({ found: z.record(z.string(), z.unknown()) });

/** The one number of the one column of the one row; everything else is no measurement. */
export function inputValue(answers: Answers): Known {
  const [first, second] = rowsOf(row, answers, 1);
  if (first === undefined) return missing('its SQL gives no row');
  if (second !== undefined) return missing('its SQL gives several rows');
  const values = Object.values(first.found);
  if (values.length !== 1) {
    return missing(`its SQL gives ${formatNumber(values.length)} columns in place of one`);
  }
  const [value] = values;
  if (value === null) return missing('its SQL gives nothing (null)');
  return typeof value === 'number' && Number.isFinite(value)
    ? { kind: 'value', value }
    : missing('its SQL gives something that is no number');
}

function missing(because: string): Known {
  return { kind: 'missing', because };
}
