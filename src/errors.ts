// The kinds of failure that are thrown: trouble outside (OperationError) and bugs (assert). A "no" is a value, never thrown.

/** Every reason an outside operation can fail with; also the label of the metric that counts them. */
export type TroubleCode =
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  | 'refused'
  | 'bad-answer'
  | 'unavailable'
  /** Somebody else was faster; the same again is likely to work. */
  | 'contended';

/**
 * The outside failed. The adapter makes one, once, from the vendor's error; `message` says what was being done.
 * `retryable` means that trying the same again later can succeed and cannot do harm.
 */
export class OperationError extends Error {
  readonly code: TroubleCode;
  readonly retryable: boolean;
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    doing: string,
    options: {
      readonly code: TroubleCode;
      readonly retryable: boolean;
      readonly cause?: unknown;
      readonly retryAfterMs?: number;
    },
  ) {
    super(doing, { cause: options.cause });
    this.name = 'OperationError';
    this.code = options.code;
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Stops the program's current work when something that cannot be, is. */
export function assert(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`This cannot be: ${claim}`);
}

/** Marks a branch that the types say is never taken. */
export function unreachable(value: never): never {
  throw new Error(`This cannot be: unexpected ${JSON.stringify(value)}`);
}

/** The words a person may see about an error: what was being done, never a vendor's text or a stack. */
export function describeError(error: unknown): string {
  return error instanceof OperationError
    ? error.message
    : 'Something went wrong inside Headroom; its log has the details.';
}
