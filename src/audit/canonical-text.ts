// The one form in which plans and audit entries are hashed: canonical JSON (RFC 8785) of well-formed text.

import canonicalize from 'canonicalize';
import { assert } from '../errors.ts';

/**
 * Canonical JSON of a plain value. Half of a surrogate pair, left where a text was cut in the middle of an emoji,
 * becomes U+FFFD as it would in UTF-8, so that no text from outside can keep a plan or an entry from being written.
 * @throws Error for NaN and infinity, which JSON cannot hold: they are bugs.
 */
export function canonicalText(value: unknown): string {
  const text = canonicalize(wellFormed(value));
  assert(text !== undefined, 'what is hashed is always JSON');
  return text;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return wellFormedText(value);
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [wellFormedText(key), wellFormed(entry)]),
  );
}

function wellFormedText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}
