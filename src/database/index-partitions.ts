// How an index of a partitioned table stands: an empty one on top, one on each partition, and each attached to the one above.

import { createHash } from 'node:crypto';
import type { SeenIndex, SeenIndexes, TableNode } from './index-catalogue.ts';
import {
  definitionSql,
  type IndexAtHand,
  type IndexDeed,
  type IndexDefinition,
  isLike,
  isPartLike,
} from './index-definition.ts';
import {
  briefly,
  creating,
  drifted,
  dropping,
  droppingAtOnce,
  equalIndex,
  whoWorks,
} from './index-on-table.ts';
import { type InSchema, qualified, quotedName } from './names.ts';
import type { Standing, Statements } from './standing.ts';

const nameBytesMax = 63;
/** More are counted, not named. */
const listedMax = 3;

/** The same in every run, so that what one left is known to the next; what is too long ends in a part of its hash. */
export function partName(index: string, table: string): string {
  const full = `${table}_${index}`;
  const bytes = new TextEncoder().encode(full);
  if (bytes.length <= nameBytesMax) return full;
  const hash = createHash('sha256').update(full).digest('hex').slice(0, 8);
  // What is cut in the middle of a letter is left out by the decoder.
  const start = new TextDecoder().decode(bytes.slice(0, nameBytesMax - 9)).replace(/\uFFFD$/, '');
  return `${start}_${hash}`;
}

/**
 * Without its partitions it is only an entry in the catalogue, so SHARE, which keeps writes away, is held for a moment.
 */
export function creatingOnTop(deed: IndexDeed, on: InSchema, name: string): Statements {
  const start = `create index ${quotedName(name)} on only ${qualified(on)} ${definitionSql(deed)}`;
  return { manner: 'together', statements: [start], ...briefly, isPart: true };
}

/** One at a time: it takes ACCESS EXCLUSIVE on the index of the partition, which every plan of a query opens. */
export function attaching(above: string, part: string): Statements {
  const start = `alter index ${above} attach partition ${part}`;
  return { manner: 'together', statements: [start], ...briefly, isPart: true };
}

interface Part {
  readonly node: TableNode;
  /** The name that its index gets, or has. */
  readonly name: string;
  /** The one that counts: with our name, or another like it. */
  readonly index: SeenIndex | undefined;
  /** With our name, and of no use: left over, or something else. */
  readonly obstacle: SeenIndex | undefined;
}

export function standingOfParts(at: IndexAtHand): Standing {
  const { deed, seen } = at;
  const [top] = seen.nodes;
  if (top === undefined) {
    return deed.goal === 'gone'
      ? { kind: 'reached' }
      : drifted(`table ${deed.table.schema}.${deed.table.name} is gone`);
  }
  if (top.kind !== 'p') {
    return drifted(`${deed.table.schema}.${deed.table.name} is not partitioned any more`);
  }
  const own = seen.indexes.find(({ table, name }) => table === top.id && name === deed.name);
  if (own !== undefined && !isLike(deed, own)) {
    return drifted(
      `index ${deed.name} of ${deed.table.schema}.${deed.table.name} has another definition; rename or drop it first`,
    );
  }
  if (deed.goal === 'gone') return goneOrNot(at, own);
  if (own?.usable) return { kind: 'reached' };
  if (own === undefined) return notBegun(at, top);
  const parts = partsOf(at, own);
  return building(at, parts) ?? attachingRest(at, parts);
}

function notBegun({ deed, seen, old }: IndexAtHand, top: TableNode): Standing {
  const ofTop = seen.indexes.filter(({ table }) => table === top.id);
  const same = equalIndex(deed, ofTop);
  if (same !== undefined) return { kind: 'reached', note: `index ${same} is the same` };
  const foreign = seen.nodes.find(({ kind }) => kind !== 'r' && kind !== 'p');
  if (foreign !== undefined) {
    return drifted(
      `partition ${foreign.schema}.${foreign.name} is on another server, which has its own indexes`,
    );
  }
  if (seen.holder !== undefined) return drifted(`${seen.holder} has the name ${deed.name}`);
  if (old !== undefined) return drifted(`index ${deed.name} is not begun: ${old}`);
  return { kind: 'unchanged', write: creatingOnTop(deed, deed.table, deed.name) };
}

