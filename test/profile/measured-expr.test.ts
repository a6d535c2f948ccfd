// What a rule measures, where one query is compared with a number, and nothing where that would be a guess.
import { describe, expect, it } from 'vitest';
import { exprBeyond, measuredBy } from '../../src/profile/measured-expr.ts';

describe('what a rule measures', () => {
  // biome-ignore format: a table
  it.each([
    ['queue > 500',                                   'queue', 'above', 500],
    ['sum(rate(a{b=">", c="or"}[5m])) / sum(d) >= 0.8', 'sum(rate(a{b=">", c="or"}[5m])) / sum(d)', 'above', 0.8],
    ['cache_hits < 80',                               'cache_hits', 'below', 80],
    ['sum(a > 5 or b) + c > -1.5e-3',                 'sum(a > 5 or b) + c', 'above', -0.0015],
    ['a * on (pod) group_left () b > 3',              'a * on (pod) group_left () b', 'above', 3],
    ['order_errors + orders > 3',                     'order_errors + orders', 'above', 3],
  ])('%s', (expr, promql, fires, level) => {
    expect(measuredBy(expr)).toEqual({ promql, fires, level });
  });

  // With "and", "or" or a second comparison, what stands before the last number is not what is compared with it.
  it.each([
    'a and b > 5',
    'a > 5 or b > 6',
    'a UNLESS b > 5',
    'a == 1 > 5',
    'a > b > 5',
    'a > bool 5',
    'a > b',
    'a',
  ])('is not said by %s', (expr) => {
    expect(measuredBy(expr)).toBeUndefined();
  });
});

it('a rule beyond a level survives a comment in its query', () => {
  expect(exprBeyond('a + b', 'above', 5)).toBe('(a + b) > 5');
  expect(exprBeyond('a\n# by pod', 'below', 5)).toBe('(a\n# by pod\n) < 5');
});
