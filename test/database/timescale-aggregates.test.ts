// Continuous aggregates: the windows in which they are filled, and whether one that is there is the one that is wanted.

import { describe, expect, it } from 'vitest';
import { whyOtherDefinition } from '../../src/database/timescale-definition.ts';
import { refreshWindows } from '../../src/database/timescale-refresh.ts';
import { now } from '../make.ts';

const day = 86_400;

describe('windows of a refresh', () => {
  const refreshed = {
    name: { schema: 'public', name: 'a' },
    table: { schema: 'public', name: 't' },
    functions: 'ts',
    column: 'at',
    type: 'timestamp with time zone',
  } as const;

  it.each([
    [5, 2],
    [60, 90],
    [60, 730],
    [7 * 1440, 900],
    [90, 11],
  ])('of %i minutes over %i days are few, whole and without gaps', (minutes, days) => {
    const bucketSeconds = minutes * 60;
    const oldest = now.getTime() / 1000 - days * day;
    const windows = refreshWindows(
      { ...refreshed, bucketSeconds },
      { oldest, lagSeconds: 300, now },
    );
    expect(windows.length).toBeGreaterThan(0);
    expect(windows.length).toBeLessThanOrEqual(6);
    expect(Date.parse(windows[0]?.from ?? '')).toBeLessThanOrEqual(oldest * 1000);
    for (const [index, { from, to, number, of, untilSecondsAgo }] of windows.entries()) {
      expect([number, of]).toEqual([index + 1, windows.length]);
      expect((Date.parse(to) - Date.parse(from)) % (bucketSeconds * 1000)).toBe(0);
      expect(windows[index + 1]?.from ?? to).toBe(to);
      expect(untilSecondsAgo).toBe(index === windows.length - 1 ? 300 : undefined);
    }
  });

  it('leave the first bucket alone where it is there, and what is before it', () => {
    const history = { oldest: now.getTime() / 1000 - 10 * day, lagSeconds: 300, now };
    const of = { ...refreshed, bucketSeconds: day };
    const [first, ...others] = refreshWindows(of, history);
    if (first === undefined) throw new Error('there are windows');
    const start = Date.parse(first.from);
    const filled = start / 1000 + day / 2;
    const next = new Date(start + day * 1000).toISOString();
    expect(refreshWindows(of, { ...history, filled })).toEqual([
      { ...first, from: next },
      ...others,
    ]);
    const beyond = Date.parse(first.to) / 1000;
    expect(refreshWindows(of, { ...history, filled: beyond })[0]).toMatchObject({ number: 2 });
  });

  it('are none where there is not one whole bucket yet', () => {
    const oldest = now.getTime() / 1000;
    expect(
      refreshWindows({ ...refreshed, bucketSeconds: 60 }, { oldest, lagSeconds: 300, now }),
    ).toEqual([]);
  });
});

describe('a definition', () => {
  const wanted = {
    column: 'timestamp',
    groupBy: ['meter_id'],
    figures: [{ name: 'rows', of: { kind: 'count-rows' as const } }],
  };
  const bucket = `ts.time_bucket('00:05:00'::interval, readings."timestamp")`;
  const query = (columns: string, end = '') =>
    ` SELECT ${bucket} AS bucket,\n    ${columns}\n   FROM public.readings${end}\n  GROUP BY (${bucket}), readings.meter_id;`;

  it('is the same in the words of the server, in any order of its figures', () => {
    expect(
      whyOtherDefinition(query('readings.meter_id,\n count(*) AS rows'), wanted),
    ).toBeUndefined();
    expect(whyOtherDefinition(query('count(*) AS rows, meter_id'), wanted)).toBeUndefined();
  });

  it.each([
    [query('readings.meter_id'), 'rows'],
    [query('readings.meter_id, count(readings.meter_id) AS rows'), 'rows'],
    [query('readings.meter_id, count(*) AS rows, max(x) AS more'), 'more'],
    [query('readings.meter_id, count(*) AS rows', ' WHERE (a > 1)'), 'more than Headroom reads'],
    [query('readings.meter_id, count(*) AS rows', ', other'), 'more than Headroom reads'],
    [query('readings.meter_id, count(*) FILTER (WHERE a) AS rows'), 'more than Headroom reads'],
    [query('a, b').replace(' AS bucket', ' AS day'), 'first column'],
    ['WITH x AS (SELECT 1) SELECT 2', 'more than Headroom reads'],
  ])('is another: %s', (other, why) => {
    expect(whyOtherDefinition(other, wanted)).toContain(why);
  });
});