/** Top first; each with the index that is, or is to become, a part of the one above. */
function partsOf({ deed, seen }: IndexAtHand, own: SeenIndex): readonly Part[] {
  const chosen = new Map<string, SeenIndex>();
  return seen.nodes.map((node, at) => {
    if (at === 0) {
      chosen.set(node.id, own);
      return { node, name: deed.name, index: own, obstacle: undefined };
    }
    const above = chosen.get(node.parent ?? '')?.id;
    const name = partName(deed.name, node.name);
    const here = seen.indexes.filter(({ table }) => table === node.id);
    // What somebody has made since the plan was drawn is not taken in: taking the plan back would drop it.
    const index = partOf({ definition: deed, node, name, above }, here, (each) =>
      (deed.taken ?? []).includes(each.name),
    );
    if (index !== undefined) chosen.set(node.id, index);
    const obstacle = index === undefined ? here.find((each) => each.name === name) : undefined;
    return { node, name, index, obstacle };
  });
}

interface PartWanted {
  readonly definition: IndexDefinition;
  readonly node: TableNode;
  readonly name: string;
  /** The index that it becomes a part of, where that is there. */
  readonly above: string | undefined;
}

/** Of the indexes of a partition the one that is a part already, ours, or another that may be taken. */
function partOf(
  { definition, node, name, above }: PartWanted,
  here: readonly SeenIndex[],
  mayTake: (index: SeenIndex) => boolean,
): SeenIndex | undefined {
  // That of a partitioned one below cannot be used before its own parts are attached.
  const fits = here.filter(
    (each) => isPartLike(definition, each, above) && (each.usable || node.kind === 'p'),
  );
  return (
    fits.find(({ parent }) => parent !== null) ??
    fits.find((each) => each.name === name) ??
    fits.find(mayTake)
  );
}

/** Which partitions lack an index like it, and whose indexes are taken in. */
export function partsToBuild(
  name: string,
  definition: IndexDefinition,
  { nodes, indexes }: SeenIndexes,
): Pick<IndexDeed, 'parts' | 'taken'> {
  const top = indexes.find((each) => each.name === name && each.table === nodes[0]?.id);
  const chosen = new Map(nodes.slice(0, 1).map(({ id }) => [id, top]));
  const parts: InSchema[] = [];
  const taken: string[] = [];
  for (const node of nodes.slice(1)) {
    const above = chosen.get(node.parent ?? '')?.id;
    const wanted = { definition, node, name: partName(name, node.name), above };
    const here = indexes.filter(({ table }) => table === node.id);
    const like = partOf(wanted, here, () => true);
    chosen.set(node.id, like);
    if (like === undefined) {
      if (node.kind !== 'p') parts.push({ schema: node.schema, name: node.name });
    } else if (like.parent === null && like.name !== wanted.name) taken.push(like.name);
  }
  return { parts, ...(taken.length > 0 && { taken }) };
}

/** The next that has no index yet. */
function building(at: IndexAtHand, parts: readonly Part[]): Standing | undefined {
  const { deed } = at;
  const next = parts.find(({ index }) => index === undefined);
  if (next === undefined) return undefined;
  const { node, name, obstacle } = next;
  const leaves = parts.filter((each) => each.node.kind !== 'p');
  const built = leaves.filter(({ index }) => index !== undefined).length;
  const begun = `index ${deed.name}: ${built} of ${leaves.length} partitions have theirs`;
  if (obstacle === undefined) {
    const write =
      node.kind === 'p'
        ? creatingOnTop(deed, node, name)
        : { ...creating({ deed, on: qualified(node), name }), isPart: true as const };
    return { kind: 'unchanged', write, begun, ...remains(deed, parts) };
  }
  if (obstacle.usable || !isPartLike(deed, obstacle, undefined)) {
    return drifted(
      `index ${name} of ${node.schema}.${node.name} has another definition; rename or drop it first`,
    );
  }
  const busy = whoWorks(obstacle);
  if (busy !== undefined) return { kind: 'under-way', progress: `${begun}; ${busy}` };
  const broken = dropping(qualified({ schema: node.schema, name }));
  const { leftover, stays } = remains(deed, parts);
  return {
    kind: 'unchanged',
    write: broken,
    begun: `${begun}; that of ${node.schema}.${node.name} was left by a build that did not end and is dropped first`,
    leftover: [broken, ...leftover],
    ...(stays !== undefined && { stays }),
  };
}

