// pino, told what may be written: an error's own words and codes, never a vendor's object with headers in it.

import { pino } from 'pino';
import type { Log } from '../ports.ts';

/** One JSON line a message on standard output, or to `write` where given. */
export function createLog(level: string, write?: (line: string) => void): Log {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: errorFields },
    redact: ['*.token', '*.authorization', '*.password', 'token', 'authorization', 'password'],
  };
  return write === undefined ? pino(options) : pino(options, { write });
}

/** The chain of causes as plain fields; anything else an error carries stays out of the log. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) };
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    const code =
      'code' in cause && (typeof cause.code === 'string' || typeof cause.code === 'number')
        ? ` (${cause.code})`
        : '';
    causes.push(`${cause.name}${code}: ${shortened(cause.message)}`);
  }
  return {
    type: error.name,
    message: shortened(error.message),
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(causes.length > 0 && { causes }),
    // Only the places: the message stands before them, with all its lines.
    stack: error.stack
      ?.split('\n')
      .map((line) => line.trim())
      .filter((line) => line.startsWith('at '))
      .slice(0, 7),
  };
}

/** An API client's message may quote headers, bodies and addresses with passwords; what it is about stands at its beginning. */
function shortened(message: string): string {
  const line = (message.split('\n')[0] ?? '').replace(/\/\/[^/\s]*@/g, '//[redacted]@');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
