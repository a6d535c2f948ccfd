// Says whether a cluster has room for more pods: how many fit on its nodes now, and what a quota or a limit stops.

import { type Places, percentFree, placesOf, put, takes } from './places.ts';
import {
  type Amounts,
  breaches,
  type LimitBreach,
  type LimitRange,
  type Placement,
  type PodShape,
  requestsOf,
  sameNeed,
  withDefaults,
} from './pod-need.ts';
import { type Quota, type QuotaStop, quotaStops } from './quota.ts';

/** Something that was read, or the reason why it is not known. What is not known never counts as room. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly because: string };

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

export interface RoomNode {
  readonly name: string;
  readonly allocatable: Amounts & { readonly pods: number };
  /** Somebody or something keeps new pods away from it. */
  readonly cordoned: boolean;
  readonly ready: boolean;
  readonly taints: readonly Taint[];
  readonly labels: Readonly<Record<string, string>>;
}

/** A pod that has not finished. */
export interface HeldPod {
  readonly namespace: string;
  /** `Deployment/worker`; absent for pods of nothing we size, and for those on their way out. */
  readonly owner?: string;
  /** Absent: it still waits for a place. */
  readonly node?: string;
  readonly requests: Amounts;
  /** Where a pod that waits may go. */
  readonly placement?: Placement;
}

export interface NodesSeen {
  readonly nodes: readonly RoomNode[];
  readonly pods: readonly HeldPod[];
  /** Something there adds nodes when pods wait. */
  readonly grows: boolean;
}

export interface NamespaceSeen {
  readonly quotas: Known<readonly Quota[]>;
  readonly limitRanges: Known<readonly LimitRange[]>;
}

/** What a cluster says about room. */
export interface RoomFacts {
  readonly nodes: Known<NodesSeen>;
  readonly namespaces: ReadonlyMap<string, NamespaceSeen>;
}

/** The pods somebody would like to have of one component. */
export interface WantedPods {
  readonly component: string;
  readonly namespace: string;
  /** `Deployment/worker`. */
  readonly owner: string;
  /** How many there would be. */
  readonly replicas: number;
  readonly shape: PodShape;
  /** What there is now; absent: nothing. */
  readonly now?: { readonly replicas: number; readonly shape: PodShape };
  /** A rollout that may have no pod away: a new one must start before an old one goes. */
  readonly startsFirst?: boolean;
}

/** Pods of one component that are to be placed. */
export interface Fit {
  readonly component: string;
  /** More than there are; all of them where their size changes, as each is replaced; the first of a rollout. */
  readonly wanted: number;
  readonly fits: number;
}

export interface NodeRoom {
  readonly fits: readonly Fit[];
  /** Of the nodes that take such pods, once those that fit are there; rounded down. */
  readonly freeCpuPercent: number;
  readonly freeMemoryPercent: number;
  readonly nodes: number;
  /** Nodes that take none of these pods: cordoned, not ready, tainted, or not selected. */
  readonly closedNodes: number;
  /** Other pods that waited for a place already; they are placed first. */
  readonly waiting: number;
  readonly grows: boolean;
}

/** The answer, part by part: a part that could not be read is said to be unknown. */
export interface Room {
  readonly nodes: Known<NodeRoom>;
  readonly stops: readonly QuotaStop[];
  readonly tooLarge: readonly (LimitBreach & { readonly component: string })[];
  /** Why quotas or limits are not known. */
  readonly unknown: readonly string[];
  /** What else decides whether pods start and was not looked at, for people. */
  readonly unread: readonly string[];
}

/** What the facts say about the pods wanted. It never claims that more pods fit than there is a place for. */
export function roomFor(wanted: readonly WantedPods[], facts: RoomFacts): Room {
  const sized = wanted.map((each) => asMade(each, facts));
  const unknown = new Set<string>();
  const stops: QuotaStop[] = [];
  const unread = sized.flatMap(({ component, shape }) =>
    shape.unread.map((rule) => `${rule} of ${component}`),
  );
  for (const [namespace, { quotas, limitRanges }] of facts.namespaces) {
    if (limitRanges.kind === 'unknown') unknown.add(limitRanges.because);
    if (quotas.kind === 'unknown') {
      unknown.add(quotas.because);
      continue;
    }
    const here = sized.filter((each) => each.namespace === namespace);
    const counted = quotaStops(
      quotas.value,
      here.map((each) => growth(each, facts)),
    );
    stops.push(...counted.stops);
    unread.push(...counted.unread);
  }
  return {
    nodes:
      facts.nodes.kind === 'unknown'
        ? facts.nodes
        : { kind: 'known', value: nodeRoom(sized, facts.nodes.value) },
    stops,
    tooLarge: sized.flatMap((each) => tooLarge(each, facts)),
    unknown: [...unknown],
    unread,
  };
}

