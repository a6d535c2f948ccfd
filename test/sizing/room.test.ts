// Whether pods fit: tables of clusters a person can follow, and the promise that no more are claimed to fit than do.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Amounts } from '../../src/sizing/pod-need.ts';
import {
  type NodeRoom,
  type NodesSeen,
  type RoomFacts,
  roomFor,
  type Taint,
  type WantedPods,
} from '../../src/sizing/room.ts';
import {
  gi,
  makeHeld,
  makeNode,
  makeNodes,
  makeRoomFacts,
  makeShape,
  makeWanted,
  makeWorkers,
  namespace,
} from './room-samples.ts';

function nodeRoom(wanted: readonly WantedPods[], facts: RoomFacts): NodeRoom {
  const { nodes } = roomFor(wanted, facts);
  if (nodes.kind === 'unknown') throw new Error(nodes.because);
  return nodes.value;
}

const taint = (effect: string, key = 'dedicated', value = 'database'): Taint => ({
  key,
  value,
  effect,
});

describe('pods that are added', () => {
  it('all fit where there is room, and what is left then is told', () => {
    // 8 × 2 of 48 cores and 8 × 4 of 192 GiB.
    expect(nodeRoom([makeWanted()], makeRoomFacts())).toEqual({
      fits: [{ component: 'worker', wanted: 3, fits: 3 }],
      freeCpuPercent: 66,
      freeMemoryPercent: 83,
      nodes: 3,
      closedNodes: 0,
      waiting: 0,
      grows: false,
    });
  });

  it.each<readonly [string, Partial<NodesSeen>, number]>([
    ['a core is lacking', { nodes: makeNodes(1, node({ cpuMillicores: 15_999 })) }, 2],
    ['memory is lacking', { nodes: makeNodes(1, node({ memoryBytes: 27 * gi })) }, 1],
    ['a node takes no more pods', { nodes: makeNodes(1, node({ pods: 6 })) }, 1],
    [
      'a core is lacking on each of several',
      { nodes: makeNodes(5, node({ cpuMillicores: 3_999 })) },
      0,
    ],
    ['others have filled it', { pods: [...makeWorkers(5, 3), full()] }, 3],
    ['a node is cordoned', { nodes: makeNodes(3, { cordoned: true }) }, 0],
    ['a node is not ready', { nodes: makeNodes(3, { ready: false }) }, 0],
    ['a taint keeps them away', { nodes: makeNodes(3, { taints: [taint('NoSchedule')] }) }, 0],
    ['a taint would throw them out', { nodes: makeNodes(3, { taints: [taint('NoExecute')] }) }, 0],
    ['a taint is only a wish', { nodes: makeNodes(3, { taints: [taint('PreferNoSchedule')] }) }, 3],
    ['there is no node', { nodes: [] }, 0],
  ])('fit as far as they do when %s', (_, over, fits) => {
    const pods = over.pods ?? makeWorkers(5, over.nodes?.length ?? 3);
    const room = nodeRoom([makeWanted()], makeRoomFacts({ pods, ...over }));
    expect(room.fits).toEqual([{ component: 'worker', wanted: 3, fits }]);
  });

  it.each([
    [{ key: 'dedicated', operator: 'Equal', value: 'database' }, 3],
    [{ key: 'dedicated', operator: 'Equal', value: 'web' }, 0],
    [{ key: 'dedicated', operator: 'Exists', value: '' }, 3],
    [{ key: 'dedicated', operator: 'Exists', value: '', effect: 'NoExecute' }, 0],
    [{ operator: 'Exists', value: '' }, 3],
    [{ operator: 'Equal', value: 'database' }, 0],
  ] as const)('that tolerate %j go to tainted nodes or not', (toleration, fits) => {
    const nodes = makeNodes(3, { taints: [taint('NoSchedule')] });
    const shape = makeShape({ tolerations: [toleration] });
    const room = nodeRoom([makeWanted({ shape })], makeRoomFacts({ nodes }));
    expect([room.fits[0]?.fits, room.closedNodes]).toEqual([fits, fits === 0 ? 3 : 0]);
  });

  it('go only to the nodes they select, and only those count as free', () => {
    const [plain, large] = [makeNode(), makeNode({ name: 'node-1', labels: { size: 'large' } })];
    const shape = makeShape({ nodeSelector: { size: 'large' } });
    const wanted = makeWanted({ shape, replicas: 20, now: { replicas: 0, shape } });
    const room = nodeRoom([wanted], makeRoomFacts({ nodes: [plain, large], pods: [] }));
    expect(room).toMatchObject({
      fits: [{ wanted: 20, fits: 8 }],
      freeCpuPercent: 0,
      freeMemoryPercent: 50,
      closedNodes: 1,
    });
  });

  it('come after pods that wait for a place already', () => {
    const waits = { requests: { cpuMillicores: 13_000, memoryBytes: gi } };
    const { node: _node, ...other } = makeHeld({ ...waits, owner: 'Deployment/other' });
    const room = nodeRoom(
      [makeWanted()],
      makeRoomFacts({ nodes: makeNodes(2), pods: [...makeWorkers(5, 2), other, other] }),
    );
    // Five workers leave 12 and 10 cores: neither of the waiting pods finds a place, so they take none.
    expect(room).toMatchObject({ waiting: 2, fits: [{ wanted: 3, fits: 3 }] });
    const smaller = { ...other, requests: { cpuMillicores: 9_000, memoryBytes: gi } };
    const after = nodeRoom(
      [makeWanted()],
      makeRoomFacts({ nodes: makeNodes(2), pods: [...makeWorkers(5, 2), smaller, smaller] }),
    );
    expect(after).toMatchObject({ waiting: 2, fits: [{ wanted: 3, fits: 1 }] });
  });

  it('are counted from those there are, not from those there should be', () => {
    const room = nodeRoom([makeWanted()], makeRoomFacts({ pods: makeWorkers(4, 3) }));
    expect(room.fits).toEqual([{ component: 'worker', wanted: 4, fits: 4 }]);
  });
});

