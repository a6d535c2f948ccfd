// Keeps docs/capacity.md true: every contradiction it lists is asserted by a test, and every key of the JSON is in its table.

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../src/profile/parse-profile.ts';
import { profileSchema } from '../src/profile/schema/profile-file.ts';
import { keepThreshold } from '../src/sizing/autoscaler-target.ts';
import type { ContainerUsage } from '../src/sizing/container-usage.ts';
import { costJson } from '../src/sizing/cost-json.ts';
import { explain } from '../src/sizing/explain.ts';
import { forecast } from '../src/sizing/forecast.ts';
import { forecastJson } from '../src/sizing/forecast-json.ts';
import { planJson } from '../src/sizing/plan-json.ts';
import { rightSize } from '../src/sizing/right-size.ts';
import { rightSizesJson } from '../src/sizing/right-size-json.ts';
import { whatIf } from '../src/sizing/what-if.ts';

const root = resolve(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/capacity.md'), 'utf8');

const someUse: ContainerUsage = {
  windowMs: 14 * 24 * 3_600_000,
  stepMs: 300_000,
  samplesExpected: 4032,
  cpu: { p95: 400, p99: 450, samplesSeen: 4032 },
  memory: { maximum: 500, samplesSeen: 4032 },
  missing: [],
};

/** The titles of all tests, as patterns: a table's `%i` stands for anything. */
function testTitles(): readonly RegExp[] {
  const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.test.ts'),
  );
  const titles = files.flatMap((file) => {
    const text = readFileSync(join(root, 'test', file), 'utf8');
    const found = text.matchAll(
      /\(\s*(['"`])((?:\\.|(?!\1)[\s\S])*)\1,\s*(?:async\s*)?(?:\(|\{|[a-z])/g,
    );
    return [...found].map((match) => (match[2] ?? '').replaceAll(/\\(.)/g, '$1'));
  });
  return titles.map((title) => {
    const pattern = title
      .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll(/%[sidjof]|%#|\\\$[a-z]+/g, '.+');
    return new RegExp(`^${pattern}$`);
  });
}

const rows = page
  .slice(page.indexOf('## Where the guides contradict themselves'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| where'))
  .map((line) => line.slice(2, -2).split(' | '));

describe('the table of contradictions', () => {
  const titles = testTitles();

  it('has a row for all five guides', () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rows.filter((cells) => cells.length !== 5)).toEqual([]);
  });

  it('names for each row a test that asserts it', () => {
    const without = rows.flatMap((cells) =>
      (cells[4] ?? '')
        .split('; ')
        .filter((name) => !titles.some((title) => title.test(name)))
        // A pattern of the page is the title itself.
        .filter((name) => !titles.some(({ source }) => source === patternOf(name))),
    );
    expect(without).toEqual([]);
  });
});

function patternOf(name: string): string {
  const pattern = name
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/%[sidjof]|%#|\\\$[a-z]+/g, '.+');
  return `^${pattern}$`;
}

describe('the JSON that is documented', () => {
  const text = readFileSync(join(root, 'profiles/gl-003.yaml'), 'utf8');
  const parsed = parseProfile(text, 'gl-003.yaml');
  if (!parsed.ok) throw new Error('the profile is tested elsewhere');
  const profile = parsed.value;
  const documented = page.slice(page.indexOf('## The JSON of a plan'), page.indexOf('## Write a'));
  const undocumented = (value: unknown, known: readonly string[] = []): readonly string[] => {
    if (typeof value !== 'object' || value === null) return [];
    if (Array.isArray(value)) return value.flatMap((each) => undocumented(each, known));
    return Object.entries(value).flatMap(([key, child]) => [
      ...(known.includes(key) || new RegExp(`[\`.]${key}[\`\\[]`).test(documented) ? [] : [key]),
      // The keys of these are names out of the profile.
      ...(['inputs', 'values', 'storageGiB', 'network', 'settings', 'rates'].includes(key)
        ? []
        : undocumented(child, known)),
    ]);
  };

  it('has every key of a plan, its explanation, a forecast and the costs', () => {
    const plan = whatIf(profile, new Map([['meters', '5000']]));
    const ahead = forecast(profile, new Map([['meters', '2000']]));
    if (plan.kind !== 'sized' || ahead.kind !== 'forecast' || !plan.recommended) {
      throw new Error('5000 meters can be planned');
    }
    const explained = explain(profile, plan.recommended, plan.inputs);
    expect(undocumented(planJson('gl-003', plan))).toEqual([]);
    expect(undocumented(explained, ['text', 'value'])).toEqual([]);
    expect(undocumented(costJson('gl-003', profile, plan, {}))).toEqual([]);
    const inRow = Object.keys(
      (forecastJson('gl-003', ahead) as { baseline: Record<string, unknown> }).baseline,
    );
    expect(undocumented(forecastJson('gl-003', ahead), inRow)).toEqual([]);
  });

  it('has every key of a right-sizing', () => {
    const moved = keepThreshold({ resource: 'cpu', percent: 70 }, 1000, 900);
    const result = rightSize({ container: 'app', usage: someUse, now: {} });
    const advice = { kind: 'keep', before: 3, after: 3, because: 'it fits' } as const;
    const cost = { beforeUsdPerMonth: 1, afterUsdPerMonth: 1 };
    const sized = {
      component: 'app',
      result: { ...result, targets: moved ? [moved] : [] },
      cost,
      pods: { advice, source: 'Guide', cost },
    };
    const json = rightSizesJson('gl-003', [sized], [{ component: 'other', because: 'missing' }]);
    expect(JSON.stringify(json)).toContain('thresholdBefore');
    expect(undocumented(json)).toEqual([]);
  });
});

it('every key of a profile is explained', () => {
  const table = page.slice(page.indexOf('## Write a profile'), page.indexOf('### Formulas'));
  const missing = Object.keys(profileSchema.shape).filter((key) => !table.includes(`\`${key}\``));
  expect(missing).toEqual([]);
});
