// Checks that a workload's names, and nothing else, are filled into PromQL.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { fillPromql, unknownPromqlNames } from '../../src/profile/promql.ts';
import { readFixture } from './read-fixture.ts';

const names = { namespace: 'shop', workload: 'api', container: 'main' };

describe('fillPromql', () => {
  it('fills in every name wherever it stands', () => {
    expect(
      fillPromql(
        'up{namespace="$namespace",pod=~"$workload-.+$",container="$container"} / up{ns="$namespace"}',
        names,
      ),
    ).toBe('up{namespace="shop",pod=~"api-.+$",container="main"} / up{ns="shop"}');
  });

  it('leaves unknown and longer names alone', () => {
    expect(fillPromql('a{x="$other",y="$workloads"}', names)).toBe('a{x="$other",y="$workloads"}');
  });
});

describe('unknownPromqlNames', () => {
  it('finds the names that nothing fills in', () => {
    expect(unknownPromqlNames('a{x="$other",y="$namespace",z=~"b$"}')).toEqual(['other']);
  });

  it('finds names in braces, which dashboards fill in and we do not', () => {
    expect(unknownPromqlNames('a{x="${namespace}",y=~"b{2}$",z="$1"}')).toEqual(['{namespace}']);
  });

  it('are looked for in every query of a profile', () => {
    const text = readFixture('small.yaml')
      .replace(
        'hpa: { name: api-hpa,',
        'hpa: { metrics: [{ pods: rate, average: 1, promql: "sum by (pod) (a{b=\\"$wrokload\\"})" }], name: api-hpa,',
      )
      .replace(
        /^inputs:\n/m,
        'inputs:\n  seen: { type: number, observe: { promql: "sum(a{b=\\"${namespace}\\"})" } }\n',
      );
    const parsed = parseProfile(text, 'p.yaml');
    expect(parsed.ok ? [] : parsed.mistakes.map(({ message }) => message)).toEqual([
      'nothing fills in "${namespace}"; did you mean "namespace"?',
      'nothing fills in "$wrokload"; did you mean "workload"?',
    ]);
  });
});
