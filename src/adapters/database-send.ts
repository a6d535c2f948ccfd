// Sends what a deed needs: in one transaction, one after the other, or as a build that is followed and cleaned up after.

import pg from 'pg';
import type { SqlWrite } from '../change/write.ts';
import type { Query } from '../database/query.ts';
import { lookOfDeed, maybeLeft, type SqlDeed, standingOf } from '../database/sql-deed.ts';
import type { Standing, Statements } from '../database/standing.ts';
import type { WriteAnswer } from '../ports.ts';
import { followBuild } from './database-build.ts';
import { closeClient } from './database-client.ts';
import { brokenOff, isLater, refusalOf, refusalOfBuild } from './database-errors.ts';
import type { LagLimits } from './database-lag.ts';
import {
  becomeOwner,
  checkServer,
  type Limits,
  lockMs,
  readAll,
  rollBack,
  rows,
  type Session,
  settle,
  withinAll,
} from './database-session.ts';
import { refusePooler } from './pooler.ts';

/** Where nobody else waits behind it: autovacuum gives way after a second (deadlock_timeout). */
const patientLockMs = 3_000;
/** From the first lock on which others could queue to the last statement, so that nobody waits for a second. */
const togetherMs = 900;
const aloneMs = 30_000;
/** A build waits behind transactions without anybody waiting behind it. */
const buildLockMs = 600_000;
/** A build that takes longer is ended, and what it left is dropped. */
export const buildMs = 12 * 3_600_000;

export interface Writing {
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (words: string) => Promise<void>;
  /** When builds wait for standbys; other than usual in tests. */
  readonly lag?: Partial<LagLimits>;
}

/** How a deed stands, by a look without any lock. */
export async function look(session: Session, { database, deed }: SqlWrite): Promise<Standing> {
  return standingOf(deed, await readAll(session, database, lookOfDeed(deed)));
}

interface Sending {
  readonly write: SqlWrite;
  readonly toSend: Statements;
}

/** Also that it is half done, and that somebody is in the way of the rest. */
export type SendAnswer = WriteAnswer | { readonly kind: 'held'; readonly because: string };

/** What one look found to be needed. */
export async function send(
  session: Session,
  sending: Sending,
  writing: Writing,
): Promise<SendAnswer> {
  switch (sending.toSend.manner) {
    case 'together':
      return inTransaction(session, sending, writing);
    case 'alone':
      return oneByOne(session, sending, writing);
    case 'build':
      return build(session, sending, writing);
  }
}

/** All of it or nothing; how the deed stands is looked at once more under the lock. */
async function inTransaction(
  session: Session,
  { write: { deed, database }, toSend }: Sending,
  { dryRun }: Pick<Writing, 'dryRun'>,
): Promise<WriteAnswer> {
  const { client, called } = session;
  const { lock, isPatient, isUnused } = toSend;
  const limits = limitsOf(toSend);
  let isCommitting = false;
  try {
    // Whatever the role or the database is set to, what is looked at under the lock is what is there then.
    await client.query('begin isolation level read committed');
    const first = isPatient ? patientLockMs : limits.lock;
    await settle(client, { local: true, lock: first, statement: aloneMs });
    // Behind some poolers each transaction may come to another server.
    await checkServer(client, database.server, called);
    const isFree = lock === undefined || isPatient === true || isUnused === true;
    let inTime = isFree ? (query: Query) => rows(client, query) : withinAll(client, limits);
    if (lock !== undefined) await inTime({ text: lock });
    const answers = [];
    for (const query of lookOfDeed(deed)) answers.push(await inTime(query));
    if (isFree) inTime = withinAll(client, limits);
    const standing = standingOf(deed, answers);
    // Under the lock it may turn out to be another part's turn, which the next look finds.
    if (standing.kind !== 'unchanged' || standing.write.manner !== 'together') {
      await client.query('rollback');
      return standing.kind === 'drifted' ? refused(standing.because) : { kind: 'written' };
    }
    await becomeOwner(session, deed, { local: true });
    for (const text of standing.write.statements) await inTime({ text });
    isCommitting = !dryRun;
    await client.query(dryRun ? 'rollback' : 'commit');
    return { kind: 'written' };
  } catch (error) {
    // The next round must not find itself in the middle of this one.
    await rollBack(client, error);
    return isCommitting && brokenOff(error)
      ? { kind: 'unknown', because: 'the connection broke while the database committed it' }
      : refusalOf(error);
  }
}

function limitsOf({ manner, lockMs: lock, statementMs: statement }: Statements): Limits {
  switch (manner) {
    case 'together':
      return { lock: lock ?? lockMs, statement: statement ?? togetherMs };
    case 'alone':
      return { lock: lock ?? lockMs, statement: statement ?? aloneMs };
    case 'build':
      return { lock: lock ?? buildLockMs, statement: 0 };
  }
}

/** Outside a transaction a statement that is cut off, or refused, may have been done or be half done. */
async function oneByOne(
  session: Session,
  { write, toSend }: Sending,
  { dryRun }: Pick<Writing, 'dryRun'>,
): Promise<SendAnswer> {
  if (dryRun) return { kind: 'written' };
  await refusePooler(session.connectionString, 'The address of the database');
  let sent = 0;
  try {
    await asOwner(session, write.deed, toSend, async (client) => {
      for (const each of toSend.statements) {
        sent += 1;
        await run(client, each);
      }
    });
    return { kind: 'written' };
  } catch (error) {
    if (sent === 0) return refusalOf(error);
    if (brokenOff(error)) return brokenOffThere;
    if (!(error instanceof pg.DatabaseError)) return refusalOf(error);
    return afterTrouble(session, write, { error, isFirst: sent === 1 });
  }
}