describe('pods of another size', () => {
  it('take the place of those that run', () => {
    const larger = makeShape({ requests: { cpuMillicores: 8_000, memoryBytes: 4 * gi } });
    const wanted = makeWanted({
      shape: larger,
      replicas: 6,
      now: { replicas: 5, shape: makeShape() },
    });
    expect(nodeRoom([wanted], makeRoomFacts())).toMatchObject({
      fits: [{ wanted: 6, fits: 6 }],
      freeCpuPercent: 0,
    });
  });

  it('of several components are placed the largest first', () => {
    const large = makeShape({ requests: { cpuMillicores: 12_000, memoryBytes: gi } });
    const small = makeShape({ requests: { cpuMillicores: 4_000, memoryBytes: gi } });
    const none = { replicas: 0, shape: small };
    const wanted = [
      makeWanted({
        component: 'small',
        owner: 'Deployment/small',
        shape: small,
        replicas: 3,
        now: none,
      }),
      makeWanted({
        component: 'large',
        owner: 'Deployment/large',
        shape: large,
        replicas: 3,
        now: none,
      }),
    ];
    expect(nodeRoom(wanted, makeRoomFacts({ pods: [] })).fits).toEqual([
      { component: 'small', wanted: 3, fits: 3 },
      { component: 'large', wanted: 3, fits: 3 },
    ]);
  });
});

describe('what is not known', () => {
  it('is never room', () => {
    const because = 'listing nodes of cluster main: no answer in time';
    const unknown = { kind: 'unknown', because } as const;
    const { namespaces } = makeRoomFacts({ quotas: unknown, limitRanges: unknown });
    expect(roomFor([makeWanted()], { nodes: unknown, namespaces })).toEqual({
      nodes: unknown,
      stops: [],
      tooLarge: [],
      unknown: [because],
      unread: [],
    });
  });

  it('leaves what is known to be said', () => {
    const because = 'nodes may not be listed';
    const { namespaces } = makeRoomFacts({
      quotas: {
        kind: 'known',
        value: [{ name: 'team-a', scopes: [], lines: [{ resource: 'pods', used: 9, hard: 10 }] }],
      },
    });
    const room = roomFor([makeWanted()], { nodes: { kind: 'unknown', because }, namespaces });
    expect(room.stops).toEqual([
      { quota: 'team-a', resource: 'pods', used: 9, hard: 10, wanted: 3, lets: 1 },
    ]);
  });
});

