// Builds an index without anybody waiting for it, or takes it away: on a table, chunk by chunk, or partition by partition.

import type { DeedKind } from './deed-kind.ts';
import { indexQueries, indexQueryCount, seenIndexes } from './index-catalogue.ts';
import { definitionWords, type IndexDeed } from './index-definition.ts';
import { creating, droppingAtOnce, standingOnTable, statementsOnTable } from './index-on-table.ts';
import { attaching, creatingOnTop, partName, standingOfParts } from './index-partitions.ts';
import { qualified } from './names.ts';
import { oldTransactionQueries, whoseIsOld } from './old-transactions.ts';

/** Of more partitions the rest is counted, not listed. */
const listedMax = 3;

export const indexDeed: DeedKind<IndexDeed> = {
  allow: () => 'indexes',
  undo: (deed) =>
    deed.taken === undefined
      ? { kind: 'exact', by: { ...deed, goal: deed.goal === 'there' ? 'gone' : 'there' } }
      : { kind: 'none' },
  // It only adds; what it cost stays useful whatever became of the rest of a plan.
  isTakenBack: () => false,
  isDecrease: ({ goal }) => goal === 'gone',
  statements,
  look: ({ table, name }) => [...indexQueries(table, name), ...oldTransactionQueries],
  standing: (deed, answers) => {
    const at = { deed, seen: seenIndexes(answers, 0), old: whoseIsOld(answers, indexQueryCount) };
    return deed.how === 'per-partition' ? standingOfParts(at) : standingOnTable(at);
  },
  leaves: ({ name, how }) =>
    how === 'per-partition'
      ? `index ${name} or one of its partitions' indexes, which cannot be used`
      : `index ${name}, which cannot be used`,
  words: (deed) => {
    const { goal, name, table, how } = deed;
    const what = `index ${name} on ${table.schema}.${table.name} ${definitionWords(deed)}`;
    return goal === 'gone' ? `drop ${what}` : `${what}, ${mannerWords[how]}`;
  },
};

const mannerWords = {
  concurrently: 'concurrently',
  'per-chunk': 'one chunk a transaction',
  'per-partition': 'partition by partition',
} as const;

function statements(deed: IndexDeed): readonly string[] {
  const { table, name, goal, how, parts = [] } = deed;
  if (how !== 'per-partition') return statementsOnTable(deed).statements;
  const top = qualified({ schema: table.schema, name });
  if (goal === 'gone') return droppingAtOnce(top).statements;
  const listed = parts.slice(0, listedMax);
  const more = parts.length - listed.length;
  const ofParts = listed.map((part) => ({
    on: qualified(part),
    name: partName(name, part.name),
    index: qualified({ schema: part.schema, name: partName(name, part.name) }),
  }));
  return [
    ...creatingOnTop(deed, table, name).statements,
    ...ofParts.flatMap((part) => creating({ deed, ...part }).statements),
    ...ofParts.flatMap(({ index }) => attaching(top, index).statements),
    ...(more > 0 ? [`-- the same for ${more} more partitions`] : []),
  ];
}
