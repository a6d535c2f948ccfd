// Turns a wanted number of shards into the change of their map, and into what people have to move before it is written.

import { valueAt } from '../change/pointer.ts';
import { shardKeysIn } from '../database/shard-keys.ts';
import { formatNumber } from '../profile/amount.ts';
import { parseShardMap, type ShardMap, shardMapText, shardsMax } from '../sizing/shard-map.ts';
import { balanceShards, type ShardMove } from '../sizing/shard-moves.ts';
import type { ClusterDeed, DeedChanges, DeedFacts } from './database-deed-changes.ts';
import type { PersonsPart } from './sql-changes.ts';
import { alreadyThere, refIn, refused, seenIn } from './step-facts.ts';
import { objectChanges } from './step-objects.ts';

type Shards = Extract<ClusterDeed, { deed: 'shards' }>;

/** Ours, for guides that state none. */
const usualThresholdPercent = 25;
/** More of them stand only in the map itself. */
const movesShown = 10;

/** The map with as many shards as are wanted, keys staying where they are but for what has to move. */
export function shardMapChanges(deed: Shards, facts: DeedFacts): DeedChanges {
  const { map: place, count, rebalanceAbovePercent: percent = usualThresholdPercent } = deed;
  if (place === undefined) return refused('the profile names no ConfigMap for the map of shards');
  if (count < 1 || count > shardsMax) {
    return refused(`a map has 1 to ${shardsMax} shards, and the profile asks for ${count}`);
  }
  const { configMap, key } = place;
  const called = `${key} of ConfigMap ${configMap}`;
  const text = textIn(seenIn(facts, 'ConfigMap', configMap)?.value, key);
  const present = text === undefined ? undefined : parseShardMap(text, key);
  if (present !== undefined && 'because' in present) {
    return refused(`${called} is no map of shards that Headroom understands (${present.because})`);
  }
  if (present !== undefined && present.by !== deed.by) {
    return refused(
      `${called} is by ${present.by} and the profile wants ${deed.by}: every row would move, which is no change of a map`,
    );
  }
  const loads = loadsIn(facts);
  if ('because' in loads) return refused(loads.because);
  const before = mapWith(deed, present ?? freshMap(deed));
  const after = balanceShards(before, { loads, count, thresholdPercent: percent });
  if (after.kind === 'refused') return refused(after.because);
  if (present !== undefined && isSame(present, after.map)) {
    const [far = `none further than ${percent} % from the mean`] = farNotes(after.loads, percent);
    return alreadyThere(`the map has ${count} shards, ${far}`);
  }
  const object = refIn(facts, 'ConfigMap', configMap);
  const made = objectChanges(object, { data: { [key]: shardMapText(after.map) } }, facts);
  if (made.kind !== 'changes') return made;
  const far = farNotes(after.loads, percent).map((words) => `After that: ${words}.`);
  const notes = [
    ...made.notes,
    ...(present === undefined ? [firstMap(called)] : []),
    ...loadNotes(deed, after, loads),
    ...far,
    ...unknownNotes(facts),
  ];
  // Before there is a map nothing is spread yet: the guide's own steps bring every key to its shard.
  const first = present === undefined ? undefined : movesPart(after.moves, deed.by);
  // Rows follow it, and what is written since is where it says alone: it never goes back because a later step fails.
  const changes = made.changes.map((change) => ({ ...change, undo: 'compensating' as const }));
  return { ...made, changes, notes, ...(first && { first }) };
}

function textIn(object: unknown, key: string): string | undefined {
  const data = valueAt(object, '/data');
  const text = typeof data === 'object' && data !== null ? Reflect.get(data, key) : undefined;
  return text === undefined ? undefined : String(text);
}

function loadsIn({ beside }: DeedFacts): ReturnType<typeof shardKeysIn> {
  if (beside === undefined) return new Map();
  return beside.kind === 'seen'
    ? shardKeysIn(beside.answers)
    : { because: `which keys there are could not be read: ${beside.because}` };
}

function freshMap({ by, count }: Shards): ShardMap {
  const shards = Array.from({ length: count }, (_, index) => `shard-${index}`);
  return { by, count, shards, moved: new Map() };
}

/** What the profile says of it stands in it as the profile has it now. */
function mapWith({ load, rebalanceAbovePercent }: Shards, map: ShardMap): ShardMap {
  const { by, count, shards, moved } = map;
  return {
    by,
    count,
    ...(load !== undefined && { load }),
    ...(rebalanceAbovePercent !== undefined && { rebalanceAbovePercent }),
    shards,
    moved,
  };
}

/** One that was lost is not the same as none: its count decides where every key is. */
function firstMap(called: string): string {
  return `There is no ${called}, so this is the first map. Where rows are spread already by one that was lost, put that back in its place: by another number of shards nearly every key would be looked for elsewhere.`;
}

function isSame(before: ShardMap, after: ShardMap): boolean {
  return shardMapText(before) === shardMapText(after);
}

function movesPart(moves: readonly ShardMove[], by: string): PersonsPart | undefined {
  if (moves.length === 0) return undefined;
  const shown = moves.slice(0, movesShown).map(moveWords);
  const more = moves.length - shown.length;
  const list = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  const keys = moves.length === 1 ? '1 key' : `${moves.length} keys`;
  return {
    what: `Copy the rows of ${keys} (${by}) to their new shards, hold their writes, and compare the counts: ${list}`,
    who: 'somebody for databases',
    say: 'The next step writes the map, and from then on they are looked for there. All of them stand under moved in it.',
  };
}

function moveWords({ key, from, to, load }: ShardMove): string {
  return `${key} (${formatNumber(load)}) ${from} → ${to}`;
}

function loadNotes(
  { load: wanted }: Shards,
  { loads }: { readonly loads: ReadonlyMap<string, number> },
  keys: ReadonlyMap<string, number>,
): readonly string[] {
  if (keys.size === 0) return [];
  const each = [...loads].map(([shard, load]) => `${shard} ${formatNumber(load)}`).join(', ');
  const over = [...loads].filter(([, load]) => wanted !== undefined && load > wanted);
  return [
    `Load by shard afterwards: ${each}.`,
    ...(over.length === 0
      ? []
      : [
          `${over.map(([shard]) => shard).join(', ')} hold more than the ${wanted} that a shard is planned for.`,
        ]),
  ];
}

/** Shards that no move brings near the mean, such as one with a giant key and those that are light beside it. */
function farNotes(loads: ReadonlyMap<string, number>, percent: number): readonly string[] {
  const mean = [...loads.values()].reduce((sum, load) => sum + load, 0) / loads.size;
  const far = [...loads].filter(
    ([, load]) => Math.abs(load - mean) > (mean * percent) / 100 + mean / 1e6,
  );
  if (far.length === 0) return [];
  const names = far.map(([shard]) => shard).join(', ');
  return [
    `${names} ${far.length === 1 ? 'stays' : 'stay'} further than ${percent} % from the mean, and no move of a whole key makes that better`,
  ];
}

/** Without the keys nothing can be balanced, only what the map itself names stays known. */
function unknownNotes({ beside }: DeedFacts): readonly string[] {
  return beside === undefined
    ? [
        'Which keys there are is not known, so none is moved: name their table under shardKeys of the database in headroom.yaml.',
      ]
    : [];
}
