// Draws the building of indexes: each looked up in the catalogue, built as its table needs it, and only where none like it is there.

import { z } from 'zod';
import type { DatabaseDeed, PlannedIndex } from '../sizing/planned-step.ts';
import { takenForUtc } from './condition-values.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import { askable, type FoundTable, foundTable, tableQuery, whyNotOwn } from './find-table.ts';
import { indexQueries, indexQueryCount, seenIndexes, tableOid } from './index-catalogue.ts';
import { indexDeed } from './index-deed.ts';
import type { IndexDeed, IndexManner } from './index-definition.ts';
import { partsToBuild } from './index-partitions.ts';
import { whyNoName } from './names.ts';
import { oldTransactionQueries, whoseIsOld } from './old-transactions.ts';
import {
  bytesWords,
  columnQuery,
  definitionOf,
  indexBytes,
  type TableColumns,
  tableColumn,
  typesOf,
} from './planned-index.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

type IndexesStep = Extract<DatabaseDeed, { readonly deed: 'indexes' }>;

export const drawIndexes: Drawing<IndexesStep> = {
  questions: ({ indexes }, facts) => indexes.map(({ table }) => tableQuery(table, facts)),
  further: ({ indexes }, answers, facts) => [
    ...oldTransactionQueries,
    ...indexes.flatMap((planned, at) => {
      const table = foundTable(planned.table, answers, at, facts);
      return 'because' in table ? noQueries : queriesFor(table, askable(planned.name), facts);
    }),
  ],
  draw(step, answers, facts) {
    if (facts.isStandby) {
      return refused('the address in headroom.yaml leads to a standby, not to the primary');
    }
    const names = step.indexes.map(({ name }) => name);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined) return refused(`index ${twice} is named twice in the profile`);
    const first = step.indexes.length;
    const drawn = step.indexes.map((planned, at) =>
      drawOne(planned, {
        answers,
        facts,
        found: foundTable(planned.table, answers, at, facts),
        from: first + oldTransactionQueries.length + at * queryCount,
      }),
    );
    const refusal = drawn.find((each) => 'because' in each);
    if (refusal !== undefined && 'because' in refusal) return refused(refusal.because);
    const made = drawn.flatMap((each) => ('because' in each ? [] : [each]));
    const deeds = made.flatMap(({ deed }) => (deed === undefined ? [] : [deed]));
    const old = deeds.length === 0 ? undefined : whoseIsOld(answers, first);
    if (old !== undefined) return refused(old);
    return { kind: 'deeds', deeds, notes: made.flatMap(({ notes }) => notes) };
  },
};

const size = z.object({ bytes: z.coerce.number(), below: z.number() });
const found = z.object({ found: z.boolean() });
const partition = z.object({ schema: z.string(), name: z.string(), owner: z.string() });

function queriesFor(table: FoundTable, index: string, facts: ServerFacts): readonly Query[] {
  const { schema, name } = table;
  const values = [schema, name];
  const isTimescale = facts.extensions.has('timescaledb');
  return [
    ...indexQueries({ schema, name }, index),
    columnQuery(table),
    {
      text: `with recursive all_of as (
               select ${tableOid} as oid
               union all select i.inhrelid from all_of a join pg_inherits i on i.inhparent = a.oid)
             select coalesce(sum(pg_relation_size(oid)), 0) as bytes, count(*)::int - 1 as below from all_of`,
      values,
    },
    isTimescale
      ? {
          text: `select exists (select from timescaledb_information.hypertables
                                 where hypertable_schema::text = $1 and hypertable_name::text = $2) as found`,
          values,
        }
      : { text: 'select false as found' },
    {
      text: `select has_schema_privilege($2::name, n.oid, 'create') or has_schema_privilege(n.oid, 'create') as found
               from pg_namespace n where n.nspname::text = $1`,
      values: [schema, table.owner],
    },
    {
      text: `with recursive tree as (
               select ${tableOid} as oid
               union all select i.inhrelid from tree t join pg_inherits i on i.inhparent = t.oid)
             select n.nspname::text as schema, c.relname::text as name, pg_get_userbyid(c.relowner)::text as owner
               from tree t join pg_class c on c.oid = t.oid join pg_namespace n on n.oid = c.relnamespace
              where not case when $3 = $4 then pg_has_role($4::name, c.relowner, 'usage') else pg_has_role(c.relowner, 'usage') end
              order by 1, 2 limit 1`,
      values: [schema, name, facts.role, table.owner],
    },
  ];
}

const queryCount = indexQueryCount + 5;
/** Of a table that is not there; so that all answers stand where they are looked for. */
const noQueries: readonly Query[] = Array.from({ length: queryCount }, () => ({
  text: 'select where false',
}));

interface Found {
  readonly answers: Answers;
  readonly facts: ServerFacts;
  readonly found: FoundTable | { readonly because: string };
  /** Where its answers begin. */
  readonly from: number;
}

type One =
  | { readonly because: string }
  | { readonly deed?: IndexDeed; readonly notes: readonly string[] };

