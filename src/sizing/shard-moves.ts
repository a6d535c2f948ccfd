// Balances keys over shards with as few moves as it takes: nothing moves while every shard is near enough to the mean.

import { assert } from '../errors.ts';
import { hashedShard, type ShardMap, shardOf } from './shard-map.ts';

/** A key whose rows have to be brought to another shard. */
export interface ShardMove {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly load: number;
}

export type Balanced =
  | {
      readonly kind: 'balanced';
      readonly map: ShardMap;
      /** Each key at most once, heaviest first. */
      readonly moves: readonly ShardMove[];
      /** By shard, after the moves. */
      readonly loads: ReadonlyMap<string, number>;
    }
  | { readonly kind: 'refused'; readonly because: string };

interface Wanted {
  /** How much each known key weighs; a key that only the map names weighs nothing. */
  readonly loads: ReadonlyMap<string, number>;
  /** How many shards there shall be. */
  readonly count: number;
  /** How far a shard may be from the mean before anything moves. */
  readonly thresholdPercent: number;
}

/**
 * The map with `count` shards, and what has to move for it. Within the threshold nothing moves; beyond it, keys move from
 * the heaviest shard to the lightest until all are within it or no move makes it better. A shard that no move makes
 * lighter, such as one with a giant key, is left as it is, and the others are levelled among themselves. A second call
 * finds nothing to do.
 */
export function balanceShards(map: ShardMap, { loads, count, thresholdPercent }: Wanted): Balanced {
  if (count < map.count) {
    return {
      kind: 'refused',
      because: `the hash of the map leads to ${map.count} shards: ${count} would leave keys that nobody has listed without one`,
    };
  }
  const shards = [...map.shards.slice(0, count), ...newNames(map.shards, count)];
  const keys = new Set([...loads.keys(), ...map.moved.keys()]);
  const at = new Map([...keys].toSorted().map((key) => [key, shardOf(key, map)]));
  const before = new Map(at);
  const spread = new Spread(shards, at, loads, thresholdPercent);
  spread.leave(new Set(map.shards.slice(count)));
  spread.level();
  spread.spare(before);
  const moved = [...at].filter(([key, shard]) => shard !== hashedShard(key, map));
  const moves = [...at].flatMap(([key, to]) => {
    const from = before.get(key);
    assert(from !== undefined, 'no key appears while shards are levelled');
    return from === to ? [] : [{ key, from, to, load: loads.get(key) ?? 0 }];
  });
  return {
    kind: 'balanced',
    map: { ...map, shards, moved: new Map(moved) },
    moves: moves.toSorted((a, b) => b.load - a.load || (a.key < b.key ? -1 : 1)),
    loads: sums(shards, at, loads),
  };
}

function newNames(taken: readonly string[], count: number): readonly string[] {
  const names: string[] = [];
  for (let number = taken.length; taken.length + names.length < count; number++) {
    const name = `shard-${number}`;
    if (!taken.includes(name)) names.push(name);
  }
  return names;
}

const parts = 1e12;

function inParts(loads: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sum = [...loads.values()].reduce((all, load) => all + load, 0);
  return new Map([...loads].map(([key, load]) => [key, Math.round((load / (sum || 1)) * parts)]));
}

function sums(
  shards: readonly string[],
  at: ReadonlyMap<string, string>,
  loads: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const all = new Map(shards.map((shard) => [shard, 0]));
  for (const [key, shard] of at) all.set(shard, (all.get(shard) ?? 0) + (loads.get(key) ?? 0));
  return all;
}

