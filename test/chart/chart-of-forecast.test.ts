// What of a forecast is drawn.
import { describe, expect, it } from 'vitest';
import { chartOfForecast } from '../../src/chart/chart-of-forecast.ts';
import { renderForecastChart } from '../../src/chart/forecast-chart.ts';
import { forecast } from '../../src/sizing/forecast.ts';
import { makeProfile } from '../make.ts';

function drawn(given: Readonly<Record<string, string>>) {
  const answer = forecast(makeProfile(), new Map(Object.entries(given)));
  if (answer.kind === 'misuse') throw new Error(answer.mistakes.join('\n'));
  return chartOfForecast('Steam traps', answer);
}

describe('the chart of a forecast', () => {
  it('has the growing input, pods, money, and the levels to pass', () => {
    const chart = drawn({ sites: '100', growth: '10%' });
    expect(chart).toMatchObject({ title: 'Steam traps', unit: 'sites', periodName: 'month' });
    expect(chart.points).toHaveLength(13);
    expect(chart.points.at(-1)).toEqual({ period: 12, value: 314 });
    expect(chart.series?.map(({ label, points }) => [label, points.at(-1)?.value])).toEqual([
      ['Pods', 32],
      ['USD a month', 3070],
    ]);
    expect(chart.thresholds).toContainEqual({ value: 250, label: 'large cluster' });
  });

  it('says what happens when, in the words of the guide', () => {
    expect(drawn({ sites: '100', growth: '10%' }).milestones).toContainEqual({
      period: 10,
      label: 'More than 24 inspectors (32): upgrade to a large cluster',
    });
  });

  it('is drawn for 120 months too, and for one', () => {
    for (const periods of ['1', '120']) {
      const { svg, altText } = renderForecastChart(drawn({ sites: '1', growth: '3%', periods }));
      expect(svg).toContain('Steam traps');
      expect(altText.length).toBeLessThanOrEqual(1000);
    }
  });
});
