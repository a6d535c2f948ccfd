// Shards of keys: what stays where it is, what moves and how little of it, for any keys, loads and numbers of shards.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseShardMap, type ShardMap, shardMapText, shardOf } from '../../src/sizing/shard-map.ts';
import { balanceShards } from '../../src/sizing/shard-moves.ts';

function mapOf(count: number, over: Partial<ShardMap> = {}): ShardMap {
  const shards = Array.from({ length: count }, (_, index) => `shard-${index}`);
  return { by: 'facility_id', count, shards, moved: new Map(), ...over };
}

function loadsOf(count: number, load: (index: number) => number = () => 1) {
  return new Map(Array.from({ length: count }, (_, index) => [`F-${index}`, load(index)]));
}

function balanced(map: ShardMap, loads: ReadonlyMap<string, number>, count: number, percent = 20) {
  const found = balanceShards(map, { loads, count, thresholdPercent: percent });
  if (found.kind === 'refused') throw new Error(found.because);
  return found;
}

function parsed(text: string): ShardMap {
  const map = parseShardMap(text, 'shards.yaml');
  if ('because' in map) throw new Error(map.because);
  return map;
}

/** Whether every shard is as near to the mean as the threshold says. */
function isNear(loads: ReadonlyMap<string, number>, percent: number): boolean {
  const all = [...loads.values()];
  const mean = all.reduce((sum, load) => sum + load, 0) / all.length;
  const far = (mean * percent) / 100 + mean / 1e6;
  return all.every((load) => Math.abs(load - mean) <= far);
}

const anyCase = fc
  .record({
    count: fc.integer({ min: 1, max: 8 }),
    more: fc.integer({ min: 0, max: 5 }),
    percent: fc.integer({ min: 0, max: 60 }),
    loads: fc.dictionary(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.integer({ max: 50, min: 0 }),
      {
        maxKeys: 60,
      },
    ),
    elsewhere: fc.array(fc.nat(), { maxLength: 10 }),
  })
  .map(({ count, more, percent, loads, elsewhere }) => {
    const keys = Object.keys(loads);
    const moved = elsewhere.flatMap((pick, index) => {
      const key = keys[pick % Math.max(1, keys.length)];
      return key === undefined ? [] : [[key, `shard-${index % count}`] as const];
    });
    return {
      map: mapOf(count, { moved: new Map(moved) }),
      loads: new Map(Object.entries(loads)),
      count: count + more,
      percent,
    };
  });