function drawOne(planned: PlannedIndex, at: Found): One {
  const { name, table: written } = planned;
  const inName = whyNoName(name);
  if (inName !== undefined) return because(planned, inName);
  const { found: table, facts, from, answers } = at;
  if ('because' in table) return because(planned, table.because);
  if (/^(pg_|information_schema$|_?timescaledb_)/.test(table.schema)) {
    return because(planned, `${written} belongs to the system`);
  }
  const foreign = whyNotOwn(table, facts.role);
  if (foreign !== undefined) return because(planned, foreign);
  const [mayCreate] = rowsOf(found, answers, from + indexQueryCount + 3);
  if (mayCreate?.found !== true) {
    return because(
      planned,
      `${table.owner} may make nothing in schema ${table.schema}: grant create on schema ${table.schema} to ${table.owner}`,
    );
  }
  const [foreigner] = rowsOf(partition, answers, from + indexQueryCount + 4);
  if (foreigner !== undefined && table.isPartitioned) {
    const { schema, name: part, owner } = foreigner;
    return because(
      planned,
      `partition ${schema}.${part} belongs to ${owner}, and only its owner builds its part: give it to ${table.owner}`,
    );
  }
  const columns = rowsOf(tableColumn, answers, from + indexQueryCount);
  const definition = definitionOf(planned, columns);
  if ('because' in definition) return because(planned, definition.because);
  const seen = seenIndexes(answers, from);
  const how = mannerOf(table, at);
  const deed: IndexDeed = {
    deed: 'index',
    goal: 'there',
    name,
    table: { schema: table.schema, name: table.name },
    ...definition,
    how,
    ...(how === 'per-partition' && partsToBuild(name, definition, seen)),
  };
  return standingNow({ deed, planned, columns }, at);
}

function because({ name }: PlannedIndex, why: string): One {
  return { because: `index ${name}: ${why}` };
}

/** The catalogue knows better than a profile, and a note says where they differ. */
function mannerOf({ isPartitioned }: FoundTable, { answers, from }: Found): IndexManner {
  if (isPartitioned) return 'per-partition';
  const [hypertable] = rowsOf(found, answers, from + indexQueryCount + 2);
  return hypertable?.found === true ? 'per-chunk' : 'concurrently';
}

const differs = {
  concurrently: 'is a plain table: its index is built concurrently',
  'per-chunk': 'is a hypertable, which cannot be indexed concurrently: one chunk a transaction',
  'per-partition': 'is partitioned, which cannot be indexed concurrently: partition by partition',
} as const satisfies Record<IndexManner, string>;

interface Ready {
  readonly deed: IndexDeed;
  readonly planned: PlannedIndex;
  readonly columns: TableColumns;
}

/** Old transactions are told for all of the step at once, so here there are none. */
function standingNow({ deed, planned, columns }: Ready, { answers, from }: Found): One {
  const { name, how, table, taken } = deed;
  const own = answers.slice(from, from + indexQueryCount);
  const standing = indexDeed.standing(deed, [...own, []]);
  if (standing.kind === 'drifted') return because(planned, standing.because);
  if (standing.kind === 'reached') {
    return { notes: [`index ${name}: ${standing.note ?? 'it is there already'}`] };
  }
  const [now] = rowsOf(size, answers, from + indexQueryCount + 1);
  const bytes = indexBytes(deed, columns, now?.bytes ?? 0);
  const rows = deed.where === undefined ? '' : ', less by its condition';
  return {
    deed,
    notes: [
      `index ${name}: ${bytesWords(bytes)} on disk (an estimate from the size of the table${rows})`,
      ...(standing.kind === 'under-way' ? [standing.progress] : []),
      ...(standing.kind === 'unchanged' && standing.begun !== undefined ? [standing.begun] : []),
      ...(planned.how === how ? [] : [`${table.schema}.${table.name} ${differs[how]}`]),
      ...(how === 'per-chunk'
        ? [`index ${name}: nobody writes to a chunk while it is indexed`]
        : []),
      ...heirNotes(deed, now?.below ?? 0),
      ...utcNotes(deed, columns),
      ...(taken === undefined
        ? []
        : [`index ${name} takes in ${taken.join(', ')}; dropping it later would drop them, too`]),
    ],
  };
}

/** Without partitions PostgreSQL does nothing to them by itself. */
function heirNotes({ name, how, table }: IndexDeed, heirs: number): readonly string[] {
  if (how !== 'concurrently' || heirs === 0) return [];
  const who = heirs === 1 ? '1 table inherits' : `${heirs} tables inherit`;
  return [
    `index ${name}: ${who} from ${table.schema}.${table.name} and ${heirs === 1 ? 'gets' : 'get'} none by this; name each that shall have one in the profile`,
  ];
}

/** Whoever wrote the profile may have thought of another zone. */
function utcNotes({ name, where }: IndexDeed, columns: TableColumns): readonly string[] {
  const moments = where === undefined ? [] : takenForUtc(where, typesOf(columns));
  return moments.length === 0
    ? []
    : [`index ${name}: ${moments.map((each) => `'${each}'`).join(', ')} without a zone is in UTC`];
}

function refused(text: string): Drawn {
  return { kind: 'refused', because: text };
}
