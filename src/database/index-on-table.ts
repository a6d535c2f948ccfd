// How an index stands that is built on one table or chunk by chunk, and what it still needs.

import { progressWords } from './build-progress.ts';
import type { SeenIndex } from './index-catalogue.ts';
import { definitionSql, type IndexAtHand, type IndexDeed, isLike } from './index-definition.ts';
import { qualified, quotedName } from './names.ts';
import type { Standing, Statements } from './standing.ts';

/** Everything an application could queue behind gives way before it has waited for a second. */
export const briefly = { lockMs: 500, statementMs: 900 } as const;

/**
 * What began while a build of hours was at work, such as a dump, is waited for at its end, so the work of hours is not given
 * up for it. What never ends is: VACUUM does not come to the table meanwhile.
 */
const othersMs = 2 * 3_600_000;

/** CREATE INDEX CONCURRENTLY locks out no reads and no writes (SHARE UPDATE EXCLUSIVE), so nobody queues behind it. */
export function creating({ deed, on, name }: Creating): Statements {
  const start = `create index concurrently ${quotedName(name)} on ${on} ${definitionSql(deed)}`;
  return { manner: 'build', statements: [start], lockMs: othersMs };
}

interface Creating {
  readonly deed: IndexDeed;
  /** Quoted, with its schema. */
  readonly on: string;
  readonly name: string;
}

/**
 * One transaction for each chunk, in which nobody writes to that chunk (SHARE): whoever wants to write queues behind a wait
 * for that lock, so the wait is short.
 */
function creatingByChunk({ deed, on, name }: Creating): Statements {
  const definition = definitionSql(deed, 'with (timescaledb.transaction_per_chunk)');
  const start = `create index ${quotedName(name)} on ${on} ${definition}`;
  return { manner: 'build', statements: [start], lockMs: briefly.lockMs };
}

/** DROP INDEX CONCURRENTLY has the same lock as a build; that of a hypertable or a partitioned table is refused. */
export function dropping(index: string): Statements {
  const start = `drop index concurrently ${index}`;
  return { manner: 'build', statements: [start], isLight: true, isPart: true };
}

/** ACCESS EXCLUSIVE on the table and everything below it, for a moment. */
export function droppingAtOnce(index: string): Statements {
  return { manner: 'together', statements: [`drop index ${index}`], ...briefly, isPart: true };
}

/** What a plan would send first. */
export function statementsOnTable(deed: IndexDeed): Statements {
  const index = qualified({ schema: deed.table.schema, name: deed.name });
  const isByChunk = deed.how === 'per-chunk';
  if (deed.goal === 'gone') return isByChunk ? droppingAtOnce(index) : dropping(index);
  const what = { deed, on: qualified(deed.table), name: deed.name };
  return isByChunk ? creatingByChunk(what) : creating(what);
}

export function standingOnTable(at: IndexAtHand): Standing {
  const { deed, seen } = at;
  const called = `index ${deed.name}`;
  const own = seen.indexes.find(({ name }) => name === deed.name);
  if (own === undefined) return withoutIt(at);
  if (!isLike(deed, own)) {
    const unusable = own.usable ? '' : ' and cannot be used';
    return drifted(
      `${called} of ${deed.table.schema}.${deed.table.name} has another definition${unusable}; rename or drop it first`,
    );
  }
  if (own.usable && deed.goal === 'there') return { kind: 'reached' };
  const busy = own.usable ? undefined : whoWorks(own);
  if (busy !== undefined) return { kind: 'under-way', progress: `${called}: ${busy}` };
  if (own.usable) {
    return at.old === undefined
      ? { kind: 'unchanged', write: statementsOnTable(deed) }
      : drifted(`${called} is not dropped: ${at.old}`);
  }
  const remains = statementsOnTable({ ...deed, goal: 'gone' });
  return {
    kind: 'unchanged',
    write: remains,
    begun: `${called} is there and cannot be used, left by a build or a drop that did not end; it is dropped first`,
    leftover: [remains],
  };
}

function withoutIt({ deed, seen, old }: IndexAtHand): Standing {
  if (deed.goal === 'gone') return { kind: 'reached' };
  if (seen.nodes.length === 0) {
    return drifted(`table ${deed.table.schema}.${deed.table.name} is gone`);
  }
  if (seen.nodes[0]?.kind !== 'r') {
    return drifted(`${deed.table.schema}.${deed.table.name} is no plain table any more`);
  }
  const same = equalIndex(deed, seen.indexes);
  if (same !== undefined) return { kind: 'reached', note: `index ${same} is the same` };
  if (seen.holder !== undefined) return drifted(`${seen.holder} has the name ${deed.name}`);
  if (old !== undefined) return drifted(`index ${deed.name} is not begun: ${old}`);
  return { kind: 'unchanged', write: statementsOnTable(deed) };
}

/** Of any name. */
export function equalIndex(deed: IndexDeed, indexes: readonly SeenIndex[]): string | undefined {
  return indexes.find((each) => each.usable && isLike(deed, each))?.name;
}

/** Who is at an index that cannot be used yet, in words. */
export function whoWorks(index: SeenIndex): string | undefined {
  if (index.phase !== null) return progressWords(index);
  return (
    (index.worker &&
      `the server is at work on it or its table (${index.worker.application || 'somebody'}, pid ${index.worker.pid})`) ??
    undefined
  );
}

export function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}
