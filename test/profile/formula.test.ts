// Checks that formulas are plain arithmetic: right where JavaScript is right, and nothing but arithmetic gets through.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileFormula, isFormulaName } from '../../src/profile/formula.ts';

function evaluate(source: string, values: Readonly<Record<string, number>> = {}) {
  const formula = compileFormula(source);
  if (formula.problem) throw new Error(`${source}: ${formula.problem.message}`);
  return formula.evaluate(values);
}

const matrix = 'step(sites, {10: 4, 50: 8, 100: 12})';

describe('a formula', () => {
  it.each([
    ['7 / 2', {}, 3.5],
    ['ceil(calculations / 3600 * duration * 1.2)', { calculations: 2100, duration: 10 }, 7],
    ['ceil(7.0000001)', {}, 8],
    ['floor(2.9999999999)', {}, 3],
    ['floor(2.9)', {}, 2],
    ['round(2.5)', {}, 3],
    ['ceil(0 - 0.5)', {}, 0],
    ['max(3, ceil(m / 150 * 1.3))', { m: 1000 }, 9],
    ['max(1, 2, 3, 4, 5, 6) + min(7, 8)', {}, 13],
    ['hz > 10 ? 4 : 2.5', { hz: 12 }, 4],
    ['hz in [1, 2, 3] && hz != 2 ? 1 : 0', { hz: 3 }, 1],
    ['-x + 2', { x: 5 }, -3],
    ['{"eu": 3, "us": 4}["us"]', {}, 4],
    ['[5, 6][1]', {}, 6],
    [matrix, { sites: 10 }, 4],
    [matrix, { sites: 10.5 }, 8],
    [matrix, { sites: 0 }, 4],
    [matrix, { sites: 100 }, 12],
    ['sites > 100 ? 99 : step(sites, {100: 12})', { sites: 500 }, 99],
  ])('%s with %j is %d', (source, values: Record<string, number>, expected) => {
    expect(evaluate(source, values)).toEqual({ ok: true, value: expected });
  });

  it('lists the names it uses, sorted and once', () => {
    const { names } = compileFormula('b * a + b');
    expect([...names]).toEqual([
      ['a', { start: 4, end: 5 }],
      ['b', { start: 0, end: 1 }],
    ]);
  });

  it.each([
    ['sites + 1', {}, 'sites is not known'],
    ['sites + 1', { sites: Number.NaN }, 'sites is not a finite number'],
    ['sites + 1', { sites: Number.POSITIVE_INFINITY }, 'sites is not a finite number'],
    ['1 / sites', { sites: 0 }, '"1 / sites" does not give a finite number here'],
    ['sites / sites', { sites: 0 }, '"sites / sites" does not give a finite number here'],
    [matrix, { sites: 101 }, '101 is beyond the last row of its table, 100'],
    ['[1, 2][5] + sites', { sites: 1 }, 'no such key: index out of bounds, index 5 >= size 2'],
  ])('says why %s has no value with %j', (source, values: Record<string, number>, because) => {
    const result = compileFormula(source).evaluate(values);
    expect(result).toMatchObject({ ok: false, because });
    const isOwnFault = because.includes('finite number here');
    expect(!result.ok && result.notFinite === true).toBe(isOwnFault);
  });

  it('takes values that are its own only, never inherited ones', () => {
    const inherited = Object.create({ sites: 5 });
    expect(compileFormula('sites').evaluate(inherited).ok).toBe(false);
  });
});

describe('a formula is refused', () => {
  it.each([
    ['constructor', '"constructor" cannot be a name in a formula', 0],
    ['__proto__', 'reserved identifier: __proto__', 0],
    ['1 + ', 'unexpected token: EOF', 4],
    ['', 'unexpected token: EOF', 0],
    ['sites > 1', 'the result is true or false, not a number', 0],
    ['"abc"', 'the result is text, not a number', 0],
    ['{1: 2}', 'the result is a map<int, number>, not a number', 0],
    ['sites + "eu"', 'no such overload: number + string', 0],
    ['sites ? 1 : 2', "ternary condition must be bool, got 'number'", 0],
    ['ceil(1, 2)', "found no matching overload for 'ceil(number, number)'", 0],
    ['sqrt(4)', '"sqrt" is no function here', 0],
    ['size("abc")', '"size" is no function here', 0],
    ['dyn(sites)', '"dyn" is no function here', 0],
    ['1 + null', 'only numbers, texts, true and false can stand in a formula', 4],
    ['2u + 1', 'only numbers, texts, true and false can stand in a formula', 0],
    ['step(sites, {10: 1, 10: 2})', 'there are two rows for 10', 20],
    ['step(sites, {sites: 1})', 'the key of a row must be a plain number or text', 13],
  ])('%j: %s', (source, message, start) => {
    const { problem } = compileFormula(source);
    expect(problem?.message ?? 'compiled').toBe(message);
    expect(problem?.range.start).toBe(start);
  });

  it.each([
    'sites.constructor',
    '"".constructor',
    '{}.__proto__',
    'sites.toString()',
    '"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!".matches("^(a+)+$")',
    '[1, 2].map(x, x * 2)[0]',
    '[1, 2].all(x, x > 0) ? 1 : 2',
    'cel.bind(a, sites, a + a)',
    'has(sites.x) ? 1 : 2',
    '"a".size() + 1',
    'sites % 2',
    'b"abc"',
  ])('%s, because it is more than arithmetic', (source) => {
    expect(compileFormula(source).problem).toBeDefined();
  });

  it.each([
    ['deeper than any formula', `${'('.repeat(5000)}1${')'.repeat(5000)}`],
    ['longer than any formula', `1${' + 1'.repeat(10_000)}`],
    ['made of too many parts', `1${' + 1'.repeat(400)}`],
    ['a chain of conditions', `${'true ? 1 : '.repeat(200)}1`],
    ['a chain of negations', `${'-'.repeat(1900)}1`],
    ['a list too long', `[${Array.from({ length: 200 }, () => '1').join(',')}][0]`],
  ])('when it is %s', (_, source) => {
    expect(compileFormula(source).problem).toBeDefined();
  });

  it('when it reads what the prototype of a table holds', () => {
    for (const key of ['constructor', '__proto__', 'toString']) {
      expect(evaluate(`{"a": 1}["${key}"]`).ok).toBe(false);
    }
  });
});

