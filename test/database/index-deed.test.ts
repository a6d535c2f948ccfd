// How an index stands, by what the catalogue says of it, and the statements that follow.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexDeed } from '../../src/database/index-deed.ts';
import type { IndexDeed } from '../../src/database/index-definition.ts';
import { partName } from '../../src/database/index-partitions.ts';
import type { Answers, Row } from '../../src/database/query.ts';

/** A build waits at its end for what began meanwhile, such as a dump; a drop does not wait for so long. */
const lockMsOf = (statement: string) =>
  statement.includes('create index concurrently') ? 7_200_000 : undefined;

const deed: IndexDeed = {
  deed: 'index',
  goal: 'there',
  name: 'idx',
  table: { schema: 'public', name: 'readings' },
  columns: [{ name: 'site' }, { name: 'at', descending: true }],
  how: 'concurrently',
};
const gone: IndexDeed = { ...deed, goal: 'gone' };
const byChunk: IndexDeed = { ...deed, how: 'per-chunk' };
const byPart: IndexDeed = { ...deed, how: 'per-partition' };

const site = { name: 'site', option: 0, isUsual: true };
const time = { name: 'at', option: 3, isUsual: true };
const index = (changed: Row = {}): Row => ({
  table: '1',
  id: '10',
  name: 'idx',
  method: 'btree',
  usable: true,
  unique: false,
  exclusion: false,
  keys: 2,
  columns: [site, time],
  condition: null,
  types: null,
  parent: null,
  worker: null,
  phase: null,
  percent: null,
  waits: null,
  holder: null,
  ...changed,
});

const node = (id: string, changed: Row = {}): Row => ({
  id,
  parent: null,
  level: 0,
  kind: 'r',
  schema: 'public',
  name: 'readings',
  ...changed,
});
const top = node('1', { kind: 'p' });
const part = (id: string, changed: Row = {}) =>
  node(id, { parent: '1', level: 1, name: `part_${id}`, ...changed });
const oldOne = { pid: 7, user: 'ann', application: 'report', prepared: null, seconds: 3000 };

interface Catalogue {
  readonly taken?: string;
  readonly nodes?: readonly Row[];
  readonly indexes?: readonly Row[];
  readonly old?: readonly Row[];
}

function answers({ taken, nodes = [node('1')], indexes = [], old = [] }: Catalogue): Answers {
  return [taken === undefined ? [] : [{ kind: 'i', of: taken }], nodes, indexes, old];
}

const standing = (of: IndexDeed, catalogue: Catalogue) =>
  indexDeed.standing(of, answers(catalogue));

