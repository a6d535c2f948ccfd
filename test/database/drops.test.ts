// The mark of a detached month, and what is known of a table before it may be dropped.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commentOn,
  markOf,
  rangeInMark,
  withMark,
  withoutMark,
} from '../../src/database/detachment-mark.ts';
import type { DropDeed } from '../../src/database/drop-deed.ts';
import { keptMonths } from '../../src/database/missing-months.ts';
import type { Answers } from '../../src/database/query.ts';
import {
  isDeedDecrease,
  isDeedTakenBack,
  neededFor,
  sqlDeedWords,
  standingOf,
  statementsOf,
  undoOfDeed,
} from '../../src/database/sql-deed.ts';
import { now } from '../make.ts';

const table = { schema: 'public', name: 'readings' };
const partition = { schema: 'public', name: 'readings_y2024m01' };
const part = { table, partition };
const range = { from: '2024-01-01 00:00:00+00', to: '2024-02-01 00:00:00+00' };
const mark = markOf({ ...part, ...range });

describe('the mark of a detached month', () => {
  it('is read again behind whatever somebody wrote, and goes without a trace', () => {
    const name = fc.string({ minLength: 1, maxLength: 12 }).filter((each) => !each.includes('\0'));
    fc.assert(
      fc.property(name, name, fc.option(fc.string({ minLength: 1 })), (one, other, written) => {
        const own = { table: { schema: 's', name: one }, partition: { schema: 's', name: other } };
        const comment = written === null ? undefined : `${written}.`;
        const marked = withMark(comment, { ...own, ...range });
        expect(rangeInMark(marked, own)).toEqual(range);
        expect(withoutMark(marked, own)).toBe(comment);
        expect(withMark(marked, { ...own, ...range })).toBe(marked);
      }),
    );
  });

  it('may have no beginning or no end', () => {
    for (const open of [{}, { from: range.from }, { to: range.to }]) {
      expect(rangeInMark(markOf({ ...part, ...open }), part)).toEqual(open);
    }
  });

  it.each([
    ['of another table', markOf({ table: { ...table, name: 'other' }, partition, ...range })],
    ['of another partition', markOf({ table, partition: { ...partition, name: 'x' }, ...range })],
    ['of another schema', markOf({ table, partition: { ...partition, schema: 'old' }, ...range })],
    ['with a word behind it', `${mark} KEEP`],
    ['with a line behind it', `${mark}\nlegal hold`],
    ['in the middle of a line', `see: ${mark}`],
    ['with bounds that are none', mark.replace('2024-01-01', 'whenever')],
    ['with three bounds', `${mark} to 2024-03-01`],
    ['that is none', 'Headroom: partition of something'],
  ])('%s says nothing', (_, comment) => {
    expect(rangeInMark(comment, part)).toBeUndefined();
    expect(withoutMark(comment, part)).toBe(comment);
  });

  it('is written as a text and never as SQL', () => {
    const hostile = { schema: `s'; drop table x; --`, name: 'a"b\\' };
    expect(commentOn(partition, markOf({ table: hostile, partition, ...range }))).toContain(
      `E'Headroom: partition "public"."readings_y2024m01" of "s''; drop table x; --"."a""b\\\\"`,
    );
    expect(commentOn(partition, undefined)).toBe(
      'comment on table "public"."readings_y2024m01" is null',
    );
  });
});

const deed: DropDeed = {
  deed: 'drop',
  ...part,
  ...range,
  column: 'at',
  oid: 16_400,
  rows: 1200,
  rowBytes: 8192,
  bytes: 3 * 1024 ** 2,
};

const own = {
  oid: 16_400,
  ...partition,
  kind: 'r',
  owner: 'shop',
  isPartition: false,
  isRelated: false,
  comment: mark,
  rows: 1200,
  rowBytes: 8192,
  bytes: 3 * 1024 ** 2,
};

function answers(
  itself: readonly Partial<typeof own>[],
  others: { readonly dependents?: readonly string[]; readonly isOutside?: boolean } = {},
): Answers {
  return [
    [],
    itself.map((each) => ({ ...own, ...each })),
    [{ kind: 'p', owner: 'shop' }],
    (others.dependents ?? []).map((what) => ({ what })),
    [{ isOutside: others.isOutside ?? false }],
  ];
}

