// What comes of asking for something under an ended plan, as far as the one who asked can be told at once.

/** To be drawn once more from what is there now, or to be taken back. */
export type EndedWish = 'fresh' | 'revert';

export type EndedAsk =
  /** It is asked for as a command is; that one's own answer follows. */
  | { readonly kind: 'asked' }
  /** The alerts it came from are looked at again. */
  | { readonly kind: 'alerts'; readonly firing: number }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'no-such-plan' };
