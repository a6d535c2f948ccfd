// Looks how the databases of a system fare, for people who ask now: what does not answer in time is said to be unknown.

import {
  connectionsNow,
  countersNow,
  invalidIndexes,
  oldestTransactions,
  replayNow,
  serverNow,
  settingsPending,
  standbysNow,
  transactionsPerSecond,
} from '../database/health.ts';
import type { DatabaseHealth, DatabaseSeen, Known } from '../database/health-lines.ts';
import type { Answers } from '../database/query.ts';
import { sizesNow } from '../database/sizes.ts';
import { OperationError } from '../errors.ts';
import { operatorOf } from '../plan/resolve-look.ts';
import type { DatabasePlace, System } from '../plan/system.ts';
import type { DatabaseAddress } from '../ports.ts';
import { limits } from './limits.ts';
import { backupAge } from './measure-fact.ts';
import type { Parts } from './parts.ts';

type Asking = Pick<Parts, 'databases' | 'clusters' | 'clock'>;

/** All at once, and none holds the others up; never throws for trouble with one. */
export function lookAtHealth(system: System, parts: Asking): Promise<readonly DatabaseSeen[]> {
  return Promise.all(
    [...system.databases].map(async ([name, place]): Promise<DatabaseSeen> => {
      if (place.connection === undefined) {
        return { kind: 'unseen', name, because: 'headroom.yaml names no connection for it' };
      }
      const looked = await lookAtOne({ system: system.id, name }, { system, place }, parts);
      return 'because' in looked
        ? { kind: 'unseen', name, because: looked.because }
        : { kind: 'seen', name, health: looked };
    }),
  );
}

interface Where {
  readonly system: System;
  readonly place: DatabasePlace;
}

async function lookAtOne(
  address: DatabaseAddress,
  where: Where,
  parts: Asking,
): Promise<DatabaseHealth | { readonly because: string }> {
  const { databases, clock } = parts;
  const over = new AbortController();
  const until = clock.sleep(limits.healthMs, over.signal);
  try {
    const [first, backupHours] = await Promise.all([
      inTime(databases.read(address, queries), until),
      backupOf(where, until, parts),
    ]);
    if (first.kind === 'missing') return first;
    const counters = countersNow.read(first.value[4] ?? []);
    return {
      ...healthBy(first.value),
      counters,
      transactionsPerSecond: await rateSince(counters, { address, until }, parts),
      backupHours,
    };
  } finally {
    over.abort();
  }
}

const queries = [
  serverNow,
  connectionsNow,
  standbysNow,
  replayNow,
  countersNow,
  oldestTransactions,
  invalidIndexes,
  settingsPending,
  sizesNow,
].map(({ query }) => query);

function healthBy([
  server = [],
  connections = [],
  standbys = [],
  replay = [],
  ,
  transactions = [],
  invalid = [],
  pending = [],
  sizes = [],
]: Answers) {
  return {
    server: serverNow.read(server),
    connections: connectionsNow.read(connections),
    standbys: standbysNow.read(standbys),
    replay: replayNow.read(replay),
    transactions: oldestTransactions.read(transactions),
    invalidIndexes: invalidIndexes.read(invalid),
    settingsPending: settingsPending.read(pending),
    sizes: sizesNow.read(sizes),
  };
}

/** A rate is two readings apart: the counters alone would tell of months. */
async function rateSince(
  earlier: ReturnType<typeof countersNow.read>,
  { address, until }: { readonly address: DatabaseAddress; readonly until: Promise<void> },
  { databases, clock }: Asking,
): Promise<Known> {
  await Promise.race([clock.sleep(limits.rateMs), until]);
  const again = await inTime(databases.read(address, [countersNow.query]), until);
  if (again.kind === 'missing') return again;
  const rate = transactionsPerSecond(earlier, countersNow.read(again.value[0] ?? []));
  return rate === undefined
    ? { kind: 'missing', because: 'its counters began anew' }
    : { kind: 'value', value: rate };
}

async function backupOf(
  { system, place }: Where,
  until: Promise<void>,
  parts: Asking,
): Promise<Known> {
  const operator = operatorOf(place, system);
  if (operator === undefined) {
    return { kind: 'missing', because: 'only CloudNativePG says, and it is none' };
  }
  const answer = await inTime(backupAge(operator, parts), until);
  return answer.kind === 'missing' ? answer : answer.value;
}

/** What is asked of a server that hangs is left behind: its own deadline ends it. */
async function inTime<T>(
  asking: Promise<T>,
  until: Promise<void>,
): Promise<
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'missing'; readonly because: string }
> {
  const asked = asking.then(
    (value) => ({ kind: 'value', value }) as const,
    (error: unknown) => {
      if (!(error instanceof OperationError)) throw error;
      return { kind: 'missing', because: error.message } as const;
    },
  );
  const late = until.then(
    () =>
      ({
        kind: 'missing',
        because: `it did not answer within ${limits.healthMs / 1000} s`,
      }) as const,
  );
  return Promise.race([asked, late]);
}
