// Checks that every mistake in a YAML file is reported at its place, in words for people, all at once.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatMistake, parseYaml } from '../../src/yaml/parse-yaml.ts';

const schema = z.strictObject({
  name: z.string().max(5),
  pods: z.int().min(1).max(20),
  mode: z.enum(['observe', 'apply']).default('observe'),
  parts: z
    .record(z.string(), z.strictObject({ cpu: z.string(), on: z.boolean().optional() }))
    .optional(),
  rules: z
    .array(
      z.discriminatedUnion('kind', [
        z.strictObject({ kind: z.literal('ratio'), target: z.number() }),
        z.strictObject({ kind: z.literal('backlog'), drainMinutes: z.number() }),
      ]),
    )
    .optional(),
});

function mistakesOf(text: string): readonly string[] {
  const parsed = parseYaml(schema, text, 'a.yaml');
  return parsed.ok ? [] : parsed.mistakes.map(formatMistake);
}

describe('parseYaml', () => {
  it('gives the value with its defaults', () => {
    expect(parseYaml(schema, 'name: abc\npods: 3\n', 'a.yaml')).toEqual({
      ok: true,
      value: { name: 'abc', pods: 3, mode: 'observe' },
    });
  });

  it('reports all mistakes at once, in the order of the file', () => {
    const text = [
      'nmae: abc',
      'pods: 1.5',
      'mode: aply',
      'parts:',
      '  worker:',
      '    cpus: 500m',
      '    on: yes please',
      'rules:',
      '  - kind: ratio',
      '    taget: 4',
      '  - kind: backlogs',
    ].join('\n');
    expect(mistakesOf(text)).toEqual([
      'a.yaml:1:1: "name" is missing',
      'a.yaml:1:1: unknown key "nmae"; did you mean "name"?',
      'a.yaml:2:7: expected a whole number, found 1.5',
      'a.yaml:3:7: expected observe or apply, found "aply"',
      'a.yaml:5:3: "cpu" is missing',
      'a.yaml:6:5: unknown key "cpus"; did you mean "cpu"?',
      'a.yaml:7:9: expected true or false, found "yes please"',
      'a.yaml:9:5: "target" is missing',
      'a.yaml:10:5: unknown key "taget"; did you mean "target"?',
      'a.yaml:11:11: expected ratio or backlog, found "backlogs"',
    ]);
  });

  it.each([
    ['name: abc\npods: 0\n', 'a.yaml:2:7: expected at least 1, found 0'],
    ['name: abcdef\npods: 1\n', 'a.yaml:1:7: expected at most 5 characters, found "abcdef"'],
    ['name:\npods: 1\n', 'a.yaml:1:6: expected text, found nothing'],
    ['name: a\npods: [1]\n', 'a.yaml:2:7: expected a number, found a list'],
    ['name: a\npods: 1\nname: b\n', 'a.yaml:3:1: not valid YAML: Map keys must be unique'],
    [
      'name: *gone\npods: 1\n',
      'a.yaml:1:1: not valid YAML: Unresolved alias (the anchor must be set before the alias): gone',
    ],
    ['', 'a.yaml:1:1: expected a group of keys, found nothing'],
    ['- 1\n', 'a.yaml:1:1: expected a group of keys, found a list'],
    ['name: a\npods: .inf\n', 'a.yaml:2:7: expected a number, found Infinity'],
  ])('says of %j: %s', (text, expected) => {
    expect(mistakesOf(text)).toContain(expected);
  });

  it('reports broken YAML with its place', () => {
    expect(mistakesOf('name: abc\npods: [1, 2\nmode: x\n')[0]).toMatch(
      /^a\.yaml:\d+:\d+: not valid YAML: /,
    );
  });

  it('refuses a second document, a bomb of aliases and a huge text', () => {
    expect(mistakesOf('name: a\npods: 1\n---\nname: b\n')).not.toEqual([]);
    const levels = Array.from(
      { length: 12 },
      (_, n) => `l${n + 1}: &l${n + 1} [${`*l${n},`.repeat(9)}]`,
    );
    expect(mistakesOf(`l0: &l0 [x]\n${levels.join('\n')}\n`)).not.toEqual([]);
    expect(mistakesOf(`name: ${'a'.repeat(1_000_001)}`)).toEqual([
      'a.yaml:1:1: the file has 1000007 characters, at most 1000000 are read',
    ]);
  });

  it('does not mistake an inherited name for a known one', () => {
    expect(mistakesOf('name: a\npods: 1\n__proto__: {x: 1}\nconstructor: 2\n')).toContain(
      'a.yaml:4:1: unknown key "constructor"',
    );
  });

  it('shows long values cut', () => {
    expect(mistakesOf(`name: a\npods: "${'9'.repeat(500)}"\n`)[0]?.length).toBeLessThan(100);
  });

  it('runs the check after the schema and points into values, keys and formulas', () => {
    const text = 'name: "1 + x"\npods: 4\nparts:\n  worker: { cpu: 1 + y }\n';
    const parsed = parseYaml(schema, text, 'a.yaml', (value, places) => [
      places.at(['name'], 'value'),
      places.at(['name'], 'inside', { start: 4, end: 5 }),
      places.at(['parts', 'worker', 'cpu'], `of ${value.pods}`, { start: 4, end: 5 }),
      places.atKey(['parts', 'worker'], 'key'),
      places.at(['parts', 'gone', 'cpu'], 'nearest'),
    ]);
    expect(parsed.ok ? [] : parsed.mistakes.map(formatMistake)).toEqual([
      'a.yaml:1:7: value',
      'a.yaml:1:12: inside',
      'a.yaml:3:1: nearest',
      'a.yaml:4:3: key',
      'a.yaml:4:22: of 4',
    ]);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.string({ unit: fc.constantFrom(...Array.from('ab:[]{}-\n &*!|>\'"#?%@,')) }),
        ),
        (text) => {
          const parsed = parseYaml(schema, text, 'a.yaml');
          if (parsed.ok) return;
          expect(parsed.mistakes.length).toBeGreaterThan(0);
          for (const { line, column } of parsed.mistakes) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(text.split('\n').length);
            expect(column).toBeGreaterThanOrEqual(1);
          }
        },
      ),
    );
  });
});
