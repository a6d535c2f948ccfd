// Does a deed on one connection: looks how it stands, sends what that needs, and looks again until it is done.

import { setTimeout as pause } from 'node:timers/promises';
import type { SqlWrite } from '../change/write.ts';
import { missingGrants } from '../database/grants.ts';
import { lookOfDeed, standingOf } from '../database/sql-deed.ts';
import type { Standing } from '../database/standing.ts';
import { OperationError } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';
import { brokenOff, grantsHint } from './database-errors.ts';
import { type Brake, lagBrake } from './database-lag.ts';
import { grantsForDeed } from './database-rights.ts';
import {
  buildMs,
  cleaned,
  look,
  type Refusal,
  refused,
  type SendAnswer,
  send,
  stopped,
  type Writing,
} from './database-send.ts';
import { readAll, type Session } from './database-session.ts';

/** How often it is looked whether somebody's work has ended. */
const waitMs = 2_000;
/** In the middle of a deed a lock that is taken is asked for again, about so often. */
const contendedMax = 20;
const contendedMs = 1_000;

/** What is half done stays so for as long as somebody's transactions are in the way: nobody waits behind that. */
const heldMs = 600_000;

/** What is known after one round; `go-on` when there is more to do, `held` when somebody is in the way of it. */
type Round = SendAnswer | { readonly kind: 'go-on'; readonly isSent: boolean };

/**
 * The first look is without any lock: what is done already, or drifted, needs no transaction. Once something was sent,
 * trouble means that nobody knows how far it came, which is found out by looking.
 * @throws OperationError while nothing was sent.
 */
export async function writeDeed(
  session: Session,
  write: SqlWrite,
  given: Writing,
): Promise<WriteAnswer> {
  const writing = { ...given, ...onlyNews(given) };
  const begin = Date.now();
  const until = begin + buildMs;
  const brake = lagBrake(session, write, writing);
  let isSent = false;
  let contended = 0;
  let last: string | undefined;
  for (;;) {
    if (isSent && writing.signal?.aborted) return stopped(session, write);
    try {
      const standing = isSent ? await look(session, write) : await firstLook(session, write);
      if (standing.kind === 'refused') return standing;
      const text = JSON.stringify(standing.kind === 'unchanged' ? standing.write : undefined);
      // What was sent and taken, and is still to be sent, has no effect: whoever verifies it says so.
      if (text !== undefined && text === last) return { kind: 'written' };
      const answer = await oneRound(session, { write, standing, until, brake }, writing);
      if (answer.kind === 'held') {
        isSent = true;
        const because = `${answer.because}; somebody's transactions are in the way of the rest`;
        await writing.onProgress?.(because);
        if (Date.now() > begin + heldMs) return { kind: 'unknown', because: because + later };
        await pause(contendedMs, undefined, { signal: writing.signal }).catch(() => {});
        continue;
      }
      // A build looks itself after what it left; what was sent before another statement that is refused is left as well.
      const isLeft = isSent && answer.kind === 'refused' && standing.kind === 'unchanged';
      if (isLeft && standing.write.manner !== 'build') {
        return await cleaned(session, write, answer.because);
      }
      if (answer.kind !== 'go-on') return answer;
      isSent ||= answer.isSent;
      last = answer.isSent ? text : undefined;
      contended = 0;
    } catch (error) {
      if (!isSent || !(error instanceof OperationError)) throw error;
      contended += 1;
      const because = `${error.message}; what was done of it stays, and the rest follows`;
      // Nothing is heard on a connection that broke, however often it is asked.
      const isOver = !error.retryable || brokenOff(error.cause) || contended > contendedMax;
      if (isOver) return { kind: 'unknown', because };
      await writing.onProgress?.(error.message);
      await pause(contendedMs, undefined, { signal: writing.signal }).catch(() => {});
    }
  }
}

const later = ', for minutes now; end them, and the next attempt or plan finishes it';

/** People are told what has changed since they were told last. */
function onlyNews({ onProgress }: Writing): Pick<Writing, 'onProgress'> {
  if (onProgress === undefined) return {};
  let last: string | undefined;
  return {
    onProgress: async (words) => {
      if (words === last) return;
      last = words;
      await onProgress(words);
    },
  };
}

const recovery = { text: 'select pg_is_in_recovery() as standby' };

/** What nobody granted is found out first: the second of two statements may be the one that lacks it. */
async function firstLook(
  session: Session,
  { database, deed }: SqlWrite,
): Promise<Standing | Refusal> {
  const own = lookOfDeed(deed);
  const grants = grantsForDeed(deed, session.role);
  const queries = [...own, ...grants.map(({ query }) => query), recovery];
  const answers = await readAll(session, database, queries);
  // ALTER SYSTEM works on a standby as well, which may have what was the primary's address since a failover.
  const isStandby = answers.at(-1)?.[0]?.['standby'] === true;
  if (isStandby !== (database.standby !== undefined)) {
    return refused(
      `${session.called} is ${isStandby ? 'a standby' : 'the primary'} by now; draw the plan anew`,
    );
  }
  const standing = standingOf(deed, answers.slice(0, own.length));
  const missing = missingGrants(grants, answers.slice(own.length, -1));
  return standing.kind === 'unchanged' && missing.length > 0
    ? { ...refused(`its user lacks ${missing.join('; ')}${grantsHint}`), forbidden: true }
    : standing;
}

interface AtHand {
  readonly write: SqlWrite;
  readonly standing: Standing;
  readonly until: number;
  readonly brake: Brake;
}

async function oneRound(
  session: Session,
  { write, standing, until, brake }: AtHand,
  writing: Writing,
): Promise<Round> {
  switch (standing.kind) {
    case 'drifted':
      return refused(standing.because);
    case 'reached':
      return { kind: 'written' };
    case 'under-way': {
      if (writing.dryRun) return { kind: 'written' };
      await writing.onProgress?.(standing.progress);
      await pause(waitMs, undefined, { signal: writing.signal }).catch(() => {});
      if (writing.signal?.aborted) return stopped(session, write);
      return Date.now() > until
        ? refused(`${standing.progress}, for hours now; look at it yourself`)
        : { kind: 'go-on', isSent: false };
    }
    case 'unchanged': {
      const { write: toSend, begun } = standing;
      const told = { ...writing, ...prefixed(begun, writing) };
      if (toSend.manner === 'build' && toSend.isLight !== true && !writing.dryRun) {
        const braked = await brake(told.onProgress);
        // What an earlier part or process left half done is of no use, so it is taken away as after a build that failed.
        if (braked.kind === 'refused') return cleaned(session, write, braked.because);
        if (braked.kind === 'waited') return { kind: 'go-on', isSent: false };
      }
      const answer = await send(session, { write, toSend }, told);
      const goesOn = answer.kind === 'written' && toSend.isPart === true && !writing.dryRun;
      return goesOn ? { kind: 'go-on', isSent: true } : answer;
    }
  }
}

function prefixed(begun: string | undefined, { onProgress }: Writing): Pick<Writing, 'onProgress'> {
  return begun === undefined || onProgress === undefined
    ? {}
    : { onProgress: (words) => onProgress(`${begun}; ${words}`) };
}
