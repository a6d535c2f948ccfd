// Clusters, quotas and pods for the tests of room; a test names only what it is about.

import type { PodShape, Stated } from '../../src/sizing/pod-need.ts';
import type {
  HeldPod,
  NamespaceSeen,
  NodesSeen,
  RoomFacts,
  RoomNode,
  WantedPods,
} from '../../src/sizing/room.ts';

export const gi = 2 ** 30;
export const namespace = 'shop';

/** A node of 16 cores and 64 GiB that takes everything. */
export function makeNode(over: Partial<RoomNode> = {}): RoomNode {
  return {
    name: 'node-0',
    allocatable: { cpuMillicores: 16_000, memoryBytes: 64 * gi, pods: 110 },
    cordoned: false,
    ready: true,
    taints: [],
    labels: {},
    ...over,
  };
}

export function makeNodes(count: number, over: Partial<RoomNode> = {}): readonly RoomNode[] {
  return Array.from({ length: count }, (_, index) => makeNode({ name: `node-${index}`, ...over }));
}

/** A pod of one container that requests 2 cores and 4 GiB and states no limits. */
export function makeShape(
  over: Partial<PodShape> & { readonly requests?: Stated; readonly limits?: Stated } = {},
): PodShape {
  const { requests = { cpuMillicores: 2_000, memoryBytes: 4 * gi }, limits = {}, ...rest } = over;
  return {
    containers: [{ name: 'main', requests, limits }],
    initContainers: [],
    overhead: {},
    whole: { requests: {}, limits: {} },
    tolerations: [],
    nodeSelector: {},
    unread: [],
    ...rest,
  };
}

/** Three more workers beside the five that run. */
export function makeWanted(over: Partial<WantedPods> = {}): WantedPods {
  const shape = over.shape ?? makeShape();
  return {
    component: 'worker',
    namespace,
    owner: 'Deployment/worker',
    replicas: 8,
    now: { replicas: 5, shape },
    ...over,
    shape,
  };
}

export function makeHeld(over: Partial<HeldPod> = {}): HeldPod {
  return {
    namespace,
    owner: 'Deployment/worker',
    node: 'node-0',
    requests: { cpuMillicores: 2_000, memoryBytes: 4 * gi },
    ...over,
  };
}

/** As many workers, the first on the first node, the next on the next, and so on. */
export function makeWorkers(count: number, nodes: number): readonly HeldPod[] {
  return Array.from({ length: count }, (_, index) => makeHeld({ node: `node-${index % nodes}` }));
}

/** What is known of a cluster of three nodes with five workers, no quota and no limits. */
export function makeRoomFacts(over: Partial<NodesSeen> & Partial<NamespaceSeen> = {}): RoomFacts {
  const { nodes = makeNodes(3), pods = makeWorkers(5, 3), grows = false } = over;
  const none = { kind: 'known', value: [] } as const;
  return {
    nodes: { kind: 'known', value: { nodes, pods, grows } },
    namespaces: new Map([
      [namespace, { quotas: over.quotas ?? none, limitRanges: over.limitRanges ?? none }],
    ]),
  };
}
