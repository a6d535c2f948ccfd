// Checks that a workload's names, and nothing else, are filled into PromQL.
import { describe, expect, it } from 'vitest';
import { fillPromql, unknownPromqlNames } from '../../src/profile/promql.ts';

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
});
