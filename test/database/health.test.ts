// What the answers of a server come to where one real server cannot show it: standbys, lag, hidden sessions, levels.

import { describe, expect, it } from 'vitest';
import { factOf } from '../../src/database/fact-reads.ts';
import {
  cacheHitPercent,
  oldestTransactions,
  replayNow,
  standbysNow,
  transactionsPerSecond,
} from '../../src/database/health.ts';
import { levelOf } from '../../src/database/health-levels.ts';

const east = { name: 'east', state: 'streaming', sync: 'async', seconds: 4, bytes: 4096 };
const west = { name: 'west', state: 'streaming', sync: 'sync', seconds: null, bytes: 0 };
const hidden = { name: 'east', state: null, sync: null, seconds: null, bytes: null };
const own = { receiving: true, seconds: 900, bytes: 0 };

describe('the lag', () => {
  it.each([
    ['is that of the standby furthest behind', [], [east, west], 4],
    ['is nothing where all is replayed and no time is reported any more', [], [west], 0],
    [
      'is nothing where all is replayed and the last time is still shown',
      [],
      [{ ...east, bytes: 0 }],
      0,
    ],
    ['of a standby that has caught up is nothing, however old its last transaction', [own], [], 0],
    ['of a standby that replays is its own', [{ ...own, bytes: 10 }], [], 900],
  ])('%s', (_, standby, standbys, seconds) => {
    expect(factOf('replication-lag-seconds', [standby, standbys])).toBe(seconds);
  });

  it.each([
    ['no standby receives', [], []],
    ['grant it pg_monitor', [], [hidden]],
    ['west has not said yet', [], [east, { ...west, bytes: 8 }]],
    ['has not said yet how far it is (catchup)', [], [west, { ...east, state: 'catchup' }]],
    ['not connected to its primary', [{ ...own, receiving: false }], []],
    ['replayed nothing yet', [{ ...own, bytes: null, seconds: null }], []],
  ])('is not known: %s', (because, standby, standbys) => {
    expect(factOf('replication-lag-seconds', [standby, standbys])).toMatchObject({
      because: expect.stringContaining(because),
    });
  });

  it('is told in bytes as well', () => {
    expect(standbysNow.read([east])).toEqual([
      { name: 'east', state: 'streaming', sync: 'async', lagSeconds: 4, lagBytes: 4096 },
    ]);
    expect(replayNow.read([{ ...own, bytes: 10 }])).toMatchObject({ lagBytes: 10 });
    expect(replayNow.read([])).toBeUndefined();
  });
});

it('counts only replicas that stream, and none where that is not shown', () => {
  const catchup = { ...east, state: 'catchup' };
  expect(factOf('streaming-replicas', [[west, catchup]])).toBe(1);
  expect(factOf('streaming-replicas', [[hidden]])).toMatchObject({
    because: expect.stringContaining('pg_monitor'),
  });
});

it('a rate needs two readings of the same counting', () => {
  const reading = { hits: 0, reads: 0, transactions: 100, atSeconds: 10 };
  const later = { ...reading, transactions: 150, atSeconds: 12 };
  expect(transactionsPerSecond(reading, later)).toBe(25);
  expect(transactionsPerSecond(later, reading)).toBeUndefined();
  expect(transactionsPerSecond(reading, { ...later, transactions: 3 })).toBeUndefined();
  expect(cacheHitPercent(reading)).toBeUndefined();
  expect(cacheHitPercent({ ...reading, hits: 9, reads: 1 })).toBe(90);
});

it('a transaction without a role is somebody’s all the same', () => {
  const row = { role: null, application: null, state: 'prepared', seconds: 12 };
  expect(oldestTransactions.read([row])).toEqual([
    { role: 'somebody', application: 'without a name', state: 'prepared', seconds: 12 },
  ]);
});

it.each([
  ['connections-used-percent', 69.9, 70, 85],
  ['replication-lag-seconds', 9, 10, 60],
  ['cache-hit-percent', 99, 90, 80],
  ['transactions-per-second', 999, 1000, 2000],
] as const)('%s has the levels of the guides', (what, fine, warning, critical) => {
  expect([fine, warning, critical].map((value) => levelOf(what, value))).toEqual([
    'ok',
    'warning',
    'critical',
  ]);
});
