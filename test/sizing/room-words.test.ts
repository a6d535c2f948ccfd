// How room is told: everything to somebody who asks, and on a card only what keeps pods from starting.

import { describe, expect, it } from 'vitest';
import type { QuotaStop } from '../../src/sizing/quota.ts';
import { type NodeRoom, type Room, roomFor } from '../../src/sizing/room.ts';
import { quotaWords, roomLines, roomShortage } from '../../src/sizing/room-words.ts';
import { gi, makeNodes, makeRoomFacts, makeShape, makeWanted } from './room-samples.ts';

const nodes: NodeRoom = {
  fits: [{ component: 'worker', wanted: 9, fits: 9 }],
  freeCpuPercent: 34,
  freeMemoryPercent: 41,
  nodes: 3,
  closedNodes: 0,
  waiting: 0,
  grows: false,
};
const room = (over: Partial<NodeRoom> = {}, rest: Partial<Room> = {}): Room => ({
  nodes: { kind: 'known', value: { ...nodes, ...over } },
  stops: [],
  tooLarge: [],
  unknown: [],
  unread: [],
  ...rest,
});
const fits = (wanted: number, fit: number) => ({
  fits: [{ component: 'worker', wanted, fits: fit }],
});
const cpu: QuotaStop = {
  quota: 'team-a',
  resource: 'requests.cpu',
  used: 18_000,
  hard: 20_000,
  wanted: 6_000,
  lets: 1,
};
const unknown = (because: string): Room =>
  room({}, { nodes: { kind: 'unknown', because }, unknown: [because] });

describe('somebody who asks is told', () => {
  it.each<readonly [string, Partial<NodeRoom>, string]>([
    ['that all fit', {}, 'Room: 9 of 9 pods fit; afterwards 34 % CPU and 41 % memory are free'],
    [
      'of one pod',
      fits(1, 1),
      'Room: 1 of 1 pod fits; afterwards 34 % CPU and 41 % memory are free',
    ],
    [
      'that none is wanted',
      fits(0, 0),
      'Room: no more pods are wanted; 34 % CPU and 41 % memory are free',
    ],
    [
      'that too little stays free',
      { freeCpuPercent: 19 },
      'Room: 9 of 9 pods fit; afterwards 19 % CPU and 41 % memory are free, less than the 20 % to keep',
    ],
    [
      'that some wait',
      fits(9, 4),
      'Room: 4 of 9 pods fit; afterwards 34 % CPU and 41 % memory are free; the others stay Pending until there is room',
    ],
    [
      'that nodes will come',
      { ...fits(9, 4), grows: true },
      'Room: 4 of 9 pods fit; afterwards 34 % CPU and 41 % memory are free; nodes are added there when pods wait, so a few minutes Pending are normal',
    ],
    [
      'which of several wait',
      {
        fits: [
          { component: 'worker', wanted: 6, fits: 3 },
          { component: 'api', wanted: 3, fits: 3 },
          { component: 'other', wanted: 0, fits: 0 },
        ],
      },
      'Room: 6 of 9 pods fit (worker 3 of 6, api 3 of 3); afterwards 34 % CPU and 41 % memory are free; the others stay Pending until there is room',
    ],
    [
      'who waits already, and which nodes are closed',
      { waiting: 2, closedNodes: 1 },
      'Room: 9 of 9 pods fit; afterwards 34 % CPU and 41 % memory are free; 2 pods waited for a place before; 1 of 3 nodes takes none of them',
    ],
  ])('%s', (_, over, says) => {
    expect(roomLines(room(over)).map(({ text }) => text)).toEqual([says]);
  });

  it('with a warning where pods do not fit or little stays free', () => {
    const warns = (over: Partial<NodeRoom>) => roomLines(room(over))[0]?.warns;
    expect([warns({}), warns(fits(9, 8)), warns({ freeMemoryPercent: 19 })]).toEqual([
      false,
      true,
      true,
    ]);
    expect(warns({ freeCpuPercent: 20, freeMemoryPercent: 20 })).toBe(false);
  });

  it('each count of each quota that stops pods', () => {
    const memory: QuotaStop = {
      quota: 'team-a',
      resource: 'limits.memory',
      used: 40 * gi,
      hard: 41.5 * gi,
      wanted: 12 * gi,
    };
    const pods: QuotaStop = {
      quota: 'few',
      resource: 'pods',
      used: 10,
      hard: 10,
      wanted: 1,
      lets: 0,
    };
    const {
      wanted: _wanted,
      lets: _lets,
      ...unstated
    } = { ...cpu, resource: 'limits.cpu' } as const;
    const lines = roomLines(room({}, { stops: [cpu, memory, pods, unstated] })).slice(1);
    expect(lines.map(({ text }) => text)).toEqual([
      'Quota team-a: requests.cpu 18 of 20 used, 6 more are wanted; no more than 1 pod can start until it is raised',
      'Quota team-a: limits.memory 40Gi of 42496Mi used, 12Gi more are wanted; not all pods start until it is raised',
      'Quota few: pods 10 of 10 used, 1 more is wanted; none of the new pods starts until it is raised',
      'Quota team-a counts limits.cpu, which these pods do not state, so it refuses them',
    ]);
    expect(lines.every(({ warns }) => warns)).toBe(true);
  });

  it('what is too large, and what was not looked at', () => {
    const breach = {
      limitRange: 'bounds',
      component: 'worker',
      name: 'memoryBytes',
      wanted: 16 * gi,
      max: 8 * gi,
    } as const;
    const lines = roomLines(
      room(
        {},
        {
          tooLarge: [
            { ...breach, container: 'main' },
            { ...breach, name: 'cpuMillicores', wanted: 4_500, max: 4_000 },
            { ...breach, name: 'cpuMillicores', wanted: 50, max: 100, of: 'min' },
            { ...breach, container: 'main', wanted: 4, max: 1.5, of: 'ratio' },
          ],
          unread: ['affinity of worker', 'affinity of worker', 'quota gold'],
        },
      ),
    );
    expect(lines.slice(1).map(({ text }) => text)).toEqual([
      'Limit range bounds: container main of worker would have 16Gi of memory, 8Gi is the most there; such pods do not start',
      'Limit range bounds: a pod of worker would have 4.5 cores, 4 cores is the most there; such pods do not start',
      'Limit range bounds: a pod of worker would have 0.05 cores, 0.1 cores is the least there; such pods do not start',
      'Limit range bounds: container main of worker would have a memory limit of 4 times its request, 1.5 times is the most there; such pods do not start',
      'Not looked at: affinity of worker, quota gold',
    ]);
  });

  it('what is not known, and why; never that there is room', () => {
    const because = 'Headroom may not list nodes; grant it that';
    expect(roomLines(unknown(because))).toEqual([
      { text: `Room: not known: ${because}`, warns: true },
      { text: `Quotas and limits: not known: ${because}`, warns: true },
    ]);
  });
});

