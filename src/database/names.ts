// Writes names and texts into SQL: quoted always, and never a name that the server would cut or cannot hold.

import { assert } from '../errors.ts';

/** PostgreSQL cuts longer names without an error (NAMEDATALEN 64, its last byte ends the name). */
const nameBytesMax = 63;

/** Undefined when a name can be used as it is, else why not. It may hold quotes, dots and any letters. */
export function whyNoName(name: string): string | undefined {
  if (name === '') return 'the name is empty';
  if (name.includes('\0')) return 'the name holds a zero byte';
  if (/\p{Surrogate}/u.test(name)) return 'the name is no valid Unicode';
  const bytes = new TextEncoder().encode(name).length;
  return bytes > nameBytesMax
    ? `the name has ${bytes} bytes, PostgreSQL keeps ${nameBytesMax}`
    : undefined;
}

/** `say "hi"` becomes `"say ""hi"""`. */
export function quotedName(name: string): string {
  const because = whyNoName(name);
  assert(because === undefined, `a name was looked up before it is written: ${because}`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** Something in a schema, as the catalogue names it. */
export interface InSchema {
  readonly schema: string;
  readonly name: string;
}

/** `"public"."readings"`. */
export function qualified({ schema, name }: InSchema): string {
  return `${quotedName(schema)}.${quotedName(name)}`;
}

/** A text as SQL: `it's` becomes `'it''s'`; with a backslash it is an escape string, whatever the server's settings are. */
export function quotedText(text: string): string {
  assert(!text.includes('\0'), 'a text in SQL has no zero byte');
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}
