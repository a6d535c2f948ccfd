// Checks that a secret shows itself nowhere and is compared whole.
import { format, inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { matchesAny, Secret } from '../src/secret.ts';

const text = 'correct horse battery';
const secret = new Secret(text);

describe('a secret', () => {
  it('is seen in no way of printing it', () => {
    const shown = [
      String(secret),
      secret.toString(),
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      format('%o %s %j', secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
      inspect(structuredClone(secret)),
      new Error(String(secret)).message,
    ].join('\n');
    expect(shown).not.toContain('horse');
    expect(shown).toContain('[redacted]');
  });

  it('is given away by reveal only', () => {
    expect(secret.reveal()).toBe(text);
  });

  it.each([
    [text, true],
    ['correct horse batterz', false],
    ['', false],
    [`${text} `, false],
    ['c', false],
  ])('matches %j: %s', (candidate, expected) => {
    expect(secret.matches(candidate)).toBe(expected);
  });
});

describe('matchesAny', () => {
  it('takes each of several secrets and no other text', () => {
    const secrets = [new Secret('old token of the week'), new Secret('new token of the week')];
    expect(matchesAny(secrets, 'old token of the week')).toBe(true);
    expect(matchesAny(secrets, 'new token of the week')).toBe(true);
    expect(matchesAny(secrets, 'another token')).toBe(false);
    expect(matchesAny([], '')).toBe(false);
  });
});
