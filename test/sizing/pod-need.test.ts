// What a pod needs, container by container, as Kubernetes counts it; and what a LimitRange makes of it.

import { describe, expect, it } from 'vitest';
import {
  breaches,
  countedOf,
  type LimitRange,
  type PodShape,
  requestsOf,
  type Stated,
  withDefaults,
} from '../../src/sizing/pod-need.ts';
import { gi, makeShape } from './room-samples.ts';

const cpu = (cpuMillicores: number): Stated => ({ cpuMillicores });
const container = (requests: Stated, limits: Stated = {}) => ({ name: 'main', requests, limits });
const init = (requests: Stated, sidecar = false) => ({ ...container(requests), sidecar });

describe('what the scheduler keeps for a pod', () => {
  const cases: readonly (readonly [string, Partial<PodShape>, number])[] = [
    [
      'is the sum of its containers',
      { containers: [container(cpu(500)), container(cpu(100))] },
      600,
    ],
    [
      'counts what is not stated as nothing',
      { containers: [container({}), container(cpu(100))] },
      100,
    ],
    ['is what it needs to start where that is more', { initContainers: [init(cpu(900))] }, 900],
    [
      'takes the largest of what starts in turn',
      { initContainers: [init(cpu(300)), init(cpu(700))] },
      700,
    ],
    ['is what runs where that is more', { initContainers: [init(cpu(200))] }, 500],
    ['adds sidecars to what runs', { initContainers: [init(cpu(50), true)] }, 550],
    [
      'adds sidecars to what starts after them',
      { initContainers: [init(cpu(50), true), init(cpu(900))] },
      950,
    ],
    [
      'leaves sidecars out of what starts before them',
      { initContainers: [init(cpu(900)), init(cpu(50), true)] },
      900,
    ],
    ['adds the overhead', { overhead: cpu(250) }, 750],
    [
      'is what is stated for the whole pod, where that is',
      { whole: { requests: cpu(2_000), limits: {} }, overhead: cpu(100) },
      2_100,
    ],
    [
      'is the limit of the whole pod where nothing is requested',
      { containers: [container({})], whole: { requests: {}, limits: cpu(1_000) } },
      1_000,
    ],
    [
      'is what the containers request where the whole pod states a limit only',
      { whole: { requests: {}, limits: cpu(1_000) } },
      500,
    ],
  ];
  it.each(cases)('%s', (_, over, expected) => {
    expect(requestsOf(makeShape({ requests: cpu(500), ...over })).cpuMillicores).toBe(expected);
  });
});

describe('what a quota counts', () => {
  it('is known only when every container states it', () => {
    const both = makeShape({ containers: [container({}, cpu(1_000)), container({}, cpu(500))] });
    expect(countedOf(both, 'limits', 'cpuMillicores')).toBe(1_500);
    const one = makeShape({ containers: [container({}, cpu(1_000)), container({})] });
    expect(countedOf(one, 'limits', 'cpuMillicores')).toBeUndefined();
    expect(
      countedOf(
        makeShape({ limits: cpu(1), initContainers: [init({})] }),
        'limits',
        'cpuMillicores',
      ),
    ).toBeUndefined();
  });
});

const bounds: LimitRange = {
  name: 'bounds',
  type: 'Container',
  max: { cpuMillicores: 4_000, memoryBytes: 8 * gi },
  defaultLimit: { cpuMillicores: 1_000, memoryBytes: gi },
  defaultRequest: { cpuMillicores: 250, memoryBytes: gi / 4 },
};

describe('the defaults of a namespace', () => {
  it('are what a container gets that states nothing', () => {
    const [filled] = withDefaults(makeShape({ requests: {} }), [bounds]).containers;
    expect(filled).toEqual({
      name: 'main',
      limits: bounds.defaultLimit,
      requests: bounds.defaultRequest,
    });
  });

  it('never take the place of what is stated; a limit is the request where only it is', () => {
    const shape = makeShape({ requests: { memoryBytes: 2 * gi }, limits: cpu(3_000) });
    const [filled] = withDefaults(shape, [bounds]).containers;
    expect(filled?.limits).toEqual({ cpuMillicores: 3_000, memoryBytes: gi });
    expect(filled?.requests).toEqual({ cpuMillicores: 3_000, memoryBytes: 2 * gi });
  });

  it('are those of containers, not of pods', () => {
    const shape = makeShape({ requests: {} });
    expect(withDefaults(shape, [{ ...bounds, type: 'Pod' }])).toEqual(shape);
  });
});

describe('a maximum', () => {
  it('is passed by a container, and says by which', () => {
    const shape = makeShape({ limits: { cpuMillicores: 4_000, memoryBytes: 16 * gi } });
    expect(breaches(shape, [bounds])).toEqual([
      {
        limitRange: 'bounds',
        container: 'main',
        name: 'memoryBytes',
        wanted: 16 * gi,
        max: 8 * gi,
      },
    ]);
  });

  it('of pods counts all containers together', () => {
    const one = container({}, cpu(3_000));
    const shape = makeShape({ containers: [one, one] });
    expect(breaches(shape, [bounds])).toEqual([]);
    expect(breaches(shape, [{ ...bounds, type: 'Pod' }])).toEqual([
      { limitRange: 'bounds', name: 'cpuMillicores', wanted: 6_000, max: 4_000 },
    ]);
  });
});

describe('a limit range', () => {
  const bound = (over: Partial<LimitRange>): LimitRange => ({ ...bounds, max: {}, ...over });
  const shape = makeShape({ requests: cpu(100), limits: cpu(500) });
  const found = (over: Partial<LimitRange>) =>
    breaches(shape, [bound(over)]).map(({ of, wanted, max }) => [of, wanted, max]);

  it('wants at least so much requested', () => {
    expect(found({ min: cpu(200) })).toEqual([['min', 100, 200]]);
    expect(found({ min: cpu(100) })).toEqual([]);
    expect(found({ type: 'Pod', min: cpu(200) })).toEqual([['min', 100, 200]]);
  });

  it('wants limits at most so many times their request', () => {
    expect(found({ ratio: { cpuMillicores: 4.5 } })).toEqual([['ratio', 5, 4.5]]);
    expect(found({ ratio: { cpuMillicores: 5, memoryBytes: 1 } })).toEqual([]);
  });
});
