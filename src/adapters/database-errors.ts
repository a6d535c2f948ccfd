// The driver's errors about somebody else's database in our words: what is certain, what may be tried again, and what nobody knows.

import { OperationError } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';

/** SQLSTATE codes of the manual (appendix A) after which nothing was done, and the same may work later. */
const laterCodes: ReadonlyMap<string, string> = new Map([
  ['55P03', 'somebody holds a lock on it; Headroom gives way before others have to wait'],
  ['40001', 'it gave way to another transaction'],
  ['40P01', 'it gave way to another transaction'],
  ['57014', 'it took too long'],
  ['53300', 'the server has no connection left'],
  ['57P03', 'the server is starting up or shutting down'],
]);

/** What people get wrong most, by the codes of Node.js and PostgreSQL. */
const connectWords: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'nobody listens at its host and port'],
  ['ENOTFOUND', 'its host name is not known'],
  ['28P01', 'the server refuses the user or the password'],
  ['28000', 'the server refuses this user'],
  ['3D000', 'the server has no such database'],
]);

/** For whoever lacks a right. */
export const grantsHint = '; `headroom grants` prints what its user needs';

/** The code of Node.js or PostgreSQL; empty where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Why no connection came about, in our words; undefined for a code that has none. */
export function whyNotConnected(code: string): string | undefined {
  return connectWords.get(code) ?? laterCodes.get(code);
}

/** Whether the same may work later, as when somebody holds a lock. */
export function isLater(error: unknown): boolean {
  return laterCodes.has(codeOf(error));
}

/** Whether nobody knows what became of the statement: the connection ended (also by a time of the server), or the server did. */
export function brokenOff(error: unknown): boolean {
  const code = codeOf(error);
  if (/^(57P01|57P02|57P05|25P03|25P04|08...|E(?!RR_)[A-Z_]+|ERR_(STREAM|SSL)_[A-Z_]+)$/.test(code))
    return true;
  return (
    code === '' && error instanceof Error && /connection|timeout|not queryable/i.test(error.message)
  );
}

/** No connection came about: certain, and where the network or the server may be there later, it may work later. */
export function connectProblem(doing: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  // What PgBouncer says of every refusal; it is the server's own sentence and no broken connection.
  if (codeOf(error) === '08P01') {
    const options = { code: 'unavailable', retryable: true, cause: error } as const;
    return new OperationError(`${doing}: ${saidBy(error)}`, options);
  }
  const isFromServer = codeOf(error) !== '' && !codeOf(error).startsWith('ERR_');
  if (isFromServer) return readProblem(doing, error);
  // The driver's own words and those about TLS, such as that there is no password, or no trust in a certificate.
  const retryable = /timeout|terminated/i.test(error.message);
  return new OperationError(`${doing}: ${saidBy(error)}`, {
    code: retryable ? 'unavailable' : 'refused',
    retryable,
    cause: error,
  });
}

/** What the server says about its own objects is shown; it holds no secret of ours. */
function saidBy(error: unknown): string {
  const text = error instanceof Error ? error.message : 'it gave no reason';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

/** A read that failed; bugs stay what they are. */
export function readProblem(doing: string, error: unknown): unknown {
  if (error instanceof OperationError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  const later = laterCodes.get(code);
  if (later !== undefined || brokenOff(error)) {
    const because = later ?? connectWords.get(code) ?? 'the connection broke';
    const options = { code: 'unavailable', retryable: true, cause: error } as const;
    return new OperationError(`${doing}: ${because}`, options);
  }
  if (code === '') return error;
  const words = connectWords.get(code);
  const because = words ?? saidBy(error);
  const hint = code === '42501' ? grantsHint : '';
  return new OperationError(`${doing}: ${because}${hint}`, {
    code: code === '42501' ? 'forbidden' : 'refused',
    retryable: false,
    cause: error,
  });
}

/**
 * A write of which nothing was kept: a no in the server's words.
 * @throws OperationError where the same may work later; a bug as it is.
 */
export function refusalOf(error: unknown): WriteAnswer {
  if (error instanceof OperationError || !(error instanceof Error)) throw error;
  const code = codeOf(error);
  const later = laterCodes.get(code);
  if (later !== undefined || brokenOff(error)) {
    throw new OperationError(
      `the database did not take it: ${later ?? 'the connection broke before'}`,
      {
        code: later === undefined ? 'unavailable' : 'contended',
        retryable: true,
        cause: error,
      },
    );
  }
  if (code === '') throw error;
  const because = saidBy(error);
  return code === '42501'
    ? { kind: 'refused', because: `${because}${grantsHint}`, forbidden: true }
    : { kind: 'refused', because };
}

/** Why a build failed, in the server's words: it may have left something, so it is never simply tried again. */
export function refusalOfBuild(error: unknown): string {
  if (error instanceof OperationError || !(error instanceof Error)) throw error;
  const code = codeOf(error);
  if (code === '') throw error;
  if (code === '57014') return 'somebody ended it on the server';
  return code === '55P03'
    ? 'it waited too long for transactions that use the table'
    : saidBy(error);
}