/** A statement with transactions of its own may have kept the first of them: only a look tells that nothing was written. */
async function afterTrouble(
  session: Session,
  write: SqlWrite,
  { error, isFirst }: { readonly error: pg.DatabaseError; readonly isFirst: boolean },
): Promise<SendAnswer> {
  const standing = await lookAfter(session, write);
  if (standing?.kind === 'reached') return { kind: 'written' };
  const begun = standing?.kind === 'unchanged' ? standing.begun : undefined;
  if (begun !== undefined) {
    return isLater(error)
      ? { kind: 'held', because: begun }
      : { kind: 'unknown', because: `${begun}; then: ${error.message}` };
  }
  if (standing === undefined) {
    const because = `${error.message}; nobody could look after it, and a part of it may be done`;
    return { kind: 'unknown', because };
  }
  return isFirst
    ? refusalOf(error)
    : { kind: 'unknown', because: `a part of it is done, but then: ${error.message}` };
}

const brokenOffThere = {
  kind: 'unknown',
  because: 'the connection broke while the database was at it',
} as const;

/** The looks between are those of the session itself again. */
async function asOwner<T>(
  session: Session,
  deed: SqlDeed,
  toSend: Statements,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { client } = session;
  await settle(client, { local: false, ...limitsOf(toSend) });
  await becomeOwner(session, deed, { local: false });
  try {
    return await work(client);
  } finally {
    await client.query('reset role').catch(() => {});
  }
}

/** As one by one, but followed; what one leaves that failed for good is taken away. */
async function build(
  session: Session,
  { write, toSend }: Sending,
  writing: Writing,
): Promise<WriteAnswer> {
  if (writing.dryRun) return { kind: 'written' };
  const { connectionString } = session;
  await refusePooler(connectionString, 'The address of the database');
  let isSent = false;
  try {
    const cut = await asOwner(session, write.deed, toSend, async (client) => {
      const [at] = await rows(client, { text: 'select pg_backend_pid() as pid' });
      const giveUp = () => void closeClient(client);
      const building = { pid: Number(at?.['pid']), connectionString, giveUp };
      for (const each of toSend.statements) {
        isSent = true;
        const options = { ...writing, deadlineMs: session.buildMs };
        const ended = await followBuild(building, client.query(patient(each)), options);
        if (ended !== undefined) return ended;
      }
      return undefined;
    });
    if (cut?.by === 'stop') return await stopped(session, write);
    if (cut?.by === 'silence') {
      return { kind: 'unknown', because: cut.because + maybeLeft(write.deed) };
    }
    return cut === undefined ? { kind: 'written' } : await cleaned(session, write, cut.because);
  } catch (error) {
    if (!isSent) return refusalOf(error);
    if (brokenOff(error)) {
      return { ...brokenOffThere, because: brokenOffThere.because + maybeLeft(write.deed) };
    }
    return cleaned(session, write, refusalOfBuild(error));
  }
}

/** Whoever follows a build ends it; the usual time in which a server must answer would end it too early. */
function patient(text: string): pg.QueryConfig & { readonly query_timeout: number } {
  return { text, query_timeout: 2 * buildMs };
}

/** Only what a look says is left over is dropped, so never what somebody else has made meanwhile. */
export async function cleaned(
  session: Session,
  write: SqlWrite,
  refusal: string,
): Promise<WriteAnswer> {
  const standing = await lookAfter(session, write);
  if (standing === undefined) {
    return refused(`${refusal}; nobody could look after it${maybeLeft(write.deed)}`);
  }
  if (standing.kind === 'reached') return { kind: 'written' };
  const { leftover = [], stays } = standing.kind === 'unchanged' ? standing : {};
  const rest = stays === undefined ? '' : `; ${stays}`;
  const partly = stays === undefined ? {} : { partly: true as const };
  try {
    for (const toSend of leftover) {
      await asOwner(session, write.deed, toSend, async (client) => {
        for (const each of toSend.statements) await client.query(patient(each));
      });
    }
    const because = leftover.length === 0 ? refusal : `${refusal}; what it left is dropped`;
    return { ...refused(because + rest), ...partly };
  } catch {
    const because = `${refusal}; what it left is still there, and the next attempt drops it`;
    return { ...refused(because + rest), partly: true };
  }
}

/** What is left is for the next process to find; here it is only told. */
export async function stopped(session: Session, write: SqlWrite): Promise<WriteAnswer> {
  const because = 'Headroom was stopped while the database was at it';
  const standing = await lookAfter(session, write);
  if (standing === undefined) return { kind: 'unknown', because: because + maybeLeft(write.deed) };
  const begun = standing.kind === 'unchanged' ? standing.begun : undefined;
  return { kind: 'unknown', because: begun === undefined ? because : `${because}; ${begun}` };
}

/** Undefined when the server cannot be asked either, such as when it is gone. */
function lookAfter(session: Session, write: SqlWrite): Promise<Standing | undefined> {
  return look(session, write).catch(() => undefined);
}

async function run(client: pg.Client, text: string): Promise<void> {
  await rows(client, { text });
}

export type Refusal = Extract<WriteAnswer, { readonly kind: 'refused' }>;

export function refused(because: string): Refusal {
  return { kind: 'refused', because };
}