describe('whatever is written', () => {
  const variables = ['x', 'y', 'z'];
  type Names = Readonly<Record<string, number>>;
  interface Term {
    readonly source: string;
    readonly value: (names: Names) => number;
  }
  const { term } = fc.letrec<{ term: Term }>((tie) => ({
    term: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.integer({ min: 0, max: 1_000_000 }).map((n) => ({ source: String(n), value: () => n })),
      fc
        .constantFrom(...variables)
        .map((name) => ({ source: name, value: (names: Names) => names[name] ?? 0 })),
      fc
        .tuple(tie('term'), fc.constantFrom('+', '-', '*', '/'), tie('term'))
        .map(([a, operator, b]) => ({
          source: `(${a.source} ${operator} ${b.source})`,
          value: (names: Names) => {
            const left = a.value(names);
            const right = b.value(names);
            if (operator === '+') return left + right;
            if (operator === '-') return left - right;
            return operator === '*' ? left * right : left / right;
          },
        })),
      fc.tuple(tie('term'), tie('term'), fc.boolean()).map(([a, b, larger]) => ({
        source: `${larger ? 'max' : 'min'}(${a.source}, ${b.source})`,
        value: (names: Names) => (larger ? Math.max : Math.min)(a.value(names), b.value(names)),
      })),
      fc.tuple(tie('term'), tie('term')).map(([a, b]) => ({
        source: `(${a.source} <= ${b.source} ? ${a.source} : ${b.source})`,
        value: (names: Names) =>
          a.value(names) <= b.value(names) ? a.value(names) : b.value(names),
      })),
    ),
  }));
  const number = fc.oneof(
    fc.integer({ min: -1000, max: 1000 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );

  it('a formula gives what JavaScript gives, or says that it is not finite', () => {
    fc.assert(
      fc.property(
        term,
        fc.record({ x: number, y: number, z: number }),
        ({ source, value }, names) => {
          const formula = compileFormula(source);
          // Only a bound on size may stand in the way.
          fc.pre(formula.problem === undefined);
          const expected = value(names);
          const result = formula.evaluate(names);
          if (Number.isFinite(expected)) expect(result).toEqual({ ok: true, value: expected + 0 });
          else expect(result.ok).toBe(false);
        },
      ),
    );
  });

  it('a text either compiles or says why, with a place inside it, and never throws', () => {
    const pieces =
      'x y 1 2.5 ( ) [ ] { } : , . ? + - * / % ! " in ceil( step( map( constructor matches( __proto__ && =='.split(
        ' ',
      );
    const piece = fc.constantFrom(' ', ...pieces);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 20 }).map((all) => all.join('')),
        ),
        (source) => {
          const formula = compileFormula(source);
          const { problem } = formula;
          if (problem === undefined) {
            const result = formula.evaluate({ x: 1, y: 2, z: 3 });
            expect(result.ok ? Number.isFinite(result.value) : result.because.length > 0).toBe(
              true,
            );
            return;
          }
          expect(problem.message).not.toBe('');
          expect(problem.range.start).toBeGreaterThanOrEqual(0);
          expect(problem.range.start).toBeLessThanOrEqual(source.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('isFormulaName', () => {
  it.each(['sites', 'avg_duration_s', 'hz', 'p95'])('takes %s', (name) => {
    expect(isFormulaName(name)).toBe(true);
  });
  it.each([
    'Sites',
    '1st',
    '',
    'ceil',
    'step',
    'in',
    'true',
    'null',
    'int',
    'if',
    'constructor',
    '__proto__',
    'a-b',
    'a b',
  ])('refuses %j', (name) => {
    expect(isFormulaName(name)).toBe(false);
  });
});