/** Of a list whose first ones do not have it and all others do: where those begin. */
function firstWhere<T>(list: readonly T[], has: (each: T) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    const each = list[middle];
    if (each !== undefined && has(each)) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Keys in shards, while they are moved about. */
class Spread {
  readonly #shards: readonly string[];
  readonly #at: Map<string, string>;
  /** Whole parts of all there is, because sums of fractions would come out otherwise each time. */
  readonly #weights: ReadonlyMap<string, number>;
  readonly #totals: Map<string, number>;
  /** Heaviest first, so that few keys move. */
  readonly #keys: readonly string[];
  /** The same of each shard: thousands of keys are looked through at each move otherwise. */
  readonly #own: Map<string, string[]>;
  readonly #thresholdPercent: number;

  constructor(
    shards: readonly string[],
    at: Map<string, string>,
    loads: ReadonlyMap<string, number>,
    thresholdPercent: number,
  ) {
    this.#shards = shards;
    this.#at = at;
    this.#weights = inParts(loads);
    this.#thresholdPercent = thresholdPercent;
    this.#keys = [...at.keys()].toSorted((a, b) => this.#order(a, b));
    this.#own = new Map(shards.map((shard) => [shard, []]));
    for (const key of this.#keys) this.#keysOf(at.get(key)).push(key);
    this.#totals = new Map(shards.map((shard) => [shard, 0]));
    for (const [key, shard] of at) {
      this.#totals.set(shard, (this.#totals.get(shard) ?? 0) + this.#weight(key));
    }
  }

  /** Empties shards that go: each key to the shard that is lightest by then. */
  leave(gone: ReadonlySet<string>): void {
    for (const key of this.#keys) {
      if (gone.has(this.#at.get(key) ?? '')) this.#move(key, this.#extremes().lightest);
    }
  }

  /** Every move makes the heavier of two shards lighter than it was, and one alone is its own mean, so this ends. */
  level(): void {
    let among = this.#shards;
    while (!this.#isNear(among)) {
      const { heaviest, lightest, mean } = this.#extremes(among);
      const [most, least] = [this.#total(heaviest), this.#total(lightest)];
      const wanted = Math.min(most - mean, mean - least);
      const own = this.#keysOf(heaviest);
      const weighing = firstWhere(own, (key) => this.#weight(key) <= 0);
      const fitting = firstWhere(own, (key) => this.#weight(key) <= wanted);
      // The heaviest that fits, else the lightest there is.
      const key = own[Math.min(fitting, weighing - 1)];
      if (key === undefined || least + this.#weight(key) >= most) {
        among = among.filter((shard) => shard !== heaviest);
      } else this.#move(key, lightest);
    }
  }

  /**
   * Keys that need not have moved go back: the order in which they were found may have moved more than it takes. One that
   * goes back may make room for another to do the same.
   */
  spare(before: ReadonlyMap<string, string>): void {
    let isDone = !this.#isNear();
    while (!isDone) {
      isDone = true;
      for (const key of this.#keys.toReversed()) {
        if (this.#goesBack(key, before.get(key))) isDone = false;
      }
    }
  }

  #goesBack(key: string, home: string | undefined): boolean {
    const now = this.#at.get(key);
    if (home === undefined || now === undefined || home === now) return false;
    if (!this.#shards.includes(home)) return false;
    this.#move(key, home);
    if (this.#isNear()) return true;
    this.#move(key, now);
    return false;
  }

  #move(key: string, to: string): void {
    const weight = this.#weight(key);
    const from = this.#at.get(key) ?? '';
    this.#totals.set(from, this.#total(from) - weight);
    this.#totals.set(to, this.#total(to) + weight);
    const [left, joined] = [this.#keysOf(from), this.#keysOf(to)];
    left.splice(
      firstWhere(left, (each) => this.#order(each, key) >= 0),
      1,
    );
    joined.splice(
      firstWhere(joined, (each) => this.#order(each, key) >= 0),
      0,
      key,
    );
    this.#at.set(key, to);
  }

  #isNear(among = this.#shards): boolean {
    const { heaviest, lightest, mean } = this.#extremes(among);
    // What rounding to parts adds and takes does not count.
    const far = (mean * this.#thresholdPercent) / 100 + parts / 1e9;
    return this.#total(heaviest) <= mean + far && this.#total(lightest) >= mean - far;
  }

  #extremes(among = this.#shards): {
    readonly heaviest: string;
    readonly lightest: string;
    readonly mean: number;
  } {
    let [heaviest = '', lightest = ''] = [among[0], among[0]];
    let sum = 0;
    for (const shard of among) {
      const total = this.#total(shard);
      if (total > this.#total(heaviest)) heaviest = shard;
      if (total < this.#total(lightest)) lightest = shard;
      sum += total;
    }
    return { heaviest, lightest, mean: sum / among.length };
  }

  #keysOf(shard = ''): string[] {
    const known = this.#own.get(shard) ?? [];
    this.#own.set(shard, known);
    return known;
  }

  #order(a: string, b: string): number {
    return this.#weight(b) - this.#weight(a) || (a === b ? 0 : a < b ? -1 : 1);
  }

  #total(shard: string): number {
    return this.#totals.get(shard) ?? 0;
  }

  #weight(key: string): number {
    return this.#weights.get(key) ?? 0;
  }
}