/**
 * The ones on top cannot be used before all parts are there; parts that are attached already would go with them. Those of
 * the partitions can be used as they are.
 */
function remains(
  { name: called }: IndexDeed,
  parts: readonly Part[],
): { readonly leftover: readonly Statements[]; readonly stays?: string } {
  if (isAnyAttached(parts)) {
    const stays = `index ${called}, which cannot be used before all its parts are there, stays, and the next attempt goes on with it`;
    return { leftover: [], stays };
  }
  const ours = parts.filter(({ index, name }) => index?.name === name);
  const tops = ours.filter(({ node }) => node.kind === 'p').toReversed();
  const names = ours.filter(({ node }) => node.kind !== 'p').map(({ name }) => name);
  const listed = names.slice(0, listedMax).join(', ');
  const more = names.length > listedMax ? ` and ${names.length - listedMax} more` : '';
  return {
    leftover: tops.map(({ node, name }) =>
      droppingAtOnce(qualified({ schema: node.schema, name })),
    ),
    ...(names.length > 0 && {
      stays: `${listed}${more} stay, which can be used, and the next attempt takes them in`,
    }),
  };
}

function topOf({ table, name }: IndexDeed): string {
  return qualified({ schema: table.schema, name });
}

function isAnyAttached(parts: readonly Part[]): boolean {
  return parts.some(
    ({ index, node }) => node.level > 0 && index !== undefined && index.parent !== null,
  );
}

/** From below, so that one is complete before it becomes a part itself. */
function attachingRest({ deed }: IndexAtHand, parts: readonly Part[]): Standing {
  const byTable = new Map(parts.map((part) => [part.node.id, part]));
  const loose = parts
    .toReversed()
    .find(({ index, node }) => node.level > 0 && index?.parent === null);
  const above = byTable.get(loose?.node.parent ?? '');
  if (loose?.index === undefined || above?.index === undefined) {
    return drifted(
      `index ${deed.name} has all its parts and cannot be used all the same; look at it yourself`,
    );
  }
  const attached = parts.filter(({ index, node }) => node.level > 0 && index?.parent !== null);
  const write = attaching(
    qualified({ schema: above.node.schema, name: above.index.name }),
    qualified({ schema: loose.node.schema, name: loose.index.name }),
  );
  const begun = `index ${deed.name}: all partitions have theirs, ${attached.length} of ${parts.length - 1} are attached`;
  return { kind: 'unchanged', write, begun };
}

/** With the one on top all its parts go; what a build left that did not come so far goes one by one. */
function goneOrNot({ deed, seen, old }: IndexAtHand, own: SeenIndex | undefined): Standing {
  if (own !== undefined) {
    if (old !== undefined) return drifted(`index ${deed.name} is not dropped: ${old}`);
    return { kind: 'unchanged', write: droppingAtOnce(topOf(deed)) };
  }
  for (const node of seen.nodes.slice(1).toReversed()) {
    const name = partName(deed.name, node.name);
    const left = seen.indexes.find((each) => each.table === node.id && each.name === name);
    if (left === undefined || !isPartLike(deed, left, undefined)) continue;
    const busy = left.usable ? undefined : whoWorks(left);
    if (busy !== undefined) return { kind: 'under-way', progress: `index ${name}: ${busy}` };
    const index = qualified({ schema: node.schema, name });
    const write = node.kind === 'p' ? droppingAtOnce(index) : dropping(index);
    return { kind: 'unchanged', write, begun: `index ${name} is left of it` };
  }
  return { kind: 'reached' };
}
