// What came of a person's wish about a lease, for the person.

export type LeaseAnswer =
  | { readonly kind: 'extended'; readonly dueAt: Date }
  /** It is decided at once whether it may go back; the answer is in the thread. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'no-such-lease' };
