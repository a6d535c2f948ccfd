// What the quotas of a namespace let more pods have, and which one stops them.

import { type AmountName, amountNames, countedOf, type PodShape } from './pod-need.ts';

/** What a quota counts; `cpu` and `memory` are other names for the requests. */
export type QuotaResource =
  | 'requests.cpu'
  | 'requests.memory'
  | 'limits.cpu'
  | 'limits.memory'
  | 'pods';

/** In millicores, bytes and pods. */
export interface QuotaLine {
  readonly resource: QuotaResource;
  readonly hard: number;
  readonly used: number;
}

export interface Quota {
  readonly name: string;
  /** Which pods it is for, in the words of Kubernetes; empty: all of the namespace. */
  readonly scopes: readonly string[];
  readonly lines: readonly QuotaLine[];
}

/** A quota that keeps pods from starting. */
export type QuotaStop = QuotaLine & {
  readonly quota: string;
  /** In the unit of the line; absent: the pods do not state what it counts, so it refuses each of them. */
  readonly wanted?: number;
  /** How many more pods it lets start, where all that are wanted are alike. */
  readonly lets?: number;
};

interface Growth {
  readonly shape: PodShape;
  readonly replicas: number;
  readonly now?: { readonly shape: PodShape; readonly replicas: number };
  /** One of these pods must start while all that there are now still run. */
  readonly startsFirst?: boolean;
}

/** The quotas that what is wanted in their namespace would pass; `unread`: those whose scope was not understood. */
export function quotaStops(
  quotas: readonly Quota[],
  growths: readonly Growth[],
): { readonly stops: readonly QuotaStop[]; readonly unread: readonly string[] } {
  const stops: QuotaStop[] = [];
  const unread: string[] = [];
  for (const { name, scopes, lines } of quotas) {
    if (scopes.some((scope) => !knownScopes.includes(scope))) {
      unread.push(`quota ${name}, which is for some pods only`);
      continue;
    }
    const covered = growths.filter(({ shape }) => covers(scopes, shape));
    for (const line of lines) {
      const stop = stopOf(line, covered);
      if (stop !== undefined) stops.push({ quota: name, ...stop });
    }
  }
  return { stops, unread };
}

const knownScopes = ['Terminating', 'NotTerminating', 'BestEffort', 'NotBestEffort'];

/** Pods of a workload run until they are told to stop, so none of them is of the scope Terminating. */
function covers(scopes: readonly string[], shape: PodShape): boolean {
  const each = [...shape.containers, ...shape.initContainers, shape.whole];
  const isBestEffort = each.every(({ requests, limits }) =>
    amountNames.every((name) => requests[name] === undefined && limits[name] === undefined),
  );
  return scopes.every(
    (scope) =>
      scope === 'NotTerminating' || scope === (isBestEffort ? 'BestEffort' : 'NotBestEffort'),
  );
}

function stopOf(line: QuotaLine, growths: readonly Growth[]): Omit<QuotaStop, 'quota'> | undefined {
  let wanted = 0;
  const alike: number[] = [];
  for (const { shape, replicas, now, startsFirst } of growths) {
    const after = amountOf(line.resource, shape);
    const before = now === undefined ? 0 : amountOf(line.resource, now.shape);
    const present = now?.replicas ?? 0;
    const isReplaced = present > 0 && after !== before;
    if (replicas <= present && !isReplaced) {
      if (startsFirst && after === undefined) return line;
      wanted -= (present - replicas) * (after ?? 0);
      continue;
    }
    if (after === undefined) return line;
    wanted += after * replicas - (before ?? 0) * present;
    alike.push(isReplaced ? Number.NaN : after);
  }
  const first = Math.max(
    0,
    ...growths.map(
      ({ shape, startsFirst }) => (startsFirst && amountOf(line.resource, shape)) || 0,
    ),
  );
  const most = Math.max(wanted, first);
  if (most <= 0 || line.used + most <= line.hard) return undefined;
  if (wanted < first) return { ...line, wanted: first, lets: 0 };
  const [each = Number.NaN] = alike;
  const lets = Math.max(0, Math.floor((line.hard - line.used) / each));
  return { ...line, wanted, ...(alike.length === 1 && Number.isFinite(lets) && { lets }) };
}

function amountOf(resource: QuotaResource, shape: PodShape): number | undefined {
  if (resource === 'pods') return 1;
  const [kind, what] = resource.split('.');
  const name: AmountName = what === 'cpu' ? 'cpuMillicores' : 'memoryBytes';
  return countedOf(shape, kind === 'limits' ? 'limits' : 'requests', name);
}
