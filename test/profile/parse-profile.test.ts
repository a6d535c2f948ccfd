// Checks that a profile is read into plain numbers and that every way to contradict itself is found, with its line.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readFixture } from './read-fixture.ts';

const text = readFixture('small.yaml');

/** What is wrong with the small profile after one of its texts was replaced. */
function mistakesAfter(from: string, to: string): readonly string[] {
  expect(text).toContain(from);
  const parsed = parseProfile(text.replace(from, to), 'p.yaml');
  return parsed.ok ? [] : parsed.mistakes.map(formatMistake);
}

/** The line of the small profile that holds a text, counted from 1. */
function lineOf(part: string): number {
  return text.slice(0, text.indexOf(part)).split('\n').length;
}

describe('parseProfile', () => {
  it('gives quantities, durations and rates as numbers', () => {
    const parsed = parseProfile(text, 'p.yaml');
    if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
    const profile = parsed.value;
    expect(profile.components.get('api')).toEqual({
      id: 'api',
      workload: { kind: 'StatefulSet', namespace: 'shop', name: 'api', container: 'main' },
      replicas: { min: 2, max: 10, baseline: 3, source: 'Limits' },
      pod: { cpuMillicores: 1500, memoryMi: 1536, source: 'Baseline' },
      throughput: { value: 250, unit: 'requests/s', perMinute: 15_000, source: 'Benchmarks' },
      autoscaling: {
        source: 'Autoscaling',
        hpa: { name: 'api-hpa', min: 3, max: 10 },
        up: { pods: 2, periodSeconds: 60, select: 'Max', windowSeconds: 0 },
      },
    });
    expect(profile.triggers.get('backlog')).toMatchObject({
      id: 'backlog',
      kind: 'backlog',
      forMs: 600_000,
      drainMinutes: 10,
      maxAgeSeconds: 300,
    });
    expect(profile.triggers.get('backlog')).not.toHaveProperty('arrival');
    expect(profile.inputs.get('carts')).toMatchObject({ min: 0, max: 1000, required: false });
    expect(profile.inputs.get('carts')?.default?.evaluate({ users: 50 })).toEqual({
      ok: true,
      value: 5,
    });
    expect(profile.sizings[0]?.replicas.evaluate({ users: 50 })).toEqual({ ok: true, value: 3 });
    expect(profile.cost?.hoursPerMonth).toBe(730);
  });

  it.each<[string, string, string]>([
    [
      'component: api # backlog',
      'component: apu # backlog',
      'there is no component "apu"; did you mean "api"?',
    ],
    ['target: 50 # backlog', 'target: 100 # backlog', 'target 100 is not lower than fireAt 100'],
    ['target: 0.7', 'target: 0.9', 'target 0.9 is not lower than fireAt 0.8'],
    ['baseline: 3', 'baseline: 11', 'baseline 11 is not between min 2 and max 10'],
    ['min: 2, max', 'min: 20, max', 'min 20 is above max 10'],
    ['hpa: { name: api-hpa, min: 3,', 'hpa: { name: api-hpa, min: 30,', 'min 30 is above max 10'],
    ['up: { pods: 2,', 'up: {', 'a scaling policy needs percent, pods or both'],
    [
      'unit: requests/s',
      'unit: requests',
      'a backlog trigger needs a throughput per s, min or h of component "api"',
    ],
    ['$workload', '$worklod', 'nothing fills in "$worklod"; did you mean "workload"?'],
    [
      'alert: HighCpu',
      'alert: Backlog',
      'trigger "backlog" has the same alert for the same component',
    ],
    [
      'alert: HighCpu',
      'alert: "High CPU"',
      'expected an alertname of letters, digits and underscores',
    ],
    [
      'cpu: 1500m',
      'cpu: 1500 m',
      'expected a Kubernetes quantity such as 500m or 2, found "1500 m"',
    ],
    ['cpu: 1500m', 'cpu: 0', 'expected a Kubernetes quantity such as 500m or 2, found "0"'],
    ['for: 10m', 'for: 10', 'expected text, found 10'],
    ['for: 10m', 'for: "10"', 'expected a duration such as 30s, 10m or 1h30m, found "10"'],
    ['kind: ratio', 'kind: rato', 'expected ratio, backlog or investigate, found "rato"'],
    ['lookAt: [Logs]', 'lookAt: []', 'expected at least 1 entries, found a list'],
    ['default: users / 10', 'default: user / 10', 'there is no "user" here; did you mean "users"?'],
    ['default: users / 10', 'default: carts + 1', 'the default of "carts" depends on itself'],
    ['required: true', 'default: 5 + carts', 'the default of "users" depends on itself'],
    [
      'required: true',
      'required: true, default: 5',
      'a required input has no default: drop one of the two',
    ],
    ['  carts:', '  constructor:', 'expected a name of lower-case letters, digits and underscores'],
    [
      'component: api # sizing',
      'component: apis # sizing',
      'there is no component "apis"; did you mean "api"?',
    ],
    ['ceil(users / 20)', 'ceil(users / 20', 'expected RPAREN, got EOF'],
    [
      'ceil(users / 20)',
      'users.constructor',
      'only arithmetic, comparisons and the functions of formulas are allowed',
    ],
    ['  - id: half', '  - id: by-users', 'there is another sizing "by-users"'],
    ['title: Shop', 'titel: Shop', 'unknown key "titel"; did you mean "title"?'],
  ])('says of %j become %j: %s', (from, to, message) => {
    expect(
      mistakesAfter(from, to).map((mistake) => mistake.replace(/^p\.yaml:\d+:\d+: /, '')),
    ).toContain(message);
  });

  it('points into the formula itself', () => {
    const line = lineOf('ceil(users / 20)');
    const column = (text.split('\n')[line - 1] ?? '').indexOf('users') + 1;
    expect(mistakesAfter('ceil(users / 20)', 'ceil(usrs / 20)')).toEqual([
      `p.yaml:${line}:${column}: there is no "usrs" here; did you mean "users"?`,
    ]);
  });

  it('does not take inherited names for components', () => {
    expect(
      mistakesAfter('component: api # backlog', 'component: constructor # backlog'),
    ).toHaveLength(2);
  });
});
