// The chain verifies when it is whole, and every way to tamper with it is named with the first broken entry.

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AuditEntry,
  type AuditFact,
  type ChainHead,
  chainVerifier,
  type Finding,
  genesis,
  nextEntry,
} from '../../src/audit/chain.ts';

function fact(index: number, over: Partial<AuditFact> = {}): AuditFact {
  return {
    at: '2026-11-22T03:12:00.000Z',
    event: 'plan.proposed',
    by: 'U0ANN',
    planId: `p-${index}`,
    ...over,
  };
}

function chain(facts: readonly AuditFact[]): AuditEntry[] {
  const entries: AuditEntry[] = [];
  for (const each of facts) entries.push(nextEntry(entries.at(-1) ?? genesis, each));
  return entries;
}

function verify(entries: readonly AuditEntry[], expected?: ChainHead): Finding {
  const verifier = chainVerifier(expected);
  for (const entry of entries) {
    const broken = verifier.check(entry);
    if (broken !== undefined) return broken;
  }
  return verifier.finish();
}

const ten = chain(Array.from({ length: 10 }, (_, index) => fact(index)));
const at = (seq: number): AuditEntry => {
  const entry = ten[seq - 1];
  if (entry === undefined) throw new Error(`no entry ${seq}`);
  return entry;
};
const hashOf = (previous: string, body: string) =>
  createHash('sha256').update(`${previous}\n${body}`).digest('hex');
const replaced = (seq: number, over: Partial<AuditEntry>) =>
  ten.map((entry) => (entry.seq === seq ? { ...entry, ...over } : entry));

