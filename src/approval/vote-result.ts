// What came of a vote, for the person who cast it.

export type VoteResult =
  /** `starts` is false where a person carries the change out by hand; `heldBy` says which stop makes it wait. */
  | { readonly kind: 'approved'; readonly starts: boolean; readonly heldBy?: string }
  | { readonly kind: 'counted'; readonly because: string }
  | { readonly kind: 'denied' }
  | { readonly kind: 'already-voted' }
  | { readonly kind: 'reason-needed' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'no-such-plan' };
