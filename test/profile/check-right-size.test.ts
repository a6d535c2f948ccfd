// Checks that a rule for sizes by use has the usual figures where it says nothing, and that every way to contradict itself is found.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { usualRule } from '../../src/sizing/right-size-rule.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readFixture } from './read-fixture.ts';

const text = readFixture('small.yaml');
const firstLine = text.split('\n').length;

const parsed = (rule: string) => parseProfile(`${text}\nrightSize:\n  ${rule}\n`, 'p.yaml');

describe('a rule for sizes by use', () => {
  it('is the usual one but for what it says', () => {
    const profile = parsed('{ lowerBelow: 0.5, lowerOf: request, windowDays: 30, source: Costs }');
    expect(profile.ok && profile.value.rightSize).toEqual({
      ...usualRule,
      lowerBelow: 0.5,
      lowerOf: 'request',
      windowDays: 30,
      source: 'Costs',
    });
    expect(usualRule).toEqual({
      percentile: 95,
      margin: 1.2,
      lowerBelow: 0.6,
      lowerOf: 'limit',
      raiseAbove: 0.8,
      windowDays: 14,
      source: 'usual rule: p95 + 20 %',
    });
  });

  it('is absent where a profile has none', () => {
    const profile = parseProfile(text, 'p.yaml');
    expect(profile.ok && profile.value.rightSize).toBeUndefined();
  });

  const pods = (changes: string) =>
    `{ source: a, replicas: { lowerBelow: 0.3, lowerFactor: 0.7, raiseAbove: 0.8, raiseFactor: 1.4, min: 3, source: b${changes} } }`;
  it.each<[string, string]>([
    ['{ source: a, percentile: 90 }', 'expected 50, 95 or 99, found 90'],
    ['{ source: a, margin: 0.8 }', 'expected at least 1, found 0.8'],
    ['{ source: a, utilizationTarget: 0.7 }', 'did you mean "utilisationTarget"'],
    ['{ source: a, utilisationTarget: 70 }', '70'],
    ['{ source: a, utilisationTarget: 0.9 }', 'a target of 0.9 is above raiseAbove 0.8'],
    [
      '{ source: a, lowerBelow: 0.9, lowerOf: request }',
      'lowerBelow 0.9 is above raiseAbove 0.8, both of the request',
    ],
    ['{ source: a, windowDays: 3 }', 'expected at least 7, found 3'],
    ['{ source: a, limitFactor: {} }', 'a limit factor needs cpu, memory or both'],
    ['{ source: a, limitFactor: { cpu: 0.5 } }', '0.5'],
    [pods('').replace('0.3', '0.8'), 'lowerBelow 0.8 is not below raiseAbove 0.8'],
    [pods('').replace('0.7', '1.2'), '1.2'],
    [pods(', component: apu'), 'there is no component "apu"; did you mean "api"?'],
    [pods('').replace('min: 3', 'min: 11'), 'min 11 is more than any component may have (10)'],
  ])('that says %s is a mistake with its place', (rule, says) => {
    const profile = parsed(rule);
    const mistakes = profile.ok ? [] : profile.mistakes.map(formatMistake);
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).toMatch(new RegExp(`^p\\.yaml:${firstLine + 2}:\\d+: `));
    expect(mistakes[0]).toContain(says);
  });

  it('needs to say where it stands', () => {
    const profile = parsed('{ margin: 1.5 }');
    expect(profile.ok ? [] : profile.mistakes.map(formatMistake)).toEqual([
      `p.yaml:${firstLine + 1}:1: "source" is missing`,
    ]);
  });

  it('may let use be below one share of the limit and above another of the request', () => {
    expect(parsed('{ lowerBelow: 0.9, source: a }').ok).toBe(true);
    expect(parsed(pods('')).ok).toBe(true);
  });
});