/** The pods as the namespace's defaults make them. */
function asMade(wanted: WantedPods, facts: RoomFacts): WantedPods {
  const ranges = rangesOf(wanted, facts);
  const { now } = wanted;
  return {
    ...wanted,
    shape: withDefaults(wanted.shape, ranges),
    ...(now && { now: { ...now, shape: withDefaults(now.shape, ranges) } }),
  };
}

function rangesOf({ namespace }: WantedPods, facts: RoomFacts): readonly LimitRange[] {
  const seen = facts.namespaces.get(namespace)?.limitRanges;
  return seen?.kind === 'known' ? seen.value : [];
}

function tooLarge(wanted: WantedPods, facts: RoomFacts): Room['tooLarge'] {
  const { component, shape } = wanted;
  if (!isReplaced(wanted) && wanted.replicas <= (wanted.now?.replicas ?? 0)) return [];
  return breaches(shape, rangesOf(wanted, facts)).map((breach) => ({ ...breach, component }));
}

/** Pods of another size are other pods: those that run now make room for them. */
function isReplaced({ shape, now }: WantedPods): boolean {
  return now !== undefined && !sameNeed(shape, now.shape);
}

/** What there is now: no more than are seen, for a quota or a rollout may have kept some from being made. */
function presentOf({ namespace, owner, now }: WantedPods, nodes: Known<NodesSeen>): number {
  if (now === undefined) return 0;
  if (nodes.kind === 'unknown') return now.replicas;
  const own = nodes.value.pods.filter((pod) => pod.owner === owner && pod.namespace === namespace);
  return Math.min(now.replicas, own.length);
}

function growth(
  wanted: WantedPods,
  { nodes }: RoomFacts,
): Parameters<typeof quotaStops>[1][number] {
  const { shape, replicas, now, startsFirst } = wanted;
  return {
    shape,
    replicas,
    ...(startsFirst && { startsFirst }),
    ...(now && { now: { shape: now.shape, replicas: presentOf(wanted, nodes) } }),
  };
}

function nodeRoom(wanted: readonly WantedPods[], seen: NodesSeen): NodeRoom {
  const replaced = new Set(
    wanted.filter(isReplaced).map(({ namespace, owner }) => `${namespace}/${owner}`),
  );
  const stays = seen.pods.filter(
    ({ namespace, owner }) => owner === undefined || !replaced.has(`${namespace}/${owner}`),
  );
  const places = placesOf(seen.nodes, stays);
  const waiting = stays.filter(({ node }) => node === undefined);
  for (const { requests, placement } of waiting) put(places, requests, placement ?? anywhere);
  const fits = new Map<WantedPods, Fit>();
  // The largest first: small pods find a place in what is left over, large ones do not.
  for (const each of bySize(wanted)) fits.set(each, fit(each, places, seen));
  const open = (place: Places[number]) =>
    (wanted.length === 0 ? [anywhere] : wanted.map(({ shape }) => shape)).some((placement) =>
      takes(place.node, placement),
    );
  const taking = places.filter(open);
  return {
    fits: wanted.flatMap((each) => fits.get(each) ?? []),
    freeCpuPercent: percentFree(taking, 'cpuMillicores'),
    freeMemoryPercent: percentFree(taking, 'memoryBytes'),
    nodes: places.length,
    closedNodes: places.length - taking.length,
    waiting: waiting.length,
    grows: seen.grows,
  };
}

const anywhere: Placement = { tolerations: [], nodeSelector: {} };

function fit(wanted: WantedPods, places: Places, seen: NodesSeen): Fit {
  const { component, replicas, shape } = wanted;
  const present = isReplaced(wanted) ? 0 : presentOf(wanted, { kind: 'known', value: seen });
  const more = Math.max(wanted.startsFirst ? 1 : 0, replicas - present);
  const requests = requestsOf(shape);
  let fits = 0;
  while (fits < more && put(places, requests, shape)) fits += 1;
  return { component, wanted: more, fits };
}

function bySize(wanted: readonly WantedPods[]): readonly WantedPods[] {
  const size = ({ shape }: WantedPods) => requestsOf(shape);
  return wanted.toSorted(
    (a, b) =>
      size(b).cpuMillicores - size(a).cpuMillicores || size(b).memoryBytes - size(a).memoryBytes,
  );
}
