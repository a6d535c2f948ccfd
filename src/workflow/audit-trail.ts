// Writes the audit trail out and checks it, from the database or from a file somebody saved.

import { z } from 'zod';
import { type AuditEntry, type ChainHead, chainVerifier, type Finding } from '../audit/chain.ts';
import type { Store } from '../ports.ts';

const entryLine = z.object({
  seq: z.number().int(),
  body: z.string(),
  previous: z.string(),
  hash: z.string(),
});

/** Hands every entry to `write` as one line of JSON. */
export function exportLines(store: Store, write: (line: string) => Promise<void>): Promise<void> {
  return store.transaction(async (tx) => {
    for await (const { seq, body, previous, hash } of tx.audit.read()) {
      await write(`${JSON.stringify({ seq, body, previous, hash })}\n`);
    }
  });
}

/** Checks the trail in the database. `expect` is a checkpoint somebody kept: it must still be in there. */
export function verifyStored(store: Store, expect?: ChainHead): Promise<Finding> {
  return store.transaction((tx) => verifyEntries(tx.audit.read(), expect));
}

/** Checks a saved trail, line by line. A line that is no entry is the first broken one. */
export async function verifyLines(
  lines: AsyncIterable<string>,
  expect?: ChainHead,
): Promise<Finding> {
  const verifier = chainVerifier(expect);
  let seq = 0;
  for await (const line of lines) {
    if (line.trim() === '') continue;
    seq += 1;
    const entry = parseLine(line);
    if (entry === undefined)
      return { kind: 'broken', seq, because: 'the line is not an entry of the trail' };
    const broken = verifier.check(entry);
    if (broken !== undefined) return broken;
  }
  return verifier.finish();
}

async function verifyEntries(
  entries: AsyncIterable<AuditEntry>,
  expect?: ChainHead,
): Promise<Finding> {
  const verifier = chainVerifier(expect);
  for await (const entry of entries) {
    const broken = verifier.check(entry);
    if (broken !== undefined) return broken;
  }
  return verifier.finish();
}

function parseLine(line: string): AuditEntry | undefined {
  try {
    const parsed = entryLine.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
