// The audit trail's arithmetic: canonical text, and a hash that covers the text and everything before it.

import { createHash } from 'node:crypto';
import { canonicalText } from './canonical-text.ts';

/** What is written about one transition. Times are ISO 8601 in UTC. */
export interface AuditFact {
  readonly at: string;
  /** What happened, as noun.verb: "plan.proposed", "vote.cast", "change.written". */
  readonly event: string;
  /** Who made it happen: a Slack user id, "policy", "headroom" or "cli:NAME". */
  readonly by: string;
  readonly planId?: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

export interface AuditEntry {
  readonly seq: number;
  readonly body: string;
  readonly previous: string;
  readonly hash: string;
}

export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What the first entry hashes in place of a predecessor. */
export const genesis: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/** Makes the entry that follows `head`. */
export function nextEntry(head: ChainHead, fact: AuditFact): AuditEntry {
  const seq = head.seq + 1;
  const body = canonicalText({ ...fact, seq });
  return { seq, body, previous: head.hash, hash: entryHash(head.hash, body) };
}

function entryHash(previous: string, body: string): string {
  return createHash('sha256').update(`${previous}\n${body}`, 'utf8').digest('hex');
}

export type Finding =
  | { readonly kind: 'intact'; readonly head: ChainHead }
  | { readonly kind: 'broken'; readonly seq: number; readonly because: string };

/**
 * Follows the chain entry by entry; `check` answers the first break or undefined.
 * Feed it every entry in order, then ask for the `head`.
 */
export function chainVerifier(expect?: ChainHead): {
  check(entry: AuditEntry): Extract<Finding, { kind: 'broken' }> | undefined;
  finish(): Finding;
} {
  let head = genesis;
  // A checkpoint of the empty trail is in every trail.
  let sawExpected = expect === undefined || (expect.seq === 0 && expect.hash === genesis.hash);
  const broken = (seq: number, because: string) => ({ kind: 'broken', seq, because }) as const;
  return {
    check(entry) {
      const seq = head.seq + 1;
      if (entry.seq !== seq) return broken(seq, `entry ${seq} is missing (found ${entry.seq})`);
      if (entry.previous !== head.hash)
        return broken(seq, 'it does not follow the entry before it');
      if (entryHash(entry.previous, entry.body) !== entry.hash) {
        return broken(seq, 'its text does not match its hash');
      }
      if (seqInside(entry.body) !== seq) return broken(seq, 'its text belongs to another place');
      head = { seq, hash: entry.hash };
      if (expect?.seq === seq) {
        if (expect.hash !== entry.hash) return broken(seq, 'it differs from the checkpoint given');
        sawExpected = true;
      }
      return undefined;
    },
    finish() {
      if (!sawExpected && expect !== undefined) {
        return broken(
          head.seq + 1,
          `the trail ends before checkpoint ${expect.seq}: its tail was cut off`,
        );
      }
      return { kind: 'intact', head };
    },
  };
}

function seqInside(body: string): unknown {
  try {
    const entry: unknown = JSON.parse(body);
    return typeof entry === 'object' && entry !== null && 'seq' in entry ? entry.seq : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
