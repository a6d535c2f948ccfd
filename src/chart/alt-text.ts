// The chart in words: its numbers in order of weight, as many as fit.

import { cut, plainLine } from '../message/message.ts';
import { shortFigure } from './chart-words.ts';
import { crossingOf } from './crossing.ts';
import type { ChartPoint, ForecastChart } from './forecast-chart.ts';

/** Slack refuses a file with a longer description ("alt_txt_too_large"). */
const altTextMaxChars = 1_000;
/** So much of a title or a label is read out; one long text must not push the numbers out. */
const titleMaxChars = 150;
const labelMaxChars = 80;

/** What a screen reader says: first and last value, every threshold with its period, the other series, the milestones. */
export function altTextOf(chart: ForecastChart): string {
  const { periodName: name, points, series = [], thresholds = [], milestones = [] } = chart;
  const sentences = [
    `${line(chart.title, titleMaxChars)}. ${courseOf(line(chart.unit), points, name)}`,
    ...thresholds.map((threshold) => thresholdSentence(threshold, points, name)),
    ...series.map((one) => courseOf(line(one.label), one.points, name)),
    ...milestones.map(({ period, label }) => capital(`${when(period, name)}: ${line(label)}.`)),
  ];
  let said = '';
  for (const [index, sentence] of sentences.entries()) {
    const left = sentences.length - index;
    const more = left > 1 ? ` And ${left - 1} more.` : '';
    if (said.length + 1 + sentence.length + more.length > altTextMaxChars) {
      return `${said} And ${left} more.`;
    }
    said = index === 0 ? sentence : `${said} ${sentence}`;
  }
  return said;
}

function line(text: string, maxChars: number = labelMaxChars): string {
  return cut(plainLine(text), maxChars).replace(/\.$/, '');
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function when(period: number, name: string): string {
  return period === 0 ? 'now' : `${name} ${shortFigure(period)}`;
}

function inPeriod(period: number, name: string): string {
  return period === 0 ? 'now' : `in ${when(period, name)}`;
}

/** "sites: 100 now, 314 in month 12." and the peak, when it is neither. */
function courseOf(what: string, points: readonly ChartPoint[], name: string): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const said = ({ period, value }: ChartPoint): string =>
    `${shortFigure(value)} ${inPeriod(period, name)}`;
  if (first === last) return `${what}: ${said(first)}.`;
  const peak = points.reduce((high, point) => (point.value > high.value ? point : high), first);
  const isInside = peak.value > first.value && peak.value > last.value;
  return `${what}: ${[first, ...(isInside ? [peak] : []), last].map(said).join(', ')}.`;
}

function thresholdSentence(
  { value, label }: { readonly value: number; readonly label: string },
  points: readonly ChartPoint[],
  name: string,
): string {
  const what = `${line(label)} (${shortFigure(value)})`;
  const crossing = crossingOf(points, value);
  if (crossing === undefined) {
    const isAbove = (points[0]?.value ?? 0) >= value;
    return `${what} is ${isAbove ? 'reached from the start' : 'not reached'}.`;
  }
  return `${what} is ${crossing.rising ? 'reached' : 'left again'} ${inPeriod(crossing.at.period, name)}.`;
}