describe('keys over shards', () => {
  it('are each in exactly one shard that there is, and those that are not listed as moved stay', () => {
    fc.assert(
      fc.property(anyCase, ({ map, loads, count, percent }) => {
        const after = balanced(map, loads, count, percent);
        expect(after.map.shards).toHaveLength(count);
        const moves = new Map(after.moves.map((move) => [move.key, move]));
        expect(moves.size).toBe(after.moves.length);
        for (const key of loads.keys()) {
          const move = moves.get(key);
          expect(after.map.shards).toContain(shardOf(key, after.map));
          expect(shardOf(key, after.map)).toBe(move?.to ?? shardOf(key, map));
          if (move !== undefined) expect(move).toMatchObject({ from: shardOf(key, map) });
        }
        const sum = [...after.loads.values()].reduce((all, load) => all + load, 0);
        expect(sum).toBe([...loads.values()].reduce((all, load) => all + load, 0));
      }),
    );
  });

  it('stay when every shard is near enough to the mean, and once they were balanced', () => {
    fc.assert(
      fc.property(anyCase, ({ map, loads, count, percent }) => {
        const once = balanced(map, loads, count, percent);
        if (count === map.shards.length && once.moves.length > 0) {
          const now = new Map(map.shards.map((shard) => [shard, 0]));
          for (const [key, load] of loads) {
            const shard = shardOf(key, map);
            now.set(shard, (now.get(shard) ?? 0) + load);
          }
          expect(isNear(now, percent)).toBe(false);
        }
        const twice = balanced(once.map, loads, count, percent);
        expect(twice.moves).toEqual([]);
        expect(twice.map).toEqual(once.map);
      }),
    );
  });

  it('move only where it takes it: without any one of the moves a shard would be too far from the mean', () => {
    fc.assert(
      fc.property(anyCase, ({ map, loads, count, percent }) => {
        const { moves, loads: after } = balanced(map, loads, count, percent);
        fc.pre(isNear(after, percent));
        for (const { from, to, load } of moves) {
          const without = new Map(after);
          without.set(from, (without.get(from) ?? 0) + load);
          without.set(to, (without.get(to) ?? 0) - load);
          expect(isNear(without, percent)).toBe(false);
        }
      }),
    );
  });

  it('come out the same whatever order they are given in', () => {
    fc.assert(
      fc.property(anyCase, ({ map, loads, count, percent }) => {
        const other = new Map([...loads].toReversed());
        const moved = new Map([...map.moved].toReversed());
        expect(shardMapText(balanced({ ...map, moved }, other, count, percent).map)).toBe(
          shardMapText(balanced(map, loads, count, percent).map),
        );
      }),
    );
  });

  it('move to a new shard about as many as belong there, and between the old ones none', () => {
    const loads = loadsOf(1000);
    const level = balanced(mapOf(4), loads, 4, 5).map;
    const { moves, loads: after } = balanced(level, loads, 5, 5);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(['shard-4']));
    expect(moves.length).toBeGreaterThanOrEqual(190);
    expect(moves.length).toBeLessThanOrEqual(200);
    expect(isNear(after, 5)).toBe(true);
  });

  it('weigh what they weigh: one heavy key counts as many light ones', () => {
    const loads = loadsOf(41, (index) => (index === 0 ? 40 : 1));
    const { loads: after, map } = balanced(mapOf(2), loads, 2, 10);
    const heavy = shardOf('F-0', map);
    expect(after.get(heavy)).toBeLessThanOrEqual(44);
  });

  it('are levelled among the other shards where a giant one keeps its own from the mean', () => {
    const giant = loadsOf(31, (index) => (index === 0 ? 100 : 1));
    const moved = new Map(
      [...giant.keys()].map((key) => [key, key === 'F-0' ? 'shard-0' : 'shard-1']),
    );
    const { loads, moves, map } = balanced(mapOf(3, { moved }), giant, 3, 25);
    expect([...loads.values()].toSorted((a, b) => b - a)[0]).toBe(100);
    expect(isNear(new Map([...loads].filter(([shard]) => shard !== 'shard-0')), 25)).toBe(true);
    expect(moves.every(({ from, to }) => from === 'shard-1' && to === 'shard-2')).toBe(true);
    expect(balanced(map, giant, 3, 25).moves).toEqual([]);
  });

  it('leave a shard that goes, where the hash does not lead to it; else it must stay', () => {
    const loads = loadsOf(100);
    const grown = balanced(mapOf(2), loads, 4).map;
    const back = balanced(grown, loads, 3);
    expect(back.map.shards).toEqual(['shard-0', 'shard-1', 'shard-2']);
    for (const key of loads.keys()) expect(back.map.shards).toContain(shardOf(key, back.map));
    expect(balanceShards(grown, { loads, count: 1, thresholdPercent: 20 })).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('the hash of the map leads to 2 shards'),
    });
  });
});

describe('the text of a map', () => {
  it('is read back as what it was, with any keys', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ unit: 'grapheme' }), fc.constantFrom('shard-0', 'shard-1')),
        (moved) => {
          const map = mapOf(2, { moved: new Map(Object.entries(moved)), load: 20 });
          expect(parsed(shardMapText(map))).toEqual(map);
        },
      ),
      { examples: [[Object.fromEntries([['__proto__', 'shard-0']])]] },
    );
  });

  it.each([
    ['count: 4', 'count: 9', 'the hash leads to 9 shards, and 4 are named'],
    ['sha256-32', 'md5', 'expected sha256-32'],
    ['moved: {}', 'moved: {F-1: shard-9}', 'shard-9 is none of the shards'],
    ['moved: {}', 'moved: {}\nowner: ann', 'unknown key "owner"'],
    ['[shard-0, ', '[shard-1, ', 'a shard is named twice'],
    ['moved: {}', 'moved: [', 'not valid YAML'],
  ])('is refused where %s says %s', (was, is, because) => {
    const text = shardMapText(mapOf(4)).replace(was, is);
    expect(parseShardMap(text, 'shards.yaml')).toMatchObject({
      because: expect.stringContaining(because),
    });
  });
});