describe('a whole chain', () => {
  it('is intact and names its head', () => {
    expect(verify(ten)).toEqual({ kind: 'intact', head: { seq: 10, hash: at(10).hash } });
    expect(verify([])).toEqual({ kind: 'intact', head: genesis });
  });

  it('holds every checkpoint that was taken of it, the empty one too', () => {
    for (const { seq, hash } of [genesis, ...ten]) {
      expect(verify(ten, { seq, hash })).toMatchObject({ kind: 'intact' });
    }
    expect(verify([], genesis)).toMatchObject({ kind: 'intact' });
  });

  it('says in each entry what happened, where it stands and what was before', () => {
    expect(at(1)).toEqual({
      seq: 1,
      body: '{"at":"2026-11-22T03:12:00.000Z","by":"U0ANN","event":"plan.proposed","planId":"p-0","seq":1}',
      previous: '0'.repeat(64),
      hash: hashOf('0'.repeat(64), at(1).body),
    });
    expect(at(2).previous).toBe(at(1).hash);
  });

  it('hashes the same fact alike, whatever the order of its fields', () => {
    const { at: when, ...rest } = fact(1, { detail: { b: 1, a: [2, { d: 3, c: 4 }] } });
    const other = { ...rest, detail: { a: [2, { c: 4, d: 3 }], b: 1 }, at: when };
    const one = nextEntry(genesis, fact(1, { detail: { b: 1, a: [2, { d: 3, c: 4 }] } }));
    expect(nextEntry(genesis, other)).toEqual(one);
  });

  it('keeps any text: accents, emoji, right-to-left, even half an emoji', () => {
    const words = ['Überlast', '🔥 in Zürich', 'עומס', 'a\u0000b\u2028c', '🔥'.slice(0, 1)];
    const entries = chain(words.map((reason, index) => fact(index, { detail: { reason } })));
    expect(verify(entries)).toMatchObject({ kind: 'intact' });
    // What a file or a database gives back is UTF-8, where half a pair cannot be.
    const saved = Buffer.from(JSON.stringify(entries), 'utf8').toString('utf8');
    expect(verify(JSON.parse(saved) as AuditEntry[])).toMatchObject({ kind: 'intact' });
    expect(JSON.parse(entries[1]?.body ?? '')).toMatchObject({
      detail: { reason: '🔥 in Zürich' },
    });
  });

  it('refuses numbers that JSON cannot hold', () => {
    expect(() => nextEntry(genesis, fact(1, { detail: { replicas: Number.NaN } }))).toThrow();
  });

  it('follows from any facts', () => {
    const facts = fc.array(
      fc.record({
        at: fc.constant('2026-11-22T03:12:00.000Z'),
        event: fc.string(),
        by: fc.string({ unit: 'binary' }),
        detail: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(facts, (given) => {
        const entries = chain(given);
        expect(verify(entries, entries.at(-1))).toMatchObject({ kind: 'intact' });
      }),
    );
  });
});

describe('tampering is named with the first broken entry', () => {
  const body = at(4).body.replace('U0ANN', 'U0EVE');
  // biome-ignore format: a table
  it.each([
    ['a changed text',                 replaced(4, { body }),                                         4,  /does not match its hash/],
    ['a changed text and its hash',    replaced(4, { body, hash: hashOf(at(4).previous, body) }),     5,  /does not follow the entry before/],
    ['a changed hash',                 replaced(4, { hash: '0'.repeat(64) }),                         4,  /does not match its hash/],
    ['a changed predecessor',          replaced(4, { previous: at(2).hash }),                         4,  /does not follow/],
    ['a changed number',               replaced(4, { seq: 40 }),                                      4,  /entry 4 is missing \(found 40\)/],
    ['two entries swapped',            [at(1), at(3), at(2), at(4)],                                  2,  /entry 2 is missing \(found 3\)/],
    ['two texts swapped',              replaced(3, { body: at(4).body }),                             3,  /does not match its hash/],
    ['one deleted from the middle',    ten.filter(({ seq }) => seq !== 5),                            5,  /entry 5 is missing \(found 6\)/],
    ['the first deleted',              ten.slice(1),                                                  1,  /entry 1 is missing \(found 2\)/],
    ['one repeated',                   [...ten.slice(0, 3), at(3), ...ten.slice(3)],                  4,  /entry 4 is missing \(found 3\)/],
    ['one inserted with a right hash', [...ten.slice(0, 3), nextEntry(at(3), fact(99)), ...ten.slice(3)], 5, /entry 5 is missing \(found 4\)/],
    ['an old text renumbered',         replaced(4, { body: at(3).body, hash: hashOf(at(4).previous, at(3).body) }), 4, /belongs to another place/],
    ['a text that is no JSON',         replaced(4, { body: 'gone', hash: hashOf(at(4).previous, 'gone') }), 4, /belongs to another place/],
    ['a text that is null',            replaced(4, { body: 'null', hash: hashOf(at(4).previous, 'null') }), 4, /belongs to another place/],
  ] as const)('%s', (_, entries, seq, because) => {
    expect(verify(entries)).toEqual({
      kind: 'broken',
      seq,
      because: expect.stringMatching(because),
    });
  });

  it('whatever one character of one entry is changed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom('body', 'previous', 'hash'),
        fc.nat(),
        fc.constantFrom('0', '1', 'f', 'X'),
        (seq, field, place, character) => {
          const text = at(seq)[field];
          const index = place % text.length;
          fc.pre(text[index] !== character);
          const changed = text.slice(0, index) + character + text.slice(index + 1);
          expect(verify(replaced(seq, { [field]: changed }))).toMatchObject({
            kind: 'broken',
            seq,
          });
        },
      ),
    );
  });
});

describe('a checkpoint', () => {
  const head = { seq: 10, hash: at(10).hash };

  it('shows a tail that was cut off, which the chain alone cannot', () => {
    expect(verify(ten.slice(0, 7))).toMatchObject({ kind: 'intact' });
    expect(verify(ten.slice(0, 7), head)).toEqual({
      kind: 'broken',
      seq: 8,
      because: 'the trail ends before checkpoint 10: its tail was cut off',
    });
    expect(verify([], head)).toMatchObject({ kind: 'broken', seq: 1 });
  });

  it('shows a trail that was written anew, which the chain alone cannot', () => {
    const forged = chain(ten.map((_, index) => fact(index, index === 3 ? { by: 'U0EVE' } : {})));
    expect(verify(forged)).toMatchObject({ kind: 'intact' });
    expect(verify(forged, head)).toEqual({
      kind: 'broken',
      seq: 10,
      because: 'it differs from the checkpoint given',
    });
    expect(verify(forged, { seq: 3, hash: at(3).hash })).toMatchObject({ kind: 'intact' });
  });

  it('that was never taken of anything is not in the trail', () => {
    expect(verify(ten, { seq: 0, hash: 'f'.repeat(64) })).toMatchObject({ kind: 'broken' });
    expect(verify(ten, { seq: 11, hash: at(10).hash })).toMatchObject({ kind: 'broken', seq: 11 });
  });
});