describe('an index of a table', () => {
  it.each<[string, IndexDeed, Catalogue, object]>([
    ['is built where there is none', deed, {}, { kind: 'unchanged' }],
    ['is there', deed, { indexes: [index()] }, { kind: 'reached' }],
    [
      'is there under another name',
      deed,
      { indexes: [index({ name: 'other' })] },
      { kind: 'reached', note: 'index other is the same' },
    ],
    [
      'is there as a unique one',
      deed,
      { indexes: [index({ name: 'key', unique: true })] },
      { kind: 'reached' },
    ],
    [
      'is there, unusable under another name',
      deed,
      { indexes: [index({ name: 'other', usable: false })] },
      { kind: 'unchanged' },
    ],
    [
      'of another order is another',
      deed,
      { indexes: [index({ columns: [site, { ...time, option: 0 }] })] },
      { kind: 'drifted' },
    ],
    [
      'with its columns turned round is another',
      deed,
      { indexes: [index({ columns: [time, site] })] },
      { kind: 'drifted' },
    ],
    [
      'of another method is another',
      deed,
      { indexes: [index({ method: 'gist' })] },
      { kind: 'drifted' },
    ],
    [
      'of an expression is another',
      deed,
      { indexes: [index({ columns: [site, { ...time, name: null }] })] },
      { kind: 'drifted' },
    ],
    [
      'with an operator class of its own is another',
      deed,
      { indexes: [index({ columns: [site, { ...time, isUsual: false }] })] },
      { kind: 'drifted' },
    ],
    [
      'with a condition is another',
      deed,
      { indexes: [index({ condition: '(site > 1)' })] },
      { kind: 'drifted' },
    ],
    [
      'with more than is wanted is another',
      deed,
      {
        indexes: [index({ columns: [site, time, { name: 'value', option: null, isUsual: true }] })],
      },
      { kind: 'drifted' },
    ],
    [
      'that excludes is another',
      deed,
      { indexes: [index({ exclusion: true })] },
      { kind: 'drifted' },
    ],
    [
      'whose name something has is not begun',
      deed,
      { taken: 'public.others' },
      { kind: 'drifted', because: 'an index of public.others has the name idx' },
    ],
    [
      'whose table is gone',
      deed,
      { nodes: [] },
      { kind: 'drifted', because: 'table public.readings is gone' },
    ],
    ['whose table is partitioned by now', deed, { nodes: [top] }, { kind: 'drifted' }],
    [
      'is not begun behind an old transaction',
      deed,
      { old: [oldOne] },
      { kind: 'drifted', because: expect.stringContaining('ann (report, pid 7) for 50 min') },
    ],
    ['is there, whatever is old', deed, { indexes: [index()], old: [oldOne] }, { kind: 'reached' }],
    [
      'is being built by somebody',
      deed,
      { indexes: [index({ usable: false, phase: 'building index', percent: 40, waits: 0 })] },
      { kind: 'under-way', progress: 'index idx: building index, 40 %' },
    ],
    [
      'waits for others',
      deed,
      {
        indexes: [
          index({ usable: false, phase: 'waiting', waits: 2, holder: 'ann (report, pid 7)' }),
        ],
      },
      {
        kind: 'under-way',
        progress:
          'index idx: waiting, waiting for 2 older transactions, now that of ann (report, pid 7)',
      },
    ],
    [
      'has somebody at its table',
      deed,
      { indexes: [index({ usable: false, worker: { pid: 9, application: '' } })] },
      { kind: 'under-way', progress: expect.stringContaining('somebody, pid 9') },
    ],
    ['is not there to be dropped', gone, {}, { kind: 'reached' }],
    ['has no table to be dropped from', gone, { nodes: [] }, { kind: 'reached' }],
    [
      'under another name is not dropped',
      gone,
      { indexes: [index({ name: 'other' })] },
      { kind: 'reached' },
    ],
    [
      'of another definition is not dropped',
      gone,
      { indexes: [index({ keys: 1 })] },
      { kind: 'drifted' },
    ],
    [
      'is not dropped behind an old transaction',
      gone,
      { indexes: [index()], old: [oldOne] },
      { kind: 'drifted' },
    ],
  ])('%s', (_, of, catalogue, expected) => {
    expect(standing(of, catalogue)).toMatchObject(expected);
  });

  it.each<[string, IndexDeed, Catalogue, string]>([
    [
      'build',
      deed,
      {},
      'build: create index concurrently "idx" on "public"."readings" ("site", "at" desc)',
    ],
    [
      'what a build left',
      deed,
      { indexes: [index({ usable: false })] },
      'build: drop index concurrently "public"."idx"',
    ],
    [
      'what a build left, behind an old transaction',
      deed,
      { indexes: [index({ usable: false })], old: [oldOne] },
      'build: drop index concurrently "public"."idx"',
    ],
    ['drop', gone, { indexes: [index()] }, 'build: drop index concurrently "public"."idx"'],
    [
      'a drop that did not end',
      gone,
      { indexes: [index({ usable: false })] },
      'build: drop index concurrently "public"."idx"',
    ],
    [
      'by chunk',
      byChunk,
      {},
      'build: create index "idx" on "public"."readings" ("site", "at" desc) with (timescaledb.transaction_per_chunk)',
    ],
    [
      'drop by chunk',
      { ...byChunk, goal: 'gone' },
      { indexes: [index()] },
      'together: drop index "public"."idx"',
    ],
    [
      'what is left of chunks',
      byChunk,
      { indexes: [index({ usable: false })] },
      'together: drop index "public"."idx"',
    ],
  ])('is written: %s', (_, of, catalogue, sent) => {
    const now = standing(of, catalogue);
    if (now.kind !== 'unchanged') throw new Error(`it is ${now.kind}`);
    expect(`${now.write.manner}: ${now.write.statements.join('; ')}`).toBe(sent);
    // Everything that an application would queue behind waits briefly.
    const isFelt = now.write.manner === 'together' || sent.includes('per_chunk');
    expect(now.write.lockMs).toBe(isFelt ? 500 : lockMsOf(sent));
  });

  it('holds what it includes and its condition, quoted', () => {
    const partial: IndexDeed = {
      ...deed,
      columns: [{ name: 'a "b"' }],
      include: ['c.d'],
      where: {
        kind: 'infix',
        sign: '=',
        left: { kind: 'column', name: 'e' },
        right: { kind: 'text', text: `it's` },
      },
    };
    expect(indexDeed.statements(partial)).toEqual([
      `create index concurrently "idx" on "public"."readings" ("a ""b""") include ("c.d") where ("e" = 'it''s')`,
    ]);
    expect(indexDeed.words(partial)).toBe(
      `index idx on public.readings (a "b") including c.d where ("e" = 'it''s'), concurrently`,
    );
  });

  it('is taken back by a drop, and that by a build', () => {
    expect(indexDeed.undo(deed)).toEqual({ kind: 'exact', by: gone });
    expect(indexDeed.undo(gone)).toEqual({ kind: 'exact', by: deed });
    expect(indexDeed.isTakenBack(deed)).toBe(false);
    expect(indexDeed.words(gone)).toBe('drop index idx on public.readings (site, at DESC)');
  });
});

