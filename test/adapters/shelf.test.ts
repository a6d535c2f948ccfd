// The memory of a watch: what it holds, what it forgets, and when it must not be believed.

import { describe, expect, it } from 'vitest';
import { isAtLeast, keyOf, Shelf } from '../../src/adapters/shelf.ts';

const objectOf = (name: string, resourceVersion: string, more = {}) => ({
  metadata: { name, namespace: 'shop', resourceVersion },
  ...more,
});
const shelf = () => new Shelf(({ metadata }) => ({ text: metadata.resourceVersion }));
const key = keyOf('shop', 'api');

// biome-ignore format: a table
it.each([
  ['10',  '9',   true],
  ['9',   '10',  false],
  ['10',  '10',  true],
  ['18446744073709551616', '18446744073709551615', true],
  ['abc', 'abc', true],
  ['abd', 'abc', false],
  ['10',  '',    false],
  ['',    '10',  false],
  ['010', '9',   false],
])('version %s is at least %s: %s', (version, floor, isIt) => {
  expect(isAtLeast(version, floor)).toBe(isIt);
});

describe('a shelf', () => {
  it('forgets what a new list does not tell', () => {
    const held = shelf();
    held.beginList();
    held.put(objectOf('api', '5'));
    held.put(objectOf('web', '6'));
    held.endList('7');
    held.beginList();
    held.put(objectOf('api', '8'));
    held.endList('9');
    expect(held.texts()).toEqual(['8']);
  });

  it('is behind a version until it holds it, or is told that all up to it was told', () => {
    const held = shelf();
    held.put(objectOf('api', '5'));
    expect(held.isBehind(key)).toBe(false);
    held.note(key, { kind: 'version', version: '7' });
    expect(held.isBehind(key)).toBe(true);
    expect(held.isBehindIn('shop')).toBe(true);
    expect(held.isBehindIn('shopping')).toBe(false);
    held.put(objectOf('api', '7'));
    expect(held.isBehind(key)).toBe(false);
    held.note(key, { kind: 'version', version: '9' });
    held.mark('9');
    expect(held.isBehind(key)).toBe(false);
  });

  it('is behind what is gone until it has let go of it', () => {
    const held = shelf();
    held.put(objectOf('api', '5'));
    held.note(key, { kind: 'gone' });
    expect(held.isBehind(key)).toBe(true);
    held.drop(objectOf('api', '6'));
    expect(held.isBehind(key)).toBe(false);
  });

  it('is behind a write of which nobody knows until a list that began after it', () => {
    const held = shelf();
    held.beginList();
    held.note(key, { kind: 'unknown' });
    held.endList('5');
    held.mark('6');
    expect(held.isBehind(key)).toBe(true);
    held.beginList();
    held.endList('7');
    expect(held.isBehind(key)).toBe(false);
  });

  it('finds objects by what they point at, only where they point now', () => {
    const held = new Shelf(({ metadata, ...more }) => ({ text: metadata.name, ...more }));
    held.put(objectOf('b', '1', { tag: 'x' }));
    held.put(objectOf('a', '2', { tag: 'x' }));
    expect(held.keysTagged('x')).toEqual(['shop/a', 'shop/b']);
    held.put(objectOf('b', '3', { tag: 'y' }));
    expect(held.keysTagged('x')).toEqual(['shop/a']);
    held.drop(objectOf('a', '4'));
    expect(held.keysTagged('x')).toEqual([]);
    expect(held.keysTagged('y')).toEqual(['shop/b']);
  });

  it('wakes who waits when something is told, and when the signal fires', async () => {
    const held = shelf();
    const told = held.next(60_000, new AbortController().signal);
    held.mark('1');
    await told;
    await held.next(60_000, AbortSignal.abort());
  });
});