describe('a limit range', () => {
  const bounds = {
    name: 'bounds',
    type: 'Container',
    max: { memoryBytes: 2 * gi },
    defaultLimit: { memoryBytes: 2 * gi },
    defaultRequest: {},
  } as const;
  const facts = makeRoomFacts({ limitRanges: { kind: 'known', value: [bounds] } });

  it('refuses pods that are too large, when any are to be made', () => {
    const shape = makeShape({ limits: { memoryBytes: 4 * gi } });
    const breach = { component: 'worker', container: 'main', limitRange: 'bounds' };
    expect(roomFor([makeWanted({ shape })], facts).tooLarge).toMatchObject([breach]);
    expect(roomFor([makeWanted({ shape, replicas: 5 })], facts).tooLarge).toEqual([]);
  });

  it('gives pods the requests they do not state, and these need room', () => {
    const shape = makeShape({ requests: {} });
    const room = nodeRoom(
      [makeWanted({ shape, replicas: 20 })],
      makeRoomFacts({
        nodes: makeNodes(1, node({ memoryBytes: 30 * gi })),
        pods: [],
        limitRanges: {
          kind: 'known',
          value: [{ ...bounds, defaultRequest: { memoryBytes: 2 * gi } }],
        },
      }),
    );
    expect(room.fits).toEqual([{ component: 'worker', wanted: 20, fits: 15 }]);
  });
});

const anyNodes = fc.array(
  fc.record({
    cpu: fc.integer({ min: 0, max: 32_000 }),
    mi: fc.integer({ min: 0, max: 65_536 }),
    pods: fc.integer({ min: 0, max: 12 }),
  }),
  { maxLength: 6 },
);
const anyNeed = fc.record({
  cpuMillicores: fc.integer({ min: 0, max: 9_000 }),
  memoryBytes: fc.integer({ min: 0, max: 16 * 1024 }).map((mi) => mi * 2 ** 20),
});
const anyHeld = fc.array(fc.tuple(fc.nat({ max: 6 }), anyNeed), { maxLength: 12 });

function clusterOf(
  nodes: readonly { cpu: number; mi: number; pods: number }[],
  held: readonly (readonly [number, Amounts])[],
): RoomFacts {
  return makeRoomFacts({
    nodes: nodes.map(({ cpu, mi, pods }, index) =>
      makeNode({
        name: `node-${index}`,
        allocatable: { cpuMillicores: cpu, memoryBytes: mi * 2 ** 20, pods },
      }),
    ),
    pods: held.map(([at, requests]) =>
      makeHeld({ node: `node-${at}`, owner: 'Deployment/other', requests }),
    ),
  });
}

const fresh = (shape = makeShape(), replicas = 5, component = 'worker') =>
  makeWanted({
    component,
    owner: `Deployment/${component}`,
    shape,
    replicas,
    now: { replicas: 0, shape },
  });
const fitsOf = (wanted: readonly WantedPods[], facts: RoomFacts) =>
  nodeRoom(wanted, facts).fits.map(({ fits }) => fits);

