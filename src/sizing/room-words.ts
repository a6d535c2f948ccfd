// Tells in words what room a cluster has: all of it for somebody who asks, only what stands in the way for a card.

import { formatNumber, formatPods } from '../profile/amount.ts';
import { formatMemory } from '../profile/quantity.ts';
import type { AmountName, LimitBreach } from './pod-need.ts';
import type { QuotaResource, QuotaStop } from './quota.ts';
import type { Fit, NodeRoom, Room } from './room.ts';

/** Less than this left over is worth a warning: a node that is lost, or a rollout, needs it. A guide asks for the same. */
const freePercentMin = 20;

/** One fact about room; `warns` where it stands in the way or comes close to it. */
export interface RoomLine {
  readonly text: string;
  readonly warns: boolean;
}

/** Everything that is known about room, and what is not. */
export function roomLines(room: Room): readonly RoomLine[] {
  const { nodes, unknown, unread } = room;
  return [
    nodes.kind === 'known'
      ? nodesLine(nodes.value)
      : { text: `Room: not known: ${nodes.because}`, warns: true },
    ...inTheWay(room).map((text) => ({ text, warns: true })),
    ...unknown.map((because) => ({
      text: `Quotas and limits: not known: ${because}`,
      warns: true,
    })),
    ...(unread.length > 0
      ? [{ text: `Not looked at: ${[...new Set(unread)].join(', ')}`, warns: false }]
      : []),
  ];
}

/** Why not all pods find a place on the nodes now; undefined where they do or it is not known. */
export function roomShortage({ nodes }: Room): string | undefined {
  return nodes.kind === 'known' ? shortage(nodes.value) : undefined;
}

/** Every pod that is larger than a limit range lets it be. */
export function sizeBreaches({ tooLarge }: Room): readonly string[] {
  return tooLarge.map((breach) => breachWords(breach));
}

function nodesLine(nodes: NodeRoom): RoomLine {
  const { freeCpuPercent: cpu, freeMemoryPercent: memory } = nodes;
  const { wanted, fits } = sumOf(nodes.fits);
  const free = `${cpu} % CPU and ${memory} % memory are free`;
  const isTight = cpu < freePercentMin || memory < freePercentMin;
  const tight = isTight ? `, less than the ${freePercentMin} % to keep` : '';
  const head =
    wanted === 0
      ? `Room: no more pods are wanted; ${free}${tight}`
      : `Room: ${fits} of ${formatPods(wanted)} ${fits === 1 && wanted === 1 ? 'fits' : 'fit'}${partsOf(nodes.fits)}; afterwards ${free}${tight}`;
  const more = [
    ...(fits < wanted ? [untilThen(nodes, fits)] : []),
    ...(nodes.waiting > 0 ? [`${formatPods(nodes.waiting)} waited for a place before`] : []),
    ...(nodes.closedNodes > 0
      ? [
          `${nodes.closedNodes} of ${nodes.nodes} nodes ${nodes.closedNodes === 1 ? 'takes' : 'take'} none of them`,
        ]
      : []),
  ];
  return { text: [head, ...more].join('; '), warns: fits < wanted || isTight };
}

function shortage(nodes: NodeRoom): string | undefined {
  const { wanted, fits } = sumOf(nodes.fits);
  if (fits >= wanted) return undefined;
  const rest = untilThen(nodes, fits);
  if (wanted === 1) {
    return `The new pod does not fit on the nodes now; ${rest.replace('they stay', 'it stays')}`;
  }
  const howMany = fits === 0 ? 'None' : `Only ${fits}`;
  return `${howMany} of the ${wanted} new pods ${fits > 1 ? 'fit' : 'fits'} on the nodes now; ${rest}`;
}

function untilThen({ grows }: NodeRoom, fits: number): string {
  return grows
    ? 'nodes are added there when pods wait, so a few minutes Pending are normal'
    : `${fits === 0 ? 'they stay' : 'the others stay'} Pending until there is room`;
}

/** Where not all of several components fit, which of them. */
function partsOf(fits: readonly Fit[]): string {
  const placed = fits.filter(({ wanted }) => wanted > 0);
  if (placed.length < 2 || placed.every((each) => each.fits === each.wanted)) return '';
  return ` (${placed.map((each) => `${each.component} ${each.fits} of ${each.wanted}`).join(', ')})`;
}

function sumOf(fits: readonly Fit[]): { readonly wanted: number; readonly fits: number } {
  return {
    wanted: fits.reduce((sum, each) => sum + each.wanted, 0),
    fits: fits.reduce((sum, each) => sum + each.fits, 0),
  };
}

function inTheWay({ stops, tooLarge }: Room): readonly string[] {
  return [...stops.map(stopWords), ...tooLarge.map(breachWords)];
}

/** The count that lets the fewest pods start is told in full, the others by name; undefined where none stops anything. */
export function quotaWords(
  stops: readonly QuotaStop[],
): { readonly text: string; readonly letsNone: boolean } | undefined {
  const [first, ...others] = stops.toSorted((a, b) => (a.lets ?? 0) - (b.lets ?? 0));
  if (first === undefined) return undefined;
  const named = others.map(({ quota, resource }) =>
    quota === first.quota ? resource : `${resource} of quota ${quota}`,
  );
  const more = named.length === 0 ? '' : ` (too little as well: ${named.join(', ')})`;
  return {
    text: `${stopWords(first)}${more}`,
    letsNone: stops.some(({ lets, wanted }) => lets === 0 || wanted === undefined),
  };
}

function stopWords({ quota, resource, used, hard, wanted, lets }: QuotaStop): string {
  const words = (value: number) => countWords(resource, value);
  if (wanted === undefined) {
    return `Quota ${quota} counts ${resource}, which these pods do not state, so it refuses them`;
  }
  const rest =
    lets === undefined
      ? 'not all pods start until it is raised'
      : lets === 0
        ? 'none of the new pods starts until it is raised'
        : `no more than ${formatPods(lets)} can start until it is raised`;
  return `Quota ${quota}: ${resource} ${words(used)} of ${words(hard)} used, ${words(wanted)} more ${wanted === oneOf(resource) ? 'is' : 'are'} wanted; ${rest}`;
}

function breachWords(breach: LimitBreach & { readonly component: string }): string {
  const { limitRange, component, container, name, wanted, max, of } = breach;
  const where =
    container === undefined ? `a pod of ${component}` : `container ${container} of ${component}`;
  const head = `Limit range ${limitRange}: ${where} would have`;
  if (of === 'ratio') {
    const what = name === 'cpuMillicores' ? 'CPU' : 'memory';
    return `${head} a ${what} limit of ${formatNumber(wanted)} times its request, ${formatNumber(max)} times is the most there; such pods do not start`;
  }
  const [much, bound] = [wanted, max].map((value) =>
    name === 'cpuMillicores' ? `${amountWords(name, value)} cores` : amountWords(name, value),
  );
  return `${head} ${much}${name === 'memoryBytes' ? ' of memory' : ''}, ${bound} is the ${of === 'min' ? 'least' : 'most'} there; such pods do not start`;
}

function oneOf(resource: QuotaResource): number {
  return resource.endsWith('cpu') ? 1000 : 1;
}

function countWords(resource: QuotaResource, value: number): string {
  if (resource === 'pods') return formatNumber(value);
  return amountWords(resource.endsWith('cpu') ? 'cpuMillicores' : 'memoryBytes', value);
}

/** Cores, and Gi where they are whole. */
function amountWords(name: AmountName, value: number): string {
  return name === 'cpuMillicores'
    ? formatNumber(value / 1000)
    : formatMemory(Math.round(value / 2 ** 20));
}
