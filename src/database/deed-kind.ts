// What every kind of deed in a database knows about itself; everything else about deeds is general.

import type { Answers, Query } from './query.ts';
import type { Standing } from './standing.ts';

/** What headroom.yaml may allow in a database, by name. */
export const allowedDeeds = [
  'settings',
  'indexes',
  'partitions',
  'tables',
  'timescale',
  'drops',
] as const;

export type AllowedDeed = (typeof allowedDeeds)[number];

/**
 * One kind of deed. A deed is plain JSON that is frozen with its plan: names as the catalogue has them, the value before
 * and the value after. SQL is only ever made from it here, for the card and for the server alike.
 */
export interface DeedKind<D> {
  /** What headroom.yaml must allow. */
  allow(deed: D): AllowedDeed;
  /** How it can be taken back, and by what; without a deed for it nothing does that. */
  undo(deed: D): { readonly kind: 'exact' | 'compensating' | 'none'; readonly by?: D };
  /** A plan that failed takes it back; what only adds, such as an index, stays. Only what is exact. */
  isTakenBack(deed: D): boolean;
  /** It takes something away: less room, fewer connections, rows that are no longer found. */
  isDecrease(deed: D): boolean;
  /** What is sent when nothing of it is done yet, for people to read; a build's parts may differ. */
  statements(deed: D): readonly string[];
  /** What is asked to know how it stands; small and without locks. */
  look(deed: D): readonly Query[];
  /** How it stands, by the answers to those questions. */
  standing(deed: D, answers: Answers): Standing;
  /** What a statement of it that did not end may leave behind, and a look finds: "index a, which cannot be used". */
  leaves?(deed: D): string | undefined;
  /** Plain text, from what to what: "work_mem 4MB → 20MB". */
  words(deed: D): string;
}
