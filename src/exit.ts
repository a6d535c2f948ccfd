// How a command ends: with which code and which words; only a bug shows a stack.

import { CommanderError } from 'commander';
import { MigrationError } from './adapters/migrate.ts';
import { OperationError } from './errors.ts';

/** Ends with this code: 1 something failed, 2 the command was misused. */
export class Exit extends Error {
  readonly code: 1 | 2;
  constructor(code: 1 | 2, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The exit code for an error, and what goes to standard error. */
export function endOf(error: unknown): { readonly code: number; readonly words: string } {
  // Commander has written its own words already.
  if (error instanceof CommanderError) return { code: error.exitCode === 0 ? 0 : 2, words: '' };
  if (error instanceof Exit) return { code: error.code, words: `${error.message}\n` };
  if (error instanceof OperationError || error instanceof MigrationError) {
    return { code: 1, words: `${error.message}\n` };
  }
  const listening = listenWords(error);
  if (listening !== undefined) return { code: 1, words: `${listening}\n` };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 1, words: `Headroom met a bug:\n${stack}\n` };
}

function listenWords(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'port' in error)) return undefined;
  if (!('syscall' in error && error.syscall === 'listen')) return undefined;
  switch (error.code) {
    case 'EADDRINUSE':
      return `PORT or SLACK_PORT: ${String(error.port)} is taken by another program`;
    case 'EACCES':
      return `PORT or SLACK_PORT: ${String(error.port)} may not be used by this user`;
    default:
      return `HOST, PORT or SLACK_PORT: listening fails (${String(error.code)})`;
  }
}
