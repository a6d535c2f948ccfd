// That selectors are found in any PromQL a person may write, and that rewriting them leaves the rest alone.

import { describe, expect, it } from 'vitest';
import { selectorsIn, withSelectors } from '../../src/rules/selectors.ts';

const found = (promql: string) =>
  selectorsIn(promql).map(({ metric, matchers }) => [metric, ...matchers]);

describe('the selectors of a query', () => {
  it.each([
    ['up', []],
    ['up{job="a"}', [['up', 'job="a"']]],
    ['sum(rate(x_total{a="1", b!~"2" ,}[5m]))', [['x_total', 'a="1"', 'b!~"2"']]],
    ['job:x:rate5m {a="1"} / on (pod) y{}', [['job:x:rate5m', 'a="1"'], ['y']]],
    ['x{pod=~"web-[a-z]{5},{2}"}', [['x', 'pod=~"web-[a-z]{5},{2}"']]],
    [`x{a='}', b=\`"\\\`, c="\\"}"}`, [['x', "a='}'", 'b=`"\\`', 'c="\\"}"']]],
    ['{__name__="x"}', [['', '__name__="x"']]],
    ['label_replace(x{a="1"}, "b", "{", "c", "}")', [['x', 'a="1"']]],
  ] as const)('of %s', (promql, expected) => {
    expect(found(promql)).toEqual(expected);
  });

  it('can be written anew in their places', () => {
    expect(withSelectors('max(a{x="1"}) / b {} > 2', ({ metric }) => `<${metric}>`)).toBe(
      'max(<a>) / <b> > 2',
    );
    expect(withSelectors('up > 0', () => 'never')).toBe('up > 0');
  });
});
