// What a quota stops: to the millicore, by scope, and with how many pods it still lets start.

import { describe, expect, it } from 'vitest';
import { type Quota, type QuotaLine, quotaStops } from '../../src/sizing/quota.ts';
import { gi, makeShape } from './room-samples.ts';

const shape = makeShape({ limits: { cpuMillicores: 4_000, memoryBytes: 8 * gi } });
const growth = { shape, replicas: 8, now: { shape, replicas: 5 } };
const quota = (line: QuotaLine, scopes: readonly string[] = []): Quota => ({
  name: 'team-a',
  scopes,
  lines: [line],
});
const stopsOf = (line: QuotaLine, growths: Parameters<typeof quotaStops>[1] = [growth]) =>
  quotaStops([quota(line)], growths).stops;

describe('a quota', () => {
  it.each([
    [{ resource: 'requests.cpu', used: 14_000, hard: 20_000 }, undefined],
    [
      { resource: 'requests.cpu', used: 14_001, hard: 20_000 },
      { wanted: 6_000, lets: 2 },
    ],
    [
      { resource: 'requests.memory', used: 40 * gi, hard: 45 * gi },
      { wanted: 12 * gi, lets: 1 },
    ],
    [
      { resource: 'limits.cpu', used: 20_000, hard: 20_000 },
      { wanted: 12_000, lets: 0 },
    ],
    [{ resource: 'limits.memory', used: 0, hard: 24 * gi }, undefined],
    [
      { resource: 'pods', used: 8, hard: 10 },
      { wanted: 3, lets: 2 },
    ],
    [
      { resource: 'pods', used: 12, hard: 10 },
      { wanted: 3, lets: 0 },
    ],
  ] as const)('of %j', (line, stop) => {
    expect(stopsOf(line)).toEqual(
      stop === undefined ? [] : [{ quota: 'team-a', ...line, ...stop }],
    );
  });

  it('stops nothing when no more is wanted, however full it is', () => {
    const full = { resource: 'pods', used: 12, hard: 10 } as const;
    expect(stopsOf(full, [{ ...growth, replicas: 5 }])).toEqual([]);
    expect(stopsOf(full, [{ ...growth, replicas: 3 }])).toEqual([]);
  });

  it('has to let the first pod of a rollout start where none may be away before', () => {
    const rollout = { ...growth, replicas: 5, startsFirst: true };
    const pods = { resource: 'pods', used: 5 } as const;
    expect(stopsOf({ ...pods, hard: 6 }, [rollout])).toEqual([]);
    expect(stopsOf({ ...pods, hard: 5 }, [rollout])).toEqual([
      { quota: 'team-a', ...pods, hard: 5, wanted: 1, lets: 0 },
    ]);
    const cores = { resource: 'requests.cpu', used: 10_000, hard: 11_000 } as const;
    expect(stopsOf(cores, [rollout])).toMatchObject([{ wanted: 2_000, lets: 0 }]);
    const bare = makeShape();
    const silent = { shape: bare, replicas: 5, now: { shape: bare, replicas: 5 } };
    const limits = { resource: 'limits.cpu', used: 0, hard: 90_000 } as const;
    expect(stopsOf(limits, [{ ...silent, startsFirst: true }])).toEqual([
      { quota: 'team-a', ...limits },
    ]);
  });

  it('that counts what pods do not state refuses each new one, and stops no old one', () => {
    const line = { resource: 'limits.cpu', used: 0, hard: 90_000 } as const;
    const bare = makeShape();
    const silent = { shape: bare, replicas: 8, now: { shape: bare, replicas: 5 } };
    expect(stopsOf(line, [silent])).toEqual([{ quota: 'team-a', ...line }]);
    expect(stopsOf(line, [{ ...silent, replicas: 5 }])).toEqual([]);
  });

  it('counts pods of another size in place of the ones they replace', () => {
    const larger = makeShape({ requests: { cpuMillicores: 3_000, memoryBytes: 4 * gi } });
    const replaced = { shape: larger, replicas: 5, now: { shape, replicas: 5 } };
    const line = { resource: 'requests.cpu', used: 10_000, hard: 14_999 } as const;
    expect(stopsOf(line, [replaced])).toEqual([{ quota: 'team-a', ...line, wanted: 5_000 }]);
    expect(stopsOf({ ...line, hard: 15_000 }, [replaced])).toEqual([]);
  });

  it('counts what one component gives back for what another wants', () => {
    const line = { resource: 'pods', used: 10, hard: 10 } as const;
    const shrinks = { shape, replicas: 2, now: { shape, replicas: 5 } };
    expect(stopsOf(line, [growth, shrinks])).toEqual([]);
    expect(stopsOf(line, [growth, { ...shrinks, replicas: 3 }])).toHaveLength(1);
  });
});

describe('the scope of a quota', () => {
  const line = { resource: 'pods', used: 10, hard: 10 } as const;
  it.each([
    ['NotTerminating', 1],
    ['Terminating', 0],
    ['NotBestEffort', 1],
    ['BestEffort', 0],
  ])('%s is understood', (scope, stops) => {
    expect(quotaStops([quota(line, [scope])], [growth])).toMatchObject({
      stops: { length: stops },
      unread: [],
    });
  });

  it('BestEffort is that of pods that state nothing', () => {
    const bare = makeShape({ requests: {} });
    const stops = quotaStops([quota(line, ['BestEffort'])], [{ shape: bare, replicas: 1 }]).stops;
    expect(stops).toHaveLength(1);
  });

  it('of another kind is named as not looked at', () => {
    expect(quotaStops([quota(line, ['PriorityClass'])], [growth])).toEqual({
      stops: [],
      unread: ['quota team-a, which is for some pods only'],
    });
  });
});
