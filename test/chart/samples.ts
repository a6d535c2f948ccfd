// Charts for the tests: one as people will see it every day, one with everything at once, and the odd ones.

import type { ChartPoint, ForecastChart } from '../../src/chart/forecast-chart.ts';

/** A value that grows by a rate each period, from now on. */
export function growth(options: {
  readonly from: number;
  readonly rate: number;
  readonly periods: number;
}): readonly ChartPoint[] {
  return Array.from({ length: options.periods + 1 }, (_, period) => ({
    period,
    value: Math.round(options.from * (1 + options.rate) ** period),
  }));
}

export const usualChart: ForecastChart = {
  title: 'gl-008: sites over the next 12 months',
  unit: 'sites',
  periodName: 'month',
  points: growth({ from: 100, rate: 0.1, periods: 12 }),
  series: [{ label: 'replicas of worker', points: growth({ from: 10, rate: 0.1, periods: 12 }) }],
  thresholds: [
    { value: 250, label: 'next row of the matrix' },
    { value: 500, label: 'limit of the database' },
  ],
  milestones: [
    { period: 5, label: 'worker reaches its maximum of 16 pods' },
    { period: 10, label: 'the database passes 500 GB: move to the next stage' },
  ],
};

export const fullChart: ForecastChart = {
  title: 'A title from outside: <b>bold</b> & "quoted", so long that it needs two lines and is cut',
  unit: 'measuring points per second',
  periodName: 'month',
  points: growth({ from: 40, rate: 0.04, periods: 60 }),
  series: [
    { label: 'replicas', points: growth({ from: 4, rate: 0.03, periods: 60 }) },
    { label: 'database GiB', points: growth({ from: 500, rate: 0.05, periods: 60 }) },
  ],
  thresholds: [100, 105, 110, 200, 201, 300, 1_200].map((value, at) => ({
    value,
    label: `threshold number ${at + 1}`,
  })),
  milestones: [3, 4, 5, 6, 20, 21, 40, 60, 60, 61, 70].map((period, at) => ({
    period,
    label: `event ${at + 1}, told at a length that one line of the picture is too short for`,
  })),
};

const plain = { title: 'A chart', unit: 'sites', periodName: 'year' as const };

export const oddCharts: Readonly<Record<string, ForecastChart>> = {
  'one point': { ...plain, points: [{ period: 3, value: 812 }] },
  'two points': { ...plain, points: growth({ from: 812, rate: 0.2, periods: 1 }) },
  'nothing but zeros': {
    ...plain,
    points: growth({ from: 0, rate: 0, periods: 12 }),
    thresholds: [{ value: 5, label: 'first row' }],
  },
  'equal values on a threshold': {
    ...plain,
    points: growth({ from: 70, rate: 0, periods: 24 }),
    thresholds: [{ value: 70, label: 'limit' }],
  },
  'tiny values': {
    ...plain,
    points: [1, 2, 3].map((period) => ({ period, value: period * 4.2e-12 })),
  },
  'huge values': {
    ...plain,
    points: [0, 1, 2].map((period) => ({ period, value: 3.1e200 * 10 ** period })),
    thresholds: [{ value: 1e201, label: 'limit' }],
  },
  'falling values': {
    ...plain,
    points: growth({ from: 900, rate: -0.1, periods: 18 }),
    thresholds: [{ value: 400, label: 'may be merged' }],
  },
  'values below zero': {
    ...plain,
    points: [-4, 3, -9].map((value, period) => ({ period, value })),
  },
  'no words at all': {
    title: '',
    unit: '',
    periodName: 'month',
    points: growth({ from: 1, rate: 1, periods: 3 }),
    thresholds: [{ value: 3, label: '' }],
    milestones: [{ period: 1, label: '' }],
  },
};
