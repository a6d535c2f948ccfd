// The map that says which shard a key is in: read from its text with everything that is not understood refused, and written the same way each time.

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { formatMistake, parseYaml } from '../yaml/parse-yaml.ts';

/**
 * A key is in the shard that `moved` gives it, else in the one that its hash gives: the first 8 hex digits of the SHA-256
 * of its text, modulo `count`. `count` stays what it was when the map was made, however many shards there are by now:
 * modulo another number nearly all keys would be elsewhere at once. What must be elsewhere is therefore written down key
 * by key, which also balances by load, as rendezvous hashing could not, and readers of an older map need not change.
 */
export interface ShardMap {
  /** The column or label whose values are the keys. */
  readonly by: string;
  readonly count: number;
  /** About how much a shard shall hold. */
  readonly load?: number;
  readonly rebalanceAbovePercent?: number;
  /** Their names; those that the hash leads to come first. */
  readonly shards: readonly string[];
  /** Shards by key, for keys that are not where their hash leads. */
  readonly moved: ReadonlyMap<string, string>;
}

/** More than that is a mistake in a figure, and no plan for shards. */
export const shardsMax = 4096;

const name = z.string().regex(/^[\w.-]{1,128}$/, 'expected the name of a shard such as shard-0');

/** No record: that would lose a key such as `__proto__` without a word. */
const movedKeys = z.unknown().transform((value, context): ReadonlyMap<string, string> => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.addIssue({ code: 'custom', message: 'expected keys with their shards' });
    return z.NEVER;
  }
  const entries = Object.entries(value).map(
    ([key, shard]) => [key, name.safeParse(shard)] as const,
  );
  for (const [key, { error }] of entries) {
    const message = error?.issues[0]?.message;
    if (message !== undefined) context.addIssue({ code: 'custom', path: [key], message });
  }
  return new Map(entries.map(([key, { data = '' }]) => [key, data]));
});

const schema = z.strictObject({
  by: z.string().min(1).max(128),
  hash: z.literal('sha256-32'),
  count: z.int().min(1).max(shardsMax),
  load: z.number().nonnegative().optional(),
  rebalanceAbovePercent: z.number().nonnegative().optional(),
  shards: z.array(name).min(1).max(shardsMax),
  moved: movedKeys,
});

/** The map, or why it is not one: what Headroom does not understand of it, it would lose. */
export function parseShardMap(text: string, file: string): ShardMap | { readonly because: string } {
  const parsed = parseYaml(schema, text, file, ({ count, shards, moved }, places) => {
    const strange = [...moved].find(([, shard]) => !shards.includes(shard));
    return [
      ...(new Set(shards).size < shards.length
        ? [places.at(['shards'], 'a shard is named twice')]
        : []),
      ...(shards.length < count
        ? [
            places.at(
              ['count'],
              `the hash leads to ${count} shards, and ${shards.length} are named`,
            ),
          ]
        : []),
      ...(strange === undefined
        ? []
        : [places.at(['moved', strange[0]], `${strange[1]} is none of the shards`)]),
    ];
  });
  if (!parsed.ok) return { because: parsed.mistakes.map(formatMistake).join('; ') };
  const { by, count, load, rebalanceAbovePercent, shards, moved } = parsed.value;
  return {
    by,
    count,
    ...(load !== undefined && { load }),
    ...(rebalanceAbovePercent !== undefined && { rebalanceAbovePercent }),
    shards,
    moved,
  };
}

/** The same text for the same map, whatever order its keys were found in. */
export function shardMapText(map: ShardMap): string {
  const { by, count, load, rebalanceAbovePercent, shards, moved } = map;
  const keys = [...moved].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return [
    '# The shard of a key: the one under moved; else the one of shards whose number its text gives, which is the first',
    '# 8 hex digits of its SHA-256, modulo count. count stays as it is when shards are added.',
    `by: ${JSON.stringify(by)}`,
    'hash: sha256-32',
    `count: ${count}`,
    ...(load === undefined ? [] : [`load: ${load}`]),
    ...(rebalanceAbovePercent === undefined
      ? []
      : [`rebalanceAbovePercent: ${rebalanceAbovePercent}`]),
    `shards: [${shards.join(', ')}]`,
    ...(keys.length === 0 ? ['moved: {}'] : ['moved:']),
    // A text of JSON is one of YAML, so a key such as `no` or `1e3` stays a text.
    ...keys.map(([key, shard]) => `  ${JSON.stringify(key)}: ${shard}`),
    '',
  ].join('\n');
}

/** The shard that the hash alone gives a key. */
export function hashedShard(key: string, { count, shards }: ShardMap): string {
  const hash = createHash('sha256').update(key, 'utf8').digest('hex').slice(0, 8);
  return shards[Number.parseInt(hash, 16) % count] ?? '';
}

/** The shard a key is in. */
export function shardOf(key: string, map: ShardMap): string {
  return map.moved.get(key) ?? hashedShard(key, map);
}