describe('a card says', () => {
  it('nothing where all pods start, or where it is not known', () => {
    expect(roomShortage(room({ freeCpuPercent: 3 }))).toBeUndefined();
    expect(roomShortage(unknown('no answer in time'))).toBeUndefined();
    expect(quotaWords([])).toBeUndefined();
  });

  it.each<readonly [Partial<NodeRoom>, string]>([
    [
      fits(3, 2),
      'Only 2 of the 3 new pods fit on the nodes now; the others stay Pending until there is room',
    ],
    [
      fits(3, 1),
      'Only 1 of the 3 new pods fits on the nodes now; the others stay Pending until there is room',
    ],
    [
      fits(3, 0),
      'None of the 3 new pods fits on the nodes now; they stay Pending until there is room',
    ],
    [fits(1, 0), 'The new pod does not fit on the nodes now; it stays Pending until there is room'],
    [
      { ...fits(3, 0), grows: true },
      'None of the 3 new pods fits on the nodes now; nodes are added there when pods wait, so a few minutes Pending are normal',
    ],
  ])('of %j what does not fit', (over, says) => {
    expect(roomShortage(room(over))).toBe(says);
  });

  it('the tightest count of a quota in full and the others by name', () => {
    const limits: QuotaStop = { ...cpu, resource: 'limits.cpu', lets: 0 };
    const other: QuotaStop = { ...cpu, quota: 'few', resource: 'pods', lets: 2 };
    expect(quotaWords([cpu, limits, other])).toEqual({
      text: 'Quota team-a: limits.cpu 18 of 20 used, 6 more are wanted; none of the new pods starts until it is raised (too little as well: requests.cpu, pods of quota few)',
      letsNone: true,
    });
    expect(quotaWords([cpu])?.letsNone).toBe(false);
  });

  it('the same as the arithmetic behind it', () => {
    const shape = makeShape({ requests: { cpuMillicores: 9_000, memoryBytes: gi } });
    const wanted = makeWanted({ shape, replicas: 4, now: { replicas: 0, shape } });
    const answer = roomFor([wanted], makeRoomFacts({ nodes: makeNodes(3), pods: [] }));
    expect(roomShortage(answer)).toMatch(/^Only 3 of the 4 new pods fit/);
  });
});
