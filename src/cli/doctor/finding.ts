// What the doctor finds: fine, broken with the command that mends it, or not known and why.

import { OperationError } from '../../errors.ts';
import { withinTime } from '../../within-time.ts';

export interface Finding {
  readonly what: string;
  readonly state: 'fine' | 'broken' | 'unknown';
  readonly says?: string;
  /** What mends it: a command where there is one. */
  readonly fix?: string;
}

/** What belongs together, such as all about one cluster. */
export interface Part {
  readonly title: string;
  readonly findings: readonly Finding[];
}

export function fine(what: string, says?: string): Finding {
  return { what, state: 'fine', ...(says !== undefined && { says }) };
}

export function broken(what: string, says: string, fix: string): Finding {
  return { what, state: 'broken', says, fix };
}

/** Something could not be looked at; that is said, and is no problem by itself. */
export function unknown(what: string, says: string, fix?: string): Finding {
  return { what, state: 'unknown', says, ...(fix !== undefined && { fix }) };
}

/** A server takes no longer than this over one check, or it is not known. */
const checkMs = 20_000;

/** The findings of one look, which ends in time; trouble outside becomes what is not known. */
export async function look(
  what: string,
  work: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await withinTime(checkMs, work(), () => {
      const message = `no answer within ${checkMs / 1000} s`;
      return new OperationError(message, { code: 'timeout', retryable: true });
    });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return [unknown(what, error.message)];
  }
}
