// Checks that the steps of a formula are those of a person with a pencil: inner ones first, the whole last, nothing left out.
import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../src/profile/formula.ts';
import { traceFormula } from '../../src/profile/formula-trace.ts';

const steps = (formula: string, values: Readonly<Record<string, number>> = { a: 3, b: 4 }) =>
  traceFormula(compileFormula(formula), values).map(({ text, value }) => `${text} = ${value}`);

describe('the steps of a formula', () => {
  // biome-ignore format: a table
  it.each([
    ['a',                               ['a = 3']],
    ['500',                             ['500 = 500']],
    ['a + 2 * b',                       ['2 * b = 8', 'a + 2 * b = 11']],
    ['max(a, b) * 2',                   ['max(a, b) = 4', 'max(a, b) * 2 = 8']],
    ['a + b + a',                       ['a + b = 7', 'a + b + a = 10']],
    ['b > 3 ? a * 2 : b / 0',           ['b > 3 = true', 'a * 2 = 6', 'b > 3 ? a * 2 : b / 0 = 6']],
    ['step(a + 7, {10: 4, 50: b * 2})', ['a + 7 = 10', 'step(a + 7, {10: 4, 50: b * 2}) = 4']],
  ])('%s', (formula, expected) => {
    expect(steps(formula)).toEqual(expected);
  });

  // biome-ignore format: a table
  it.each([
    ['(a + b) * 2',               ['a + b = 7', '(a + b) * 2 = 14']],
    ['2 * (a + b)',               ['a + b = 7', '2 * (a + b) = 14']],
    ['2 * ( ( a + b ) )',         ['a + b = 7', '2 * ( ( a + b ) ) = 14']],
    ['(a + b) * (b - 1) / 7',     ['a + b = 7', 'b - 1 = 3', '(a + b) * (b - 1) = 21', '(a + b) * (b - 1) / 7 = 3']],
    ['max((a + b) * 2, 3)',       ['a + b = 7', '(a + b) * 2 = 14', 'max((a + b) * 2, 3) = 14']],
    ['-(a + b) * 2',              ['a + b = 7', '-(a + b) = -7', '-(a + b) * 2 = -14']],
    ['a > 1 && (b > 2) ? (a) : b', ['a > 1 = true', 'b > 2 = true', 'a > 1 && (b > 2) = true', 'a > 1 && (b > 2) ? (a) : b = 3']],
    ['(a + b)',                   ['(a + b) = 7']],
  ])('are whole where there are parentheses: %s', (formula, expected) => {
    expect(steps(formula)).toEqual(expected);
  });

  it('are those that have a value: without one there is no whole', () => {
    expect(steps('a * 2 + 1 / (b - 4)')).toEqual(['a * 2 = 6', 'b - 4 = 0']);
    expect(steps('step(a, {1: 2})')).toEqual([]);
    expect(steps('a * c')).toEqual([]);
  });
});
