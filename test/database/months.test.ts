// Which months a table lacks: time zones, nights on which clocks change, pauses, and bounds that are no months.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MonthsWanted, missingMonths, olderThan } from '../../src/database/missing-months.ts';
import { monthAt, plusMonths, startOf } from '../../src/database/months.ts';
import { boundText, instantOf, parseBound } from '../../src/database/partition-bounds.ts';
import { partitionName } from '../../src/database/partition-names.ts';
import { now } from '../make.ts';

const wanted: MonthsWanted = {
  table: 'readings',
  type: 'timestamptz',
  there: [],
  now: now.getTime(),
  ahead: 1,
  zones: ['UTC'],
};

function monthsOf(some: Partial<MonthsWanted>) {
  const months = missingMonths({ ...wanted, ...some });
  if ('because' in months) throw new Error(months.because);
  return months;
}

function because(some: Partial<MonthsWanted>): string {
  const months = missingMonths({ ...wanted, ...some });
  return 'because' in months ? months.because : 'there is no reason';
}

describe('a month', () => {
  it.each([
    ['UTC', 2026, 11, '2026-11-01T00:00:00Z'],
    ['Europe/Berlin', 2026, 11, '2026-10-31T23:00:00Z'],
    ['Europe/Berlin', 2026, 10, '2026-09-30T22:00:00Z'],
    ['Asia/Kolkata', 2026, 11, '2026-10-31T18:30:00Z'],
    ['Asia/Kathmandu', 2027, 1, '2026-12-31T18:15:00Z'],
    ['Pacific/Apia', 2026, 12, '2026-11-30T11:00:00Z'],
    ['Etc/GMT+5', 2026, 12, '2026-12-01T05:00:00Z'],
    // Clocks go back from 1:00 to 0:00, so that midnight comes twice; it is the second.
    ['America/Havana', 2026, 11, '2026-11-01T05:00:00Z'],
    // Clocks go forward at 0:00, so that midnight does not come.
    ['America/Asuncion', 2023, 10, '2023-10-01T04:00:00Z'],
  ])('begins in %s in %i-%i at %s', (zone, year, month, at) => {
    expect(new Date(startOf({ year, month }, zone))).toEqual(new Date(at));
  });

  it('is the month of every instant from its start to the next', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'UTC',
          'Europe/Berlin',
          'America/Asuncion',
          'Asia/Kathmandu',
          'Pacific/Apia',
        ),
        fc.integer({ min: 1980, max: 2080 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 999 }),
        (zone, year, month, share) => {
          const from = startOf({ year, month }, zone);
          const to = startOf(plusMonths({ year, month }, 1), zone);
          expect(monthAt(Math.floor(from + ((to - from) * share) / 1000), zone)).toEqual({
            year,
            month,
          });
        },
      ),
    );
  });
});

