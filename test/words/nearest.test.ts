// Checks that slips of the finger find the right word and that different words find none.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editsBetween, nearest, suggestion } from '../../src/words/nearest.ts';

const components = [
  'steam-trap-inspector',
  'api-gateway',
  'worker',
  'sensor-gateway',
  'ml-service',
];

describe('nearest', () => {
  it.each([
    ['wroker', 'worker'],
    ['Worker', 'worker'],
    ['workers', 'worker'],
    ['api-gatway', 'api-gateway'],
    ['mlservice', 'ml-service'],
  ])('finds for %s the word %s', (word, expected) => {
    expect(nearest(word, components)).toBe(expected);
  });

  it.each(['', 'x', 'database', '__proto__', 'a'.repeat(10_000)])(
    'finds nothing near %.20s',
    (word) => {
      expect(nearest(word, components)).toBeUndefined();
    },
  );

  it('keeps the first of two equally near words', () => {
    expect(nearest('plam', ['plan', 'play'])).toBe('plan');
  });

  it('does not take one single letter for another', () => {
    expect(nearest('a', ['b'])).toBeUndefined();
  });
});

describe('suggestion', () => {
  it('is a ready ending or nothing', () => {
    expect(suggestion('plna', ['plan'])).toBe('; did you mean "plan"?');
    expect(suggestion('zzz', ['plan'])).toBe('');
  });
});

describe('editsBetween', () => {
  it.each([
    ['plan', 'plna', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['abc', 'abc', 0],
  ])('%s and %s are %i edits apart', (a, b, edits) => {
    expect(editsBetween(a, b)).toBe(edits);
  });

  it('is zero only for equal words and does not depend on the order', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const edits = editsBetween(a, b);
        expect(edits === 0).toBe(a === b);
        expect(edits).toBe(editsBetween(b, a));
        expect(edits).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});
