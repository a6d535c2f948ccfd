// Expressions of profiles: what is read, how it is written, what is refused, and that PostgreSQL's own words for it are known again.

import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  columnsOf,
  parseExpression,
  readServerExpression,
  sameExpression,
  writtenExpression,
} from '../../src/database/expression.ts';
import { readProfile } from '../profile/read-profile.ts';

const written = (text: string, aggregates = false) => {
  const read = parseExpression(text, { aggregates });
  return 'problem' in read ? read.problem : writtenExpression(read.expression);
};

describe('an expression of a profile', () => {
  it.each([
    [`status = 'active'`, `("status" = 'active')`],
    [`status IN ('pending', 'processing')`, `("status" in ('pending', 'processing'))`],
    [`a and b or not c`, `(("a" and "b") or (not "c"))`],
    [`level >= 3 and gone is null`, `(("level" >= 3) and ("gone" is null))`],
    [`gone is not null`, `(not ("gone" is null))`],
    [`price != -1.5 * (2 + tax)`, `("price" <> ((-1.5) * (2 + "tax")))`],
    [`"Strange ""name""" = 'it''s'`, `("Strange ""name""" = 'it''s')`],
    [`Done = TRUE`, `("done" = true)`],
  ])('%s is written %s', (text, sql) => {
    expect(written(text)).toBe(sql);
  });

  it('may hold aggregate functions where it says what a column of an aggregate is', () => {
    expect(written('avg(pressure_psi)', true)).toBe('avg("pressure_psi")');
    expect(written('sum(energy) / count(*)', true)).toBe('(sum("energy") / count(*))');
  });

  it.each([
    ['a; drop table users', false],
    ['a = 1 -- rest', false],
    ['a = 1 /* rest */', false],
    ['a = pg_sleep(10)', false],
    ['avg(a) > 1', false],
    ['a = (select 1)', false],
    ["a = E'x'", false],
    ["a = '\\'", false],
    ["a = 'open", false],
    ['a = $1', false],
    ['a::text = b', false],
    ['public.a = 1', false],
    ['a = ', false],
    ['a b', false],
    ['', false],
    ['lo_import(a)', true],
    ['a + 1', true],
    ['avg(a) + b', true],
    ['avg(max(a))', true],
    ['avg(a, b)', true],
    ['count(distinct a)', true],
    [`${'('.repeat(80)}a${')'.repeat(80)}`, false],
    [`a = '${'x'.repeat(1000)}'`, false],
    [`${'n'.repeat(64)} = 1`, false],
  ])('%s is refused', (text, aggregates) => {
    expect(parseExpression(text, { aggregates })).toHaveProperty('problem');
  });

  it('names its columns once', () => {
    const read = parseExpression('a > b and a < 3', { aggregates: false });
    expect('expression' in read && [...columnsOf(read.expression)]).toEqual(['a', 'b']);
  });

  it('reads what it has written as the same', () => {
    const word = fc.constantFrom('a', 'b', '1', "'x'", '(', ')', 'and', 'or', 'not', '=', '+', '-');
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        const once = parseExpression(words.join(' '), { aggregates: false });
        if ('problem' in once) return;
        const again = parseExpression(writtenExpression(once.expression), { aggregates: false });
        expect(again).toEqual(once);
      }),
    );
  });
});

/** Every text under that key, at any depth. */
function textsUnder(key: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: readonly (readonly [unknown, unknown])[] =
    value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([name, inner]) => {
    if (name !== key) return textsUnder(key, inner);
    const texts = typeof inner === 'object' && inner !== null ? Object.values(inner) : [inner];
    return texts.filter((text) => typeof text === 'string');
  });
}

it('of every profile that ships is read', () => {
  const profiles = readdirSync(new URL('../../profiles/', import.meta.url))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readProfile(name.slice(0, -'.yaml'.length)));
  const figures = new Set(profiles.flatMap((profile) => textsUnder('figures', profile)));
  expect(figures.size).toBeGreaterThan(5);
  for (const text of figures) {
    expect(parseExpression(text, { aggregates: true })).toHaveProperty('expression');
  }
  const indexes = profiles.flatMap((profile) => textsUnder('where', profile));
  const conditions = indexes.filter((text) => text.startsWith('status'));
  expect(conditions.length).toBeGreaterThan(1);
  for (const text of conditions) {
    expect(parseExpression(text, { aggregates: false })).toHaveProperty('expression');
  }
});

describe("PostgreSQL's own words", () => {
  const types = new Map([
    ['status', 'varchar'],
    ['n', 'numeric'],
    ['i', 'int4'],
    ['x', 'float4'],
    ['code', 'citext'],
  ]);
  const again = (said: string) => readServerExpression(said, (column) => types.get(column));

  it.each([
    [`status = 'active'`, `((status)::text = 'active'::text)`],
    [
      `status in ('pending', 'processing')`,
      `((status)::text = ANY ((ARRAY['pending'::character varying, 'processing'::character varying])::text[]))`,
    ],
    [`status in ('a')`, `(status = ANY (ARRAY['a'::text]))`],
    [`a and b and c > -1`, `(a AND b AND (c > '-1'::integer))`],
    [`gone is not null`, `(NOT (t.gone IS NULL))`],
    [`i > 5.5 and n > 5`, `(((i)::numeric > 5.5) AND (n > (5)::numeric))`],
    [`x > -5.5`, `(x > ('-5.5'::numeric)::double precision)`],
    [`i + 1 > 2.5`, `(((i + 1))::numeric > 2.5)`],
    [`i % 10 = 0`, `((i % 10) = 0)`],
    [`i in (1, 2)`, `(i = ANY (ARRAY[1, 2]))`],
    [`"timestamp" > 2 * x`, `("timestamp" > ((2)::double precision * readings.x))`],
  ])('%s is known again', (text, said) => {
    const read = parseExpression(text, { aggregates: false });
    const readAgain = again(said);
    if ('problem' in read || readAgain === undefined) throw new Error('it is not read');
    expect(sameExpression(read.expression, readAgain)).toBe(true);
  });

  it.each([
    'CASE WHEN a THEN 1 ELSE 2 END',
    '((n)::integer > 5)',
    '((n)::numeric(3,1) > 5.5)',
    `((status)::character varying(1) = 'a'::text)`,
    `((i)::text > '5'::text)`,
    `((code)::text = 'a'::text)`,
    '(i > (5.7)::integer)',
    '(x > (5.7)::real)',
    '(((n * 1.5))::integer > 5)',
    '(((x)::double precision + (i)::double precision))::integer = 4',
    '(((i)::numeric / (2)::numeric) > (1)::numeric)',
    '(i = ANY ((ARRAY[1.5, 2.5])::integer[]))',
  ])('%s is not known, as no profile could say it', (said) => {
    expect(again(said)).toBeUndefined();
  });
});
