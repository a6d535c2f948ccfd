// A text that must never be seen: it prints as [redacted] everywhere and is compared in constant time.
import { createHash, timingSafeEqual } from 'node:crypto';

const REDACTED = '[redacted]';

/** Holds a secret; only `reveal` gives it away, so every use can be found by that name. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The secret itself: for the one call that needs it, never for a message, a log or an error. */
  reveal(): string {
    return this.#value;
  }

  /** Whether `candidate` is the secret; takes the same time wherever the two differ. */
  matches(candidate: string): boolean {
    return timingSafeEqual(digest(this.#value), digest(candidate));
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return REDACTED;
  }
}

/** Whether `candidate` is one of the secrets; all are compared, so the time does not tell which one it was. */
export function matchesAny(secrets: readonly Secret[], candidate: string): boolean {
  let found = false;
  for (const secret of secrets) found = secret.matches(candidate) || found;
  return found;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
