// How something that SQL is to do stands in a database, and what would be sent to do it.

/** How statements are sent. */
export type Manner =
  /** In one transaction, in which it is looked once more before: all of it or nothing. */
  | 'together'
  /** One after the other outside any transaction, because the server takes them only so; each is harmless when repeated. */
  | 'alone'
  /** As `alone`, but it may take hours: it has no statement_timeout, its own deadline, and tells how far it is. */
  | 'build';

/** What would be sent, word for word. */
export interface Statements {
  readonly manner: Manner;
  /** Only with `together`: taken first, so that what is looked at in the transaction cannot move any more. */
  readonly lock?: string;
  /**
   * Only with `together`: nobody who reads or writes rows waits behind whoever waits for that lock, so it is waited for
   * until autovacuum gives way.
   */
  readonly isPatient?: true;
  /** Only with `together`: nobody uses what that lock is on, so looking at it may take its time. */
  readonly isUnused?: true;
  readonly statements: readonly string[];
  /** Only with `build`: it writes next to nothing, so it does not wait for standbys that are behind. */
  readonly isLight?: true;
  /** How long one waits for a lock. (Default: half a second; of a build, behind which nobody waits, ten minutes.) */
  readonly lockMs?: number;
  /**
   * How long all of a transaction may take from the first lock that others could queue behind, its waits included
   * (default: 0.9 seconds), or each statement alone (default: 30 seconds).
   */
  readonly statementMs?: number;
  /** More follows: how it stands is looked at after these, and the rest sent, until it is done. */
  readonly isPart?: true;
}

/** Where one deed stands now. */
export type Standing =
  /**
   * Not done: as the plan expects it before. With `begun` it is half done and says how far: a wait goes on, and who was
   * cut off there sends the rest. `leftover` takes away what a build left that did not end, where it is of no use to anybody.
   */
  | {
      readonly kind: 'unchanged';
      readonly write: Statements;
      readonly begun?: string;
      readonly leftover?: readonly Statements[];
      /** What is left after that and is of use, in words. */
      readonly stays?: string;
    }
  /** Done and in effect; `note` says what is still to come, such as a restart. */
  | { readonly kind: 'reached'; readonly note?: string }
  /** The server is at it right now: nothing is sent, who would write it waits for it. */
  | { readonly kind: 'under-way'; readonly progress: string }
  /** Somebody made it something else, or what it is about is gone. */
  | { readonly kind: 'drifted'; readonly because: string };
