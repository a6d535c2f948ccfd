// Asks databases of headroom.yaml and has them do deeds by SQL: one connection for each piece of work, so nothing of one session leaks into the next.

import pg from 'pg';
import type { DatabaseRef } from '../change/change.ts';
import type { SqlWrite } from '../change/write.ts';
import { missingGrants } from '../database/grants.ts';
import type { Answers, Query } from '../database/query.ts';
import { lookOfDeed, neededFor, type SqlDeed, standingOf } from '../database/sql-deed.ts';
import type { Statements } from '../database/standing.ts';
import { OperationError } from '../errors.ts';
import { whyNotInDatabase } from '../plan/allowed-deed.ts';
import type { SecretSource, Systems } from '../plan/system.ts';
import type { DatabaseAddress, Databases, WriteAnswer } from '../ports.ts';
import type { Secret } from '../secret.ts';
import { followBuild } from './database-build.ts';
import { brokenOff, grantsHint, readProblem, refusalOf } from './database-errors.ts';
import { checkSight, grantsForDeed } from './database-rights.ts';
import { refusePooler } from './pooler.ts';
import { waitingClients } from './pooler-console.ts';
import { serverIdentity } from './server-identity.ts';

const connectMs = 5_000;
/** Reads are small; one that is not must not stay. */
const readMs = 5_000;
/** What waits for a lock makes everybody behind it wait, so it gives way before a second has passed. */
const lockMs = 500;
/** Where nobody else waits behind it: autovacuum gives way after a second (deadlock_timeout). */
const patientLockMs = 3_000;
const statementMs = 30_000;
/** A build waits behind transactions without anybody waiting behind it. */
const buildLockMs = 600_000;
/** A build that takes longer is ended; what it left is found and cleaned by the next. */
const buildMs = 12 * 3_600_000;
/** A server that vanished without a word. */
const silenceMs = 45_000;

export interface DatabasesOptions {
  readonly systems: Systems;
  /** @throws OperationError when it is not there. */
  readonly secretOf: (source: SecretSource) => Promise<Secret>;
  /** The system_identifier of the server Headroom keeps its own state on: that one is never changed. */
  readonly ownServer: () => Promise<string>;
}

/** Nothing is connected before it is needed. */
export function createDatabases(options: DatabasesOptions): Databases {
  const { systems } = options;
  return {
    read: (address, queries) =>
      withSession(address, options, 'asking', (session) => readAll(session, address, queries)),
    waitingClients: (address) => waitingClients(address, options),
    write: async (write, writing) => {
      const because = whyNotInDatabase(write, systems);
      if (because !== undefined) {
        throw new OperationError(because, { code: 'refused', retryable: false });
      }
      const { server } = write.database;
      if (server === (await options.ownServer())) {
        return refused(
          'it is the server that Headroom keeps its own state on, which it never changes',
        );
      }
      return withSession(write.database, options, 'changing', (session) =>
        writeOnce(session, write, { ...writing, address: write.database, options }),
      );
    },
  };
}

interface Session {
  readonly client: pg.Client;
  readonly role: string | undefined;
  /** For people: "database main". */
  readonly called: string;
  readonly connectionString: string;
}

async function withSession<T>(
  address: DatabaseAddress,
  { systems, secretOf }: DatabasesOptions,
  doing: string,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const place = systems.get(address.system)?.databases.get(address.name);
  const { standby } = address;
  const source = standby === undefined ? place?.connection : place?.standbys.get(standby);
  const called = `database ${standby === undefined ? address.name : `${address.name}, standby ${standby}`}`;
  if (source === undefined) {
    throw new OperationError(`${doing} ${called}: headroom.yaml names no connection for it`, {
      code: 'refused',
      retryable: false,
    });
  }
  const connectionString = (await secretOf(source)).reveal();
  const client = new pg.Client({
    connectionString,
    connectionTimeoutMillis: connectMs,
    application_name: 'headroom',
    keepAlive: true,
  });
  // A connection that breaks is met by the statement on it; unheard, its error would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (error) {
    throw readProblem(`connecting to ${called}`, error);
  }
  try {
    return await work({ client, role: place?.role, called, connectionString });
  } finally {
    // Whatever became of the work, its answer stands.
    await client.end().catch(() => {});
  }
}

async function readAll(
  { client, called }: Session,
  { server }: DatabaseAddress,
  queries: readonly Query[],
): Promise<Answers> {
  const doing = `asking ${called}`;
  try {
    await client.query('begin isolation level repeatable read read only');
    await settle(client, { local: true, lock: lockMs, statement: readMs });
    await checkSight(client, called);
    if (server !== undefined) await checkServer(client, server, called);
    const answers: Answers[number][] = [];
    for (const query of queries) answers.push(await rows(client, query));
    await client.query('rollback');
    return answers;
  } catch (error) {
    throw readProblem(doing, error);
  }
}

async function rows(
  client: pg.Client,
  { text, values = [], needs }: Query,
): Promise<Answers[number]> {
  if (needs !== undefined) {
    const question = { text: 'select to_regclass($1) is not null as there', values: [needs] };
    const [answer] = await rows(client, question);
    if (answer?.['there'] !== true) return [];
  }
  const config = { text, values: [...values], query_timeout: silenceMs };
  return (await client.query<Record<string, unknown>>(config)).rows;
}

interface Settled {
  readonly local: boolean;
  readonly lock: number;
  readonly statement: number;
}

