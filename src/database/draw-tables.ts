// Draws the settings of tables: only those of the allow-list, on each table that holds rows.

import { z } from 'zod';
import type { DatabaseDeed, Texts } from '../sizing/planned-step.ts';
import type { Drawing, ServerFacts } from './drawing.ts';
import { askable, foundTable, tableQuery, whyNotOwn } from './find-table.ts';
import { hypertableQuery, hypertablesOf, whyTooManyChunks } from './hypertables.ts';
import { type InSchema, qualified } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import { optionsByName, type TableDeed } from './table-deed.ts';
import { isTableSetting, sameTableValue, whyNotTableValue } from './table-settings.ts';

type TablesStep = Extract<DatabaseDeed, { readonly deed: 'tables' }>;

/** More partitions than that are not written one by one: most of them are old, and nothing happens in them. */
const partitionsMax = 24;

const leaf = z.object({
  root: z.string(),
  schema: z.string(),
  name: z.string(),
  kind: z.string(),
  options: z.array(z.string()).nullable(),
});
type Leaf = z.infer<typeof leaf>;

/** The partitions that hold the rows of the partitioned tables with these names, and whose they are. */
const leaves: Query['text'] = `
  select rn.nspname || '.' || r.relname as root, n.nspname::text as schema, c.relname::text as name,
         c.relkind::text as kind, c.reloptions as options
    from pg_class r join pg_namespace rn on rn.oid = r.relnamespace
         cross join lateral pg_partition_tree(r.oid) t
         join pg_class c on c.oid = t.relid join pg_namespace n on n.oid = c.relnamespace
   where r.relkind = 'p' and t.isleaf and c.oid <> r.oid
     and (r.relname = any($1) or rn.nspname || '.' || r.relname = any($1))
   order by 1, 2, 3`;

const heirs = z.object({ name: z.string(), count: z.number() });

/** How many tables inherit from each plain table with one of these names. */
const heirsQuery: Query['text'] = `
  select n.nspname || '.' || c.relname as name, count(*)::int as count
    from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_inherits i on i.inhparent = c.oid
   where c.relkind = 'r' and (c.relname = any($1) or n.nspname || '.' || c.relname = any($1))
   group by 1`;

/** A table that holds rows, and what shall be set on it. */
interface WantedTable extends InSchema {
  /** Its own settings now, as `name=value`. */
  readonly options: readonly string[];
  readonly settings: Texts;
  /** What the profile calls it, or the table that it is a partition of. */
  readonly written: string;
  readonly isHypertable?: true;
}

/** The second would find what the first wrote, and not what the plan saw. */
function whyTwice(one: WantedTable, other: WantedTable): string | undefined {
  const name = Object.keys(other.settings).find((each) => one.settings[each] !== undefined);
  return name === undefined
    ? undefined
    : `${name} of ${other.schema}.${other.name} is written by ${one.written} and by ${other.written} of the profile: write it once`;
}

export const drawTables: Drawing<TablesStep> = {
  questions: ({ tables }, facts) => [
    { text: leaves, values: [Object.keys(tables).map(askable)] },
    hypertableQuery(facts),
    { text: heirsQuery, values: [Object.keys(tables).map(askable)] },
    ...Object.keys(tables).map((each) => tableQuery(each, facts)),
  ],
  draw({ tables }, answers, facts) {
    if (facts.isStandby) {
      return refused('the address in headroom.yaml leads to a standby, not to the primary');
    }
    const parts = Object.entries(tables).map(([written, settings], index) => {
      const because = whyNotSettings(settings, facts);
      if (because !== undefined) return { because: `${written}: ${because}` };
      return drawTable(written, settings, { answers, index: index + 3, facts });
    });
    const notes: string[] = [];
    const wanted = new Map<string, WantedTable>();
    for (const part of parts) {
      if ('because' in part) return refused(part.because);
      notes.push(...part.notes);
      for (const each of part.tables) {
        const earlier = wanted.get(qualified(each));
        const because = earlier && whyTwice(earlier, each);
        if (because !== undefined) return refused(because);
        const settings = { ...earlier?.settings, ...each.settings };
        wanted.set(qualified(each), { ...each, settings });
      }
    }
    const deeds = [...wanted.values()].flatMap(deedsOf);
    if (deeds.length === 0) notes.push('the tables are set so already');
    return { kind: 'deeds', deeds, notes };
  },
};

