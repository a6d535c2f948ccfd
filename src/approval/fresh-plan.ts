// What comes of asking for a stopped plan to be drawn afresh, as far as the one who asked can be told at once.

export type FreshPlan =
  /** The command it came from is asked again; its own answer follows. */
  | { readonly kind: 'asked' }
  /** The alerts it came from are looked at again. */
  | { readonly kind: 'alerts'; readonly firing: number }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'no-such-plan' };