describe('in any cluster', () => {
  it('as many pods of one size fit as each node by itself has room for', () => {
    fc.assert(
      fc.property(
        anyNodes,
        anyHeld,
        anyNeed,
        fc.nat({ max: 40 }),
        (nodes, held, need, replicas) => {
          const room = nodes.map(({ cpu, mi, pods }, index) => {
            const here = held.filter(([at]) => at === index).map(([, requests]) => requests);
            const left = (all: number, name: 'cpuMillicores' | 'memoryBytes') => {
              const free = all - here.reduce((sum, each) => sum + each[name], 0);
              return need[name] === 0
                ? Number.POSITIVE_INFINITY
                : Math.max(0, Math.floor(free / need[name]));
            };
            return Math.min(
              left(cpu, 'cpuMillicores'),
              left(mi * 2 ** 20, 'memoryBytes'),
              Math.max(0, pods - here.length),
            );
          });
          const most = room.reduce((sum, each) => sum + each, 0);
          const [fits] = fitsOf(
            [fresh(makeShape({ requests: need }), replicas)],
            clusterOf(nodes, held),
          );
          expect(fits).toBe(Math.min(replicas, most));
        },
      ),
    );
  });

  it('pods of several sizes never take more than all nodes together have', () => {
    fc.assert(
      fc.property(
        anyNodes,
        anyHeld,
        fc.array(fc.tuple(anyNeed, fc.nat({ max: 9 })), { maxLength: 4 }),
        (nodes, held, asked) => {
          const facts = clusterOf(nodes, held);
          const wanted = asked.map(([requests, replicas], index) =>
            fresh(makeShape({ requests }), replicas, `c${index}`),
          );
          const room = nodeRoom(wanted, facts);
          for (const name of ['cpuMillicores', 'memoryBytes'] as const) {
            const free = nodes.map(({ cpu, mi }, index) => {
              const all = name === 'cpuMillicores' ? cpu : mi * 2 ** 20;
              const used = held
                .filter(([at]) => at === index)
                .reduce((sum, [, each]) => sum + each[name], 0);
              return Math.max(0, all - used);
            });
            const placed = room.fits.reduce(
              (sum, { fits }, index) => sum + fits * (asked[index]?.[0][name] ?? 0),
              0,
            );
            expect(placed).toBeLessThanOrEqual(free.reduce((sum, each) => sum + each, 0));
          }
          for (const percent of [room.freeCpuPercent, room.freeMemoryPercent]) {
            expect(percent).toBeGreaterThanOrEqual(0);
            expect(percent).toBeLessThanOrEqual(100);
          }
        },
      ),
    );
  });

  it('one node more, or one pod less that runs, never leaves less room', () => {
    fc.assert(
      fc.property(
        anyNodes,
        anyHeld,
        anyNeed,
        fc.nat({ max: 40 }),
        (nodes, held, need, replicas) => {
          const wanted = [fresh(makeShape({ requests: need }), replicas)];
          const [all = 0] = fitsOf(wanted, clusterOf(nodes, held));
          const [fewerNodes = 0] = fitsOf(wanted, clusterOf(nodes.slice(0, -1), held));
          const [fewerPods = 0] = fitsOf(wanted, clusterOf(nodes, held.slice(1)));
          expect(fewerNodes).toBeLessThanOrEqual(all);
          expect(all).toBeLessThanOrEqual(fewerPods);
        },
      ),
    );
  });

  it('whoever wants more pods is never told that fewer fit, nor that more stays free', () => {
    fc.assert(
      fc.property(
        anyNodes,
        anyHeld,
        anyNeed,
        fc.nat({ max: 20 }),
        (nodes, held, need, replicas) => {
          const shape = makeShape({ requests: need });
          const facts = clusterOf(nodes, held);
          const [one, other] = [
            nodeRoom([fresh(shape, replicas)], facts),
            nodeRoom([fresh(shape, replicas + 1)], facts),
          ];
          expect(other.fits[0]?.fits).toBeGreaterThanOrEqual(one.fits[0]?.fits ?? 0);
          expect(other.freeCpuPercent).toBeLessThanOrEqual(one.freeCpuPercent);
          expect(other.freeMemoryPercent).toBeLessThanOrEqual(one.freeMemoryPercent);
        },
      ),
    );
  });
});

function node(over: Partial<ReturnType<typeof makeNode>['allocatable']>) {
  return { allocatable: { ...makeNode().allocatable, ...over } };
}

function full() {
  return makeHeld({
    owner: 'Deployment/other',
    namespace: `${namespace}-2`,
    requests: { cpuMillicores: 12_000, memoryBytes: gi },
  });
}