describe('the months that are missing', () => {
  it('are the present one and those ahead where there is none', () => {
    expect(monthsOf({ ahead: 1, zones: ['Europe/Berlin'] })).toEqual({
      gaps: [],
      zone: 'Europe/Berlin',
      missing: [
        { name: 'readings_y2026m11', from: '2026-10-31 23:00:00+00', to: '2026-11-30 23:00:00+00' },
        { name: 'readings_y2026m12', from: '2026-11-30 23:00:00+00', to: '2026-12-31 23:00:00+00' },
      ],
    });
    expect(monthsOf({ ahead: 0, type: 'date', zones: ['Europe/Berlin'] }).missing).toEqual([
      { name: 'readings_y2026m11', from: '2026-11-01', to: '2026-12-01' },
    ]);
    expect(monthsOf({ ahead: 0, type: 'timestamp' }).missing).toEqual([
      { name: 'readings_y2026m11', from: '2026-11-01 00:00:00', to: '2026-12-01 00:00:00' },
    ]);
  });

  it('follow the time zone and the names of the partitions that are there, not the database', () => {
    const there = [
      { name: 'r2026_09', from: '2026-08-31 22:00:00+00', to: '2026-09-30 22:00:00+00' },
      { name: 'r2026_10', from: '2026-09-30 22:00:00+00', to: '2026-10-31 23:00:00+00' },
    ];
    const months = monthsOf({ there, ahead: 0, zones: ['America/New_York', 'Europe/Rome'] });
    expect(months).toEqual({
      gaps: [],
      zone: 'Europe/Rome',
      missing: [{ name: 'r2026_11', from: '2026-10-31 23:00:00+00', to: '2026-11-30 23:00:00+00' }],
    });
  });

  it('are not guessed where time zones that fit would differ', () => {
    // In winter Berlin and Lagos are the same.
    const there = [{ name: 'a', from: '2025-12-31 23:00:00+00', to: '2026-01-31 23:00:00+00' }];
    expect(because({ there })).toContain('set TimeZone of the database');
    expect(monthsOf({ there, zones: ['Africa/Lagos'] }).zone).toBe('Africa/Lagos');
    const fixed = [{ name: 'a', from: '2026-09-30 23:30:00+00', to: '2026-10-31 23:30:00+00' }];
    expect(because({ there: fixed })).toContain('midnight of a month in any time zone');
  });

  it('are found after any pause, without an overlap or a gap, and none are missing then', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/Havana', 'America/Asuncion', 'Asia/Kolkata'];
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.constantFrom('timestamptz' as const, 'date' as const),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: -3, max: 40 }),
        fc.integer({ min: 0, max: 12 }),
        fc.integer({ min: 0, max: 3_000 }),
        (zone, type, count, pause, ahead, day) => {
          const at = Date.UTC(2019, 0, 1) + day * 86_400_000;
          const before = plusMonths(monthAt(at, 'UTC'), -pause - count);
          const there = Array.from({ length: count }, (_, index) => {
            const own = type === 'date' ? 'UTC' : zone;
            const [from, to] = [0, 1].map((one) => startOf(plusMonths(before, index + one), own));
            return {
              name: `p${index}`,
              from: boundText(from ?? 0, type),
              to: boundText(to ?? 0, type),
            };
          });
          const some = { there, type, ahead, now: at, zones: [zone] };
          const { missing } = monthsOf(some);
          const all = [...there, ...missing].toSorted((a, b) => (a.from < b.from ? -1 : 1));
          for (const [index, each] of all.entries()) {
            const next = all[index + 1];
            if (next !== undefined && pause >= 0) expect(next.from).toBe(each.to);
            if (next !== undefined) expect(next.from >= each.to).toBe(true);
          }
          const holds = (instant: number) =>
            all.some(
              ({ from, to }) => (instantOf(from) ?? 0) <= instant && instant < (instantOf(to) ?? 0),
            );
          const own = type === 'date' ? 'UTC' : zone;
          for (let step = 0; step <= ahead; step += 1) {
            expect(holds(startOf(plusMonths(monthAt(at, own), step), own))).toBe(true);
          }
          expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
          expect(monthsOf({ ...some, there: all }).missing).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    [
      'half a month',
      [{ name: 'half', from: '2026-11-01', to: '2026-11-15' }],
      'half covers a part of 2026-11',
    ],
    ['the end of time', [{ name: 'rest', from: '2026-01-01' }], 'rest reaches to MAXVALUE'],
    [
      'infinity',
      [{ name: 'rest', from: '2026-01-01', to: 'infinity' }],
      'rest reaches to MAXVALUE',
    ],
    ['other values', [{ name: 'old', from: '0044-03-15 BC', to: '2026-01-01' }], 'no dates'],
    ['a pause of decades', [{ name: 'old', from: '1999-01-01', to: '1999-02-01' }], '120 at most'],
  ])('are not made beside %s', (_, there, words) => {
    expect(because({ there, type: 'date' })).toContain(words);
  });

  it('are not made between older ones, but what is in none of them is told', () => {
    const there = ['2026-05', '2026-08', '2026-11'].map((month) => {
      const [year = 0, number = 0] = month.split('-').map(Number);
      const next = `${year}-${String(number + 1).padStart(2, '0')}-01`;
      return { name: `p${month}`, from: `${month}-01`, to: next };
    });
    expect(monthsOf({ type: 'date', there })).toMatchObject({
      missing: [{ from: '2026-12-01', to: '2027-01-01' }],
      gaps: [
        { from: '2026-06-01', to: '2026-08-01' },
        { from: '2026-09-01', to: '2026-11-01' },
      ],
    });
    const paused = monthsOf({ type: 'date', there: there.slice(0, 2) });
    expect(paused.gaps).toEqual([{ from: '2026-06-01', to: '2026-08-01' }]);
    expect(paused.missing[0]?.from).toBe('2026-09-01');
  });

  it('are not made under a name that PostgreSQL would cut', () => {
    expect(because({ table: 'é'.repeat(30) })).toContain('bytes');
  });

  it('go on after a history of another length', () => {
    const there = [
      { name: 'history', to: '2026-01-01' },
      { name: 'whole', from: '2026-01-01', to: '2026-12-01' },
    ];
    const { missing } = monthsOf({ there, type: 'date', ahead: 2 });
    expect(missing.map(({ name }) => name)).toEqual(['readings_y2026m12', 'readings_y2027m01']);
  });
});

describe('a name', () => {
  it.each([
    ['readings_y2026m10', 'readings_y2027m01'],
    ['readings_2026_10', 'readings_2027_01'],
    ['readings_202610', 'readings_202701'],
    ['readings_p2026_10_01', 'readings_p2027_01_01'],
    ['readings_p20261001', 'readings_p20270101'],
    ['r20261001_2026-10', 'r20261001_2027-01'],
    ['r2026.10; drop "x', 'r2027.01; drop "x'],
    ['october', 'readings_y2027m01'],
    ['readings_y2026m09', 'readings_y2027m01'],
  ])('follows %s to %s', (name, next) => {
    const nameOf = partitionName('readings', [{ name, year: 2026, month: 10 }]);
    expect(nameOf({ year: 2027, month: 1 })).toBe(next);
  });
});

it('keeps so many full months before the present one', () => {
  const there = [8, 9, 10, 11].map((month) => ({
    name: `m${month}`,
    from: `2026-${String(month).padStart(2, '0')}-01`,
    to: `2026-${String(month + 1).padStart(2, '0')}-01`,
  }));
  const older = (keep: number) =>
    olderThan(there, { keep, now: now.getTime(), zone: 'UTC' }).map(({ name }) => name);
  expect(older(2)).toEqual(['m8']);
  expect(older(0)).toEqual(['m8', 'm9', 'm10']);
  expect(older(3)).toEqual([]);
});

it.each([
  [
    `FOR VALUES FROM ('2026-11-01') TO ('2026-12-01')`,
    { kind: 'range', from: '2026-11-01', to: '2026-12-01' },
  ],
  ['FOR VALUES FROM (MINVALUE) TO (MAXVALUE)', { kind: 'range' }],
  ['DEFAULT', { kind: 'default' }],
  [`FOR VALUES IN ('a')`, undefined],
  [`FOR VALUES FROM ('2026-11-01', 1) TO ('2026-12-01', 1)`, undefined],
])('reads the bound %s', (shown, bound) => {
  expect(parseBound(shown)).toEqual(bound);
});