/** Also through a pooler all of it holds where it is local to the transaction. */
async function settle(client: pg.Client, { local, lock, statement }: Settled): Promise<void> {
  await client.query(
    `select set_config('lock_timeout', $1, $3), set_config('statement_timeout', $2, $3),
            set_config('search_path', 'pg_catalog', $3)`,
    [String(lock), String(statement), local],
  );
}

/**
 * From here on the session is the owner of the tables, so that what it makes belongs to it. It looks before as itself, who
 * may see other sessions; settings are written so as well, and an owner needs no right to either.
 */
async function becomeOwner(
  { client, role }: Session,
  deed: SqlDeed,
  { local }: Pick<Settled, 'local'>,
): Promise<void> {
  if (role === undefined || neededFor(deed) === 'settings') return;
  await client.query('select set_config($1, $2, $3)', ['role', role, local]);
}

/** An address that leads elsewhere by now, such as to a copy of the server, is not the one people agreed on. */
async function checkServer(client: pg.Client, server: string, called: string): Promise<void> {
  const now = await serverIdentity(client);
  if (now !== server) {
    throw new OperationError(
      `${called} is another server than the plan saw (system_identifier ${now} in place of ${server}); draw the plan anew`,
      { code: 'refused', retryable: false },
    );
  }
}

interface Writing {
  readonly dryRun: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (words: string) => Promise<void>;
  readonly address: DatabaseRef;
  readonly options: DatabasesOptions;
}

/** Looks first without any lock: what is done already, or drifted, needs no transaction. */
async function writeOnce(
  session: Session,
  write: SqlWrite,
  writing: Writing,
): Promise<WriteAnswer> {
  const { deed, database } = write;
  const look = lookOfDeed(deed);
  const grants = grantsForDeed(deed, session.role);
  const queries = [...look, ...grants.map(({ query }) => query)];
  const answers = await readAll(session, database, queries);
  const before = standingOf(deed, answers.slice(0, look.length));
  if (before.kind === 'drifted') return refused(before.because);
  if (before.kind !== 'unchanged') return { kind: 'written' };
  // Found out first: the second of two statements may be the one that nobody granted.
  const missing = missingGrants(grants, answers.slice(look.length));
  if (missing.length > 0) {
    return { ...refused(`its user lacks ${missing.join('; ')}${grantsHint}`), forbidden: true };
  }
  return before.write.manner === 'together'
    ? inTransaction(session, write, before.write, writing)
    : oneByOne(session, write, before.write, writing);
}

/** All of it or nothing; how the deed stands is looked at once more under the lock. */
async function inTransaction(
  session: Session,
  { deed }: SqlWrite,
  { lock, isPatient }: Statements,
  { dryRun }: Writing,
): Promise<WriteAnswer> {
  const { client } = session;
  let isCommitting = false;
  try {
    await client.query('begin');
    const firstMs = isPatient ? patientLockMs : lockMs;
    await settle(client, { local: true, lock: firstMs, statement: statementMs });
    if (lock !== undefined) await run(client, lock);
    if (isPatient) await run(client, `set local lock_timeout = ${lockMs}`);
    const answers: Answers[number][] = [];
    for (const query of lookOfDeed(deed)) answers.push(await rows(client, query));
    const standing = standingOf(deed, answers);
    if (standing.kind !== 'unchanged') {
      await client.query('rollback');
      return standing.kind === 'drifted' ? refused(standing.because) : { kind: 'written' };
    }
    await becomeOwner(session, deed, { local: true });
    for (const statement of standing.write.statements) await run(client, statement);
    isCommitting = !dryRun;
    await client.query(dryRun ? 'rollback' : 'commit');
    return { kind: 'written' };
  } catch (error) {
    return isCommitting && brokenOff(error)
      ? { kind: 'unknown', because: 'the connection broke while the database committed it' }
      : refusalOf(error);
  }
}

/** Outside a transaction a statement that is cut off may have been done. */
async function oneByOne(
  session: Session,
  { deed }: SqlWrite,
  { manner, statements }: Statements,
  { dryRun, signal, onProgress }: Writing,
): Promise<WriteAnswer> {
  if (dryRun) return { kind: 'written' };
  const { client, connectionString } = session;
  await refusePooler(connectionString, 'The address of the database');
  const isBuild = manner === 'build';
  let isSent = false;
  try {
    const [lock, statement] = isBuild ? [buildLockMs, 0] : [lockMs, statementMs];
    await settle(client, { local: false, lock, statement });
    await becomeOwner(session, deed, { local: false });
    for (const each of statements) {
      isSent = true;
      if (!isBuild) {
        await run(client, each);
        continue;
      }
      const [at] = await rows(client, { text: 'select pg_backend_pid() as pid' });
      const building = { pid: Number(at?.['pid']), connectionString };
      const cut = await followBuild(building, client.query(each), {
        deadlineMs: buildMs,
        ...(signal && { signal }),
        ...(onProgress && { onProgress }),
      });
      if (cut !== undefined) return { kind: 'unknown', because: cut };
    }
    return { kind: 'written' };
  } catch (error) {
    return isSent && brokenOff(error)
      ? { kind: 'unknown', because: 'the connection broke while the database was at it' }
      : refusalOf(error);
  }
}

async function run(client: pg.Client, text: string): Promise<void> {
  await rows(client, { text });
}

function refused(because: string): Extract<WriteAnswer, { readonly kind: 'refused' }> {
  return { kind: 'refused', because };
}
