// Holds back what writes much while a standby is far behind: its primary would put it further behind still.

import { setTimeout as pause } from 'node:timers/promises';
import type { SqlWrite } from '../change/write.ts';
import { standbysNow } from '../database/health.ts';
import { criticalAt } from '../database/health-levels.ts';
import { brakeWords, gaveUpWords, lagNow } from '../database/lag-brake.ts';
import { OperationError } from '../errors.ts';
import { grantsHint } from './database-errors.ts';
import { type Refusal, refused, type Writing } from './database-send.ts';
import { readAll, type Session } from './database-session.ts';

/** When a build waits for standbys. */
export interface LagLimits {
  /** From how far behind on. (Default: what the guides call critical) */
  readonly seconds: number;
  /** How long it waits. (Default: half an hour) */
  readonly patienceMs: number;
  readonly lookEveryMs: number;
}

const usual: LagLimits = {
  seconds: criticalAt('replication-lag-seconds'),
  patienceMs: 30 * 60_000,
  lookEveryMs: 5_000,
};

/** The seconds change with each look, and nobody needs to read each of them. */
const tellEveryMs = 30_000;

/** `clear` where nothing was in the way; `waited` where it is to be looked anew, because that took its time. */
type Braked = { readonly kind: 'clear' | 'waited' } | Refusal;

/** Asked before each build. @throws OperationError when nobody can look, or Headroom is stopped meanwhile. */
export type Brake = (onProgress: Writing['onProgress']) => Promise<Braked>;

/** Made once for a deed: what comes and goes before one build is waited for no longer than what stays. */
export function lagBrake(
  session: Session,
  { database }: SqlWrite,
  { signal, lag }: Pick<Writing, 'signal' | 'lag'>,
): Brake {
  const { seconds: limit, patienceMs, lookEveryMs } = { ...usual, ...lag };
  let leftMs = patienceMs;
  return async (onProgress) => {
    const begun = Date.now();
    let toldAt: number | undefined;
    for (;;) {
      const [rows = []] = await readAll(session, database, [standbysNow.query]);
      const now = lagNow(standbysNow.read(rows), limit);
      if (now.kind === 'unseen') return refused(now.because + grantsHint);
      const waitedMs = Date.now() - begun;
      if (now.kind === 'clear') {
        if (toldAt === undefined) {
          leftMs = patienceMs;
          return { kind: 'clear' };
        }
        leftMs -= waitedMs;
        return { kind: 'waited' };
      }
      const words = { who: now.who, limit, since: new Date(begun) };
      if (waitedMs >= leftMs) {
        return refused(gaveUpWords({ ...words, minutes: Math.round(patienceMs / 60_000) }));
      }
      if (toldAt === undefined || Date.now() >= toldAt + tellEveryMs) {
        toldAt = Date.now();
        await onProgress?.(brakeWords(words));
      }
      await pause(lookEveryMs, undefined, { signal }).catch(() => {});
      if (signal?.aborted) {
        throw new OperationError('Headroom was stopped before it was begun', {
          code: 'unavailable',
          retryable: true,
        });
      }
    }
  };
}
