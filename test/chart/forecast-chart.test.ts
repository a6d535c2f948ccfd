// A chart is the same each time, holds its numbers, and nothing in it lies on anything else, whatever is drawn.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Box, isInside, overlap } from '../../src/chart/boxes.ts';
import { type ForecastChart, renderForecastChart } from '../../src/chart/forecast-chart.ts';
import { type Layout, layOut } from '../../src/chart/layout.ts';
import { chartWidth, size } from '../../src/chart/look.ts';
import { textWidth } from '../../src/chart/text-width.ts';
import { expectGoldenText } from '../golden.ts';
import { fullChart, oddCharts, usualChart } from './samples.ts';

/** All texts of an SVG as somebody reads them. */
function textsIn(svg: string): readonly string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&amp;', '&'),
  );
}

/** The boxes of everything that is written into the panels, and of the marks over them. */
function boxesOf(layout: Layout): readonly Box[] {
  const labels = [
    ...[layout.main, ...layout.series].flatMap(({ values }) => values),
    ...layout.lines.flatMap(({ label }) => label ?? []),
  ].map(({ box }) => box);
  const pills = layout.marks.map(({ x, width, row }) => ({
    x: x - width / 2,
    y: layout.main.frame.y - (row + 1) * 38,
    width,
    height: 30,
  }));
  const ticks = layout.axis.ticks.map(({ x, text }) => {
    const width = textWidth(text, size.tick);
    return { x: x - width / 2, y: layout.axis.y + 10, width, height: size.tick };
  });
  return [...labels, ...pills, ...ticks];
}

function collisionsIn(layout: Layout): readonly (readonly [Box, Box])[] {
  const boxes = boxesOf(layout);
  return boxes.flatMap((box, at) =>
    boxes.slice(at + 1).flatMap((other) => (overlap(box, other) ? [[box, other] as const] : [])),
  );
}

const word = fc.string({ minLength: 0, maxLength: 40, unit: 'grapheme' });
const value = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.double({ min: 0, max: 1e12, noNaN: true }),
  fc.constantFrom(0, 1, 1e-9, 3.3e15),
);
const points = (length: { readonly minLength: number; readonly maxLength: number }) =>
  fc
    .array(value, length)
    .map((values) => values.map((each, period) => ({ period: period + 1, value: each })));
const anyChart: fc.Arbitrary<ForecastChart> = fc.record({
  title: word,
  unit: word,
  periodName: fc.constantFrom('month', 'year'),
  points: points({ minLength: 1, maxLength: 60 }),
  series: fc.array(fc.record({ label: word, points: points({ minLength: 1, maxLength: 60 }) }), {
    maxLength: 2,
  }),
  thresholds: fc.array(fc.record({ value, label: word }), { maxLength: 8 }),
  milestones: fc.array(fc.record({ period: fc.integer({ min: 0, max: 70 }), label: word }), {
    maxLength: 12,
  }),
});

describe('a chart', () => {
  it('is drawn as it was last agreed', () => {
    const { svg, altText } = renderForecastChart(usualChart);
    expectGoldenText('chart-usual.svg', `${svg}\n`);
    expectGoldenText('chart-usual.txt', `${altText}\n`);
    expectGoldenText('chart-full.svg', `${renderForecastChart(fullChart).svg}\n`);
  });

  it('names its thresholds beside their lines, its marks below, and the values at both ends', () => {
    const texts = textsIn(renderForecastChart(usualChart).svg);
    expect(texts).toEqual(
      expect.arrayContaining([
        'gl-008: sites over the next 12 months',
        'sites',
        'replicas of worker',
        '100',
        '314',
        'next row of the matrix: 250',
        'limit of the database: 500',
        'worker reaches its maximum of 16 pods',
        'now',
        'month',
        '12',
      ]),
    );
    expect(layOut(usualChart).lines.every(({ label }) => label !== undefined)).toBe(true);
    // Once above the picture and once beside its words, and the second also under the axis.
    expect(texts.filter((text) => text === '10')).toHaveLength(4);
  });

  it('brings a threshold without room, or far above all values, below the picture', () => {
    const { svg } = renderForecastChart(fullChart);
    expect(textsIn(svg)).toContain('threshold number 7: 1,200 (beyond the picture)');
    const lines = layOut(fullChart).lines;
    expect(lines.some(({ label }) => label === undefined)).toBe(true);
    const unnamed = lines.filter(({ label }) => label === undefined).map(({ index }) => index + 1);
    for (const number of unnamed) {
      expect(textsIn(svg).some((text) => text.startsWith(`threshold number ${number}: `))).toBe(
        true,
      );
    }
  });

  it('marks no more than it can name, and says how many more there are', () => {
    const layout = layOut(fullChart);
    expect(layout.marks.map(({ period }) => period)).toEqual([3, 4, 5, 6, 20, 21, 40, 60]);
    expect(layout.key.rows.at(-1)?.lines).toEqual(['and 2 more']);
  });

  it('tells in one row what happens in one period, and the same but once', () => {
    const { key, marks } = layOut({
      ...usualChart,
      milestones: ['split', 'ten pods', 'split'].map((label) => ({ period: 7, label })),
    });
    expect(marks.map(({ text }) => text)).toEqual(['7']);
    expect(key.rows.map(({ lines }) => lines)).toEqual([['split; ten pods']]);
  });

  it('takes text from outside as text', () => {
    const hostile = '</text><script>x</script> & "quoted" \u0000\u202e\ud800';
    const { svg } = renderForecastChart({
      ...usualChart,
      title: hostile,
      unit: hostile,
      thresholds: [{ value: 200, label: hostile }],
      milestones: [{ period: 1, label: hostile }],
    });
    expect(svg).not.toContain('<script');
    expect(svg).not.toMatch(/[\u0000-\u001f\u202e\ud800]/);
    expect(textsIn(svg)).toContain('</text><script>x</script> & "quoted" \ufffd');
  });

  it.each(Object.entries(oddCharts))('of %s is whole', (_, chart) => {
    const { svg, altText } = renderForecastChart(chart);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(altText).not.toMatch(/NaN|Infinity|undefined|null/);
    expect(collisionsIn(layOut(chart))).toEqual([]);
  });

  it('of one point has a dot and one value', () => {
    const { svg } = renderForecastChart(oddCharts['one point'] ?? usualChart);
    expect(textsIn(svg).filter((text) => text === '812')).toHaveLength(1);
    expect(svg).not.toContain('<path');
  });

  it('never has one thing on another or outside, whatever it is drawn from, and is the same each time', () => {
    fc.assert(
      fc.property(anyChart, (chart) => {
        const layout = layOut(chart);
        const picture = { x: 0, y: 0, width: chartWidth, height: layout.height };
        expect(boxesOf(layout).filter((box) => !isInside(box, picture))).toEqual([]);
        expect(collisionsIn(layout)).toEqual([]);
        const rendered = renderForecastChart(chart);
        expect(rendered.svg).not.toMatch(/NaN|Infinity/);
        expect(rendered.altText.length).toBeLessThanOrEqual(1_000);
        expect(renderForecastChart(structuredClone(chart))).toEqual(rendered);
      }),
      { numRuns: 100 },
    );
  });

  it('does not begin with numbers that are none', () => {
    const broken = (given: ForecastChart['points']) => () =>
      renderForecastChart({ ...usualChart, points: given });
    expect(broken([])).toThrow('a chart has points');
    expect(broken([{ period: 1, value: Number.NaN }])).toThrow('finite');
    expect(
      broken([
        { period: 2, value: 1 },
        { period: 1, value: 1 },
      ]),
    ).toThrow('in order of time');
  });
});