function drawTable(
  written: string,
  settings: Texts,
  {
    answers,
    index,
    facts,
  }: { readonly answers: Answers; readonly index: number; readonly facts: ServerFacts },
):
  | { readonly because: string }
  | { readonly tables: readonly WantedTable[]; readonly notes: readonly string[] } {
  const table = foundTable(written, answers, index, facts);
  if ('because' in table) return table;
  const because = whyNotOwn(table, facts.role);
  if (because !== undefined) return { because };
  const called = `${table.schema}.${table.name}`;
  if (!table.isPartitioned) {
    const chunked = hypertablesOf(answers, 1).find(({ name }) => name === called);
    const note = `${called} is a hypertable: TimescaleDB sets it on its ${chunked?.chunks} chunks as well, and on new ones`;
    if (chunked === undefined) {
      const below = rowsOf(heirs, answers, 2).find(({ name }) => name === called);
      const notes =
        below === undefined
          ? []
          : [
              `tables that inherit from ${called} (${below.count}) are not set by this: name them as well`,
            ];
      return { tables: [{ ...table, settings, written }], notes };
    }
    const tooMany = whyTooManyChunks(chunked.chunks, facts);
    if (tooMany !== undefined) return { because: `${called}: ${tooMany}` };
    return { tables: [{ ...table, settings, written, isHypertable: true }], notes: [note] };
  }
  const partitions = rowsOf(leaf, answers, 0).filter(({ root }) => root === called);
  return drawPartitions(called, partitions, { settings, written });
}

function drawPartitions(
  called: string,
  partitions: readonly Leaf[],
  asked: Pick<WantedTable, 'settings' | 'written'>,
): ReturnType<typeof drawTable> {
  if (partitions.length > partitionsMax) {
    return {
      because: `${called} has ${partitions.length} partitions, and its settings are theirs; name those that are written to in the profile in its place`,
    };
  }
  const foreign = partitions.find(({ kind }) => kind !== 'r');
  if (foreign !== undefined) {
    return { because: `partition ${foreign.name} of ${called} is a foreign table` };
  }
  return {
    tables: partitions.map(({ options, ...each }) => ({
      ...each,
      ...asked,
      options: options ?? [],
    })),
    notes: [
      `${called} is partitioned and has no such settings of its own: its ${partitions.length} partitions get them; months that Headroom makes later have what the newest has`,
    ],
  };
}

function whyNotSettings(settings: Texts, { version }: ServerFacts): string | undefined {
  for (const [name, value] of Object.entries(settings)) {
    const because = isTableSetting(name)
      ? whyNotTableValue(name, value, version)
      : `${name} is not among the settings of tables that Headroom writes (docs/databases.md)`;
    if (because !== undefined) return because;
  }
  return undefined;
}

/** Only what differs; none where all of it is so already. */
function deedsOf({
  schema,
  name,
  options,
  settings,
  isHypertable,
}: WantedTable): readonly TableDeed[] {
  const now = optionsByName(options);
  const differing = Object.entries(settings).filter(
    ([setting, value]) =>
      !isTableSetting(setting) || !sameTableValue(setting, now.get(setting), value),
  );
  if (differing.length === 0) return [];
  const before = differing.flatMap(([setting]) => {
    const value = now.get(setting);
    return value === undefined ? [] : [[setting, value] as const];
  });
  return [
    {
      deed: 'table',
      schema,
      name,
      before: Object.fromEntries(before),
      after: Object.fromEntries(differing),
      ...(isHypertable && { isHypertable }),
    },
  ];
}

function refused(because: string) {
  return { kind: 'refused', because } as const;
}