describe('an index of a partitioned table', () => {
  const nodes = [top, part('2'), part('3', { kind: 'p' }), part('4', { parent: '3', level: 2 })];
  const own = index({ usable: false });
  const partOf = (id: string, changed: Row = {}) =>
    index({ table: id, id: `${id}0`, name: partName('idx', `part_${id}`), ...changed });

  it.each<[string, readonly Row[], string]>([
    [
      'the one on top is first',
      [],
      'create index "idx" on only "public"."readings" ("site", "at" desc)',
    ],
    [
      'then each partition',
      [own],
      'create index concurrently "part_2_idx" on "public"."part_2" ("site", "at" desc)',
    ],
    [
      'what a build left on one is dropped',
      [own, partOf('2', { usable: false })],
      'drop index concurrently "public"."part_2_idx"',
    ],
    [
      'a partitioned one below has one on top of its own',
      [own, partOf('2')],
      'create index "part_3_idx" on only "public"."part_3" ("site", "at" desc)',
    ],
    [
      'and its partitions',
      [own, partOf('2'), partOf('3', { usable: false })],
      'create index concurrently "part_4_idx" on "public"."part_4" ("site", "at" desc)',
    ],
    [
      'then they are attached from below',
      [own, partOf('2'), partOf('3', { usable: false }), partOf('4')],
      'alter index "public"."part_3_idx" attach partition "public"."part_4_idx"',
    ],
    [
      'up to the top',
      [own, partOf('2', { name: 'mine' }), partOf('3'), partOf('4', { parent: '30' })],
      'alter index "public"."idx" attach partition "public"."part_3_idx"',
    ],
    [
      'also one that was there',
      [
        own,
        partOf('2', { name: 'mine' }),
        partOf('3', { parent: '10' }),
        partOf('4', { parent: '30' }),
      ],
      'alter index "public"."idx" attach partition "public"."mine"',
    ],
    [
      'one of another index does not count',
      [own, partOf('2', { name: 'theirs', parent: '99' })],
      'create index concurrently "part_2_idx" on "public"."part_2" ("site", "at" desc)',
    ],
    [
      'nor does one that was made since the plan was drawn',
      [own, partOf('2', { name: 'new' })],
      'create index concurrently "part_2_idx" on "public"."part_2" ("site", "at" desc)',
    ],
    [
      'nor a unique one',
      [own, partOf('2', { name: 'key', unique: true })],
      'create index concurrently "part_2_idx" on "public"."part_2" ("site", "at" desc)',
    ],
  ])('is made step by step: %s', (_, indexes, statement) => {
    const now = standing({ ...byPart, taken: ['mine'] }, { nodes, indexes });
    if (now.kind !== 'unchanged') throw new Error(`it is ${now.kind}`);
    expect(now.write).toMatchObject({ statements: [statement], isPart: true });
    const isBuild = statement.includes('concurrently');
    expect(now.write.manner).toBe(isBuild ? 'build' : 'together');
    expect(now.write.lockMs).toBe(isBuild ? lockMsOf(statement) : 500);
  });

  it.each<[string, IndexDeed, Catalogue, object]>([
    ['is there', byPart, { nodes, indexes: [index()] }, { kind: 'reached' }],
    [
      'is there under another name',
      byPart,
      { nodes, indexes: [index({ name: 'other' })] },
      { kind: 'reached' },
    ],
    [
      'is not there because a partition has it',
      byPart,
      { nodes, indexes: [partOf('2')] },
      { kind: 'unchanged' },
    ],
    [
      'has another definition',
      byPart,
      { nodes, indexes: [index({ keys: 1 })] },
      { kind: 'drifted' },
    ],
    [
      'has a part of another definition',
      byPart,
      { nodes, indexes: [own, partOf('2', { keys: 1 })] },
      { kind: 'drifted' },
    ],
    [
      'is on another server in part',
      byPart,
      { nodes: [top, part('2', { kind: 'f' })] },
      { kind: 'drifted' },
    ],
    [
      'is not begun behind an old transaction',
      byPart,
      { nodes, old: [oldOne] },
      { kind: 'drifted' },
    ],
    [
      'goes on behind an old transaction',
      byPart,
      { nodes, indexes: [own], old: [oldOne] },
      { kind: 'unchanged', begun: 'index idx: 0 of 2 partitions have theirs' },
    ],
    [
      'has somebody at a part',
      byPart,
      { nodes, indexes: [own, partOf('2', { usable: false, phase: 'building', percent: 5 })] },
      { kind: 'under-way' },
    ],
    ['is no index of a plain table', byPart, {}, { kind: 'drifted' }],
    [
      'is complete and unusable all the same',
      byPart,
      { nodes: [top], indexes: [own] },
      { kind: 'drifted' },
    ],
    ['is gone', { ...byPart, goal: 'gone' }, { nodes }, { kind: 'reached' }],
    [
      'leaves nothing',
      { ...byPart, goal: 'gone' },
      { nodes, indexes: [partOf('4')] },
      {
        kind: 'unchanged',
        write: { statements: ['drop index concurrently "public"."part_4_idx"'] },
      },
    ],
    [
      'goes with its parts',
      { ...byPart, goal: 'gone' },
      { nodes, indexes: [index(), partOf('2', { parent: '10' })] },
      {
        kind: 'unchanged',
        write: { manner: 'together', statements: ['drop index "public"."idx"'] },
      },
    ],
  ])('%s', (_, wanted, catalogue, expected) => {
    expect(standing(wanted, catalogue)).toMatchObject(expected);
  });

  it('drops the one on top with what a build left, unless parts hang on it', () => {
    const left = partOf('2', { usable: false });
    expect(standing(byPart, { nodes, indexes: [own, left] })).toMatchObject({
      leftover: [
        { statements: ['drop index concurrently "public"."part_2_idx"'] },
        { statements: ['drop index "public"."idx"'] },
      ],
    });
    const below = [own, left, partOf('3', { usable: false, parent: '10' })];
    expect(standing(byPart, { nodes, indexes: below })).toMatchObject({
      leftover: [{ statements: ['drop index concurrently "public"."part_2_idx"'] }],
    });
  });

  it('lists a few partitions and counts the rest', () => {
    const parts = Array.from({ length: 5 }, (_, at) => ({ schema: 'public', name: `p${at}` }));
    const statements = indexDeed.statements({ ...byPart, parts });
    expect(statements).toHaveLength(8);
    expect(statements[1]).toBe(
      'create index concurrently "p0_idx" on "public"."p0" ("site", "at" desc)',
    );
    expect(statements.at(-1)).toBe('-- the same for 2 more partitions');
  });

  it('cannot be taken back alone once it took in what was there', () => {
    expect(indexDeed.undo({ ...byPart, taken: ['mine'] })).toEqual({ kind: 'none' });
  });

  it('gives names that the server keeps as they are, and that differ', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 63 });
    fc.assert(
      fc.property(name, name, name, (wanted, table, other) => {
        const made = partName(wanted, table);
        const bytes = new TextEncoder().encode(made).length;
        expect(bytes).toBeLessThanOrEqual(63);
        expect(made).toBe(partName(wanted, table));
        if (table !== other) expect(partName(wanted, other)).not.toBe(made);
      }),
    );
  });
});
