// The facts of a database that procedures ask for, each by the one question that answers it.

import {
  cacheHitPercent,
  connectionsNow,
  countersNow,
  type HealthRead,
  indexBuilds,
  invalidIndexes,
  replayNow,
  type StandbyNow,
  serverNow,
  settingsPending,
  standbysNow,
} from './health.ts';
import type { Answers, Query } from './query.ts';

/** Facts that SQL answers. */
export const sqlFacts = [
  'database-is-primary',
  'max-connections',
  'connections-used-percent',
  'streaming-replicas',
  'replication-lag-seconds',
  'cache-hit-percent',
  'invalid-indexes',
  'index-builds',
  'settings-pending-restart',
] as const;

export type SqlFact = (typeof sqlFacts)[number];

/** A number, or why there is none. */
export type FactNumber = number | { readonly because: string };

interface FactRead {
  readonly queries: readonly Query[];
  value(answers: Answers): FactNumber;
}

function one<T>(read: HealthRead<T>, value: (now: T) => FactNumber): FactRead {
  return { queries: [read.query], value: ([rows = []]) => value(read.read(rows)) };
}

const reads: Readonly<Record<SqlFact, FactRead>> = {
  'database-is-primary': one(serverNow, ({ isStandby }) => (isStandby ? 0 : 1)),
  'max-connections': one(serverNow, ({ maxConnections }) => maxConnections),
  'connections-used-percent': {
    queries: [serverNow.query, connectionsNow.query],
    value: ([server = [], connections = []]) =>
      (100 * connectionsNow.read(connections).used) / serverNow.read(server).maxConnections,
  },
  'streaming-replicas': one(standbysNow, streamingOf),
  'replication-lag-seconds': {
    queries: [replayNow.query, standbysNow.query],
    value: ([own = [], others = []]) => {
      const replay = replayNow.read(own);
      if (replay === undefined) return worstLag(standbysNow.read(others));
      if (!replay.isReceiving) return { because: 'this standby is not connected to its primary' };
      return replay.lagSeconds ?? { because: 'this standby has replayed nothing yet' };
    },
  },
  'cache-hit-percent': one(
    countersNow,
    (counters) => cacheHitPercent(counters) ?? { because: 'nothing was read yet' },
  ),
  'invalid-indexes': one(invalidIndexes, (names) => names.length),
  'index-builds': one(indexBuilds, (count) => count),
  'settings-pending-restart': one(settingsPending, (names) => names.length),
};

/** What is asked for a fact. */
export function questionsOfFact(fact: SqlFact): readonly Query[] {
  return reads[fact].queries;
}

/** The fact, by the answers to those questions. */
export function factOf(fact: SqlFact, answers: Answers): FactNumber {
  return reads[fact].value(answers);
}

function streamingOf(standbys: readonly StandbyNow[]): FactNumber {
  const isHidden = standbys.some(({ state }) => state === undefined);
  if (isHidden) return { because: `the role may not see who streams: ${needsMonitor}` };
  return standbys.filter(({ state }) => state === 'streaming').length;
}

/** Of the standby that is furthest behind; one whose lag is not known may be any, and so may one that catches up. */
function worstLag(standbys: readonly StandbyNow[]): FactNumber {
  if (standbys.length === 0) return { because: 'no standby receives anything from this server' };
  const unknown = standbys.find(
    ({ state, lagSeconds }) => lagSeconds === undefined || state === 'catchup',
  );
  if (unknown !== undefined) {
    return unknown.state === undefined
      ? { because: `the role may not see how far standbys are: ${needsMonitor}` }
      : { because: `${unknown.name} has not said yet how far it is (${unknown.state})` };
  }
  return Math.max(...standbys.map(({ lagSeconds = 0 }) => lagSeconds));
}

/** What to do about it. */
const needsMonitor = 'grant it pg_monitor';
