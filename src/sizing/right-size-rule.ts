// By which rule a container is sized from its use, so that a profile can state what its guide asks for.
import { rightSize } from '../profile/schema/right-size.ts';

/** How use becomes a size. A profile's rule overrides single parts of the default one. */
export interface RightSizeRule {
  /** The figure of use the rule looks at. */
  readonly percentile: 50 | 95 | 99;
  /** What the figure is multiplied by; also the room above the largest memory seen. At least 1. */
  readonly margin: number;
  /** When set, the request is the figure divided by this share instead of multiplied by the margin. Above 0, at most 1. */
  readonly utilisationTarget?: number | undefined;
  /** Use below this share is too little. */
  readonly lowerBelow: number;
  /** What `lowerBelow` is a share of; without a limit it is the request. */
  readonly lowerOf: 'limit' | 'request';
  /** Use above this share of the request is too much. */
  readonly raiseAbove: number;
  /** A limit is the request times this. (Default: the present ratio of limit to request.) */
  readonly limitFactor?:
    | { readonly cpu?: number | undefined; readonly memory?: number | undefined }
    | undefined;
  /** Where the rule stands, shown beside its numbers. */
  readonly source: string;
}

/** The 95th percentile and a fifth, below 60 % of the limit less, above 80 % of the request more, over 14 days. */
export const usualRule = rightSize.parse({ source: 'usual rule: p95 + 20 %' });

/** Less use than this of the samples there could be, or of a shorter window, never makes anything smaller. */
export const evidence = {
  samplesShareMin: 0.8,
  /** A week holds the busy and the quiet days. */
  windowMsMin: 7 * 24 * 3_600_000,
} as const;

/** A request that would shrink by less than this share is left alone: a rollout costs more than it saves. */
export const worthwhileShare = 0.1;

/** No request goes below: the kernel hands out CPU in pieces of 10 millicores, and runtimes refuse limits of a few Mi. */
export const smallest = { cpu: 10, memory: 16 } as const;