describe('a drop', () => {
  it('needs its own allowance, takes rows away and is undone by nothing', () => {
    expect(neededFor(deed)).toBe('drops');
    expect(undoOfDeed(deed)).toEqual({ kind: 'none' });
    expect([isDeedDecrease(deed), isDeedTakenBack(deed)]).toEqual([true, false]);
    expect(statementsOf(deed)).toEqual(['drop table "public"."readings_y2024m01" restrict']);
    expect(sqlDeedWords(deed)).toBe(
      'drop table public.readings_y2024m01 for good, which was a partition of public.readings: 2024-01-01 00:00:00+00 to 2024-02-01 00:00:00+00, about 1200 rows, about 3 MiB freed',
    );
    const { rows: _, ...uncounted } = deed;
    expect(sqlDeedWords(uncounted)).toContain('rows not counted');
  });

  it('is done when the table is gone, and to be done while it is as the plan saw it', () => {
    expect(standingOf(deed, answers([]))).toEqual({ kind: 'reached' });
    expect(standingOf(deed, answers([{}]))).toMatchObject({
      kind: 'unchanged',
      write: { manner: 'together', lock: expect.stringContaining('access exclusive') },
    });
    // What a vacuum cut off is no reason to keep it.
    expect(standingOf(deed, answers([{ rowBytes: 0 }]))).toMatchObject({ kind: 'unchanged' });
  });

  it.each([
    ['attached again', answers([{ isPartition: true }]), 'is a partition again'],
    ['another table', answers([{ oid: 17_000 }]), 'another table than the plan saw'],
    ['renamed', answers([{ name: 'precious' }]), 'another name, public.precious'],
    ['without its mark', answers([{ comment: 'notes' }]), 'the mark of its detachment'],
    ['of other bounds', answers([{ comment: mark.replace('02-01', '03-01') }]), 'the mark'],
    ['no ordinary table', answers([{ kind: 'f' }]), 'no ordinary table'],
    ['of somebody else', answers([{ owner: 'ann' }]), 'belongs to ann'],
    ['larger', answers([{ rowBytes: 16_384 }]), 'rows were written into'],
    ['with other rows', answers([{}], { isOutside: true }), 'rows that are not of'],
    [
      'what others depend on',
      answers([{}], { dependents: ['view v', 'b', 'c', 'd', 'e', 'f'] }),
      'view v, b, c, d, e and 1 more depend on',
    ],
  ])('is not done once the table is %s', (_, seen, because) => {
    expect(standingOf(deed, seen)).toMatchObject({
      kind: 'drifted',
      because: expect.stringContaining(because),
    });
  });
});

describe('the months that are kept', () => {
  const wanted = { table: 'readings', there: [], now: now.getTime(), zones: ['Africa/Lagos'] };

  it('begin in the time zone of the partitions, and older ones have their names', () => {
    const kept = keptMonths({ ...wanted, type: 'timestamptz' }, 2);
    if ('because' in kept) throw new Error(kept.because);
    expect(kept.oldest).toBe('2026-08-31 23:00:00+00');
    expect(kept.before(2)).toEqual([
      {
        name: 'readings_y2026m08',
        from: '2026-07-31 23:00:00+00',
        to: '2026-08-31 23:00:00+00',
      },
      {
        name: 'readings_y2026m07',
        from: '2026-06-30 23:00:00+00',
        to: '2026-07-31 23:00:00+00',
      },
    ]);
    expect(keptMonths({ ...wanted, type: 'date' }, 1)).toMatchObject({ oldest: '2026-10-01' });
  });

  it('are not known where the partitions begin at no midnight', () => {
    const there = [{ name: 'p', from: '2026-11-01 00:07:00+00', to: '2026-12-01 00:07:00+00' }];
    expect(keptMonths({ ...wanted, there, type: 'timestamptz' }, 1)).toHaveProperty('because');
  });
});
