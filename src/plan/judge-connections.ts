// Judges whether a database, and the pooler before it, have connections for what a plan leaves: refused with the sum, or said.

import { formatNumber } from '../profile/amount.ts';
import type { Evaluated } from '../profile/formula.ts';
import type { Profile } from '../profile/profile.ts';
import {
  type ConnectionsUse,
  connectionGrowth,
  fullPools,
  type Opening,
  type Pools,
  surgeOf,
} from '../sizing/connection-growth.ts';
import type { PoolerRoom } from '../sizing/pooler-room.ts';
import type { ConnectingMoment } from './connecting-moments.ts';
import type { PlanCheck } from './plan-check.ts';

/** A workload of the plan whose pods connect, from now to the end of the plan. */
export interface Connecting {
  readonly name: string;
  readonly moments: readonly [ConnectingMoment, ...ConnectingMoment[]];
}

/** A set of poolers, as it is or as a plan leaves it. */
export interface PoolerSet extends PoolerRoom {
  readonly replicas: number;
}

/** Everything the answer follows from. */
export interface Judging {
  readonly database: string;
  readonly profile: Profile;
  readonly use: ConnectionsUse;
  /** max_connections as the plan leaves it, where that is less than now. */
  readonly lowered?: number;
  readonly connecting: readonly Connecting[];
  /** The other components of the profile, with the pods they have. */
  readonly others: readonly Connecting[];
  readonly pooler: {
    /** "Deployment pgbouncer". */
    readonly name: string;
    readonly now?: Evaluated<PoolerSet>;
    /** Absent where the plan does not change it. */
    readonly after?: Evaluated<PoolerSet>;
  };
}

/** The server's side first, then the clients' of the pooler where there is one. */
export function judgeConnections(judging: Judging): readonly PlanCheck[] {
  const { lowered } = judging;
  return [
    ...(lowered === undefined ? serverSide(judging) : lowerLimit(judging, lowered)),
    ...clientSide(judging),
  ];
}

/** Whether the pods or their pools grow anywhere in the plan. */
export function isGrowing({ moments: [now, ...after] }: Connecting): boolean {
  return after.some(({ pods, perPod }) => pods > now.pods || isLarger(perPod, now.perPod));
}

/** What the plan makes unknown may be more. */
function isLarger(after: Evaluated<number>, now: Evaluated<number>): boolean {
  if (after.ok) return !now.ok || after.value > now.value;
  return now.ok || now.because !== after.because;
}

/** Pods that are seen to go to the pooler open nothing at the server; those of before a cut-over still do. */
function serverSide(judging: Judging): readonly PlanCheck[] {
  const { database, profile, use, pooler } = judging;
  const about = `connections of database ${database}`;
  const isPooler = pooler.now !== undefined || pooler.after !== undefined;
  const openings: Opening[] = [];
  for (const each of judging.connecting.filter(isGrowing)) {
    const [now, ...after] = each.moments;
    const direct = after.filter(({ isPooled }) => !isPooled || !isPooler);
    if (direct.length === 0 || (now.isPooled && isPooler)) continue;
    const opening = openingOf(each.name, now, direct);
    if ('because' in opening) {
      return [unknownOf(about, each.name, opening.because)];
    }
    openings.push(opening);
  }
  const ofPooler = poolerOpening(pooler);
  if ('because' in ofPooler) {
    return [check('unknown', `${about}: what ${pooler.name} opens (${ofPooler.because})`)];
  }
  if (openings.length === 0 && ofPooler.openings.length === 0) return [];
  const all = [...openings, ...ofPooler.openings];
  const { count, full, free, sum } = connectionGrowth(profile, all, use);
  const words = `${about}: ${sum}, and ${free} may be used (max_connections ${use.max} less ${use.reserved} in reserve)${ofPooler.words}`;
  if (full <= free) return [check('ok', words)];
  if (count <= free) {
    const ifFull = `once the pools of today are full as well it is ${formatNumber(full)}, which is too many`;
    return [check('warning', `${words}; ${ifFull}`)];
  }
  const { count: ofPoolers } = connectionGrowth(profile, ofPooler.openings, use);
  // Whether the pods go through it, nobody but their own settings knows.
  if (pooler.now !== undefined && openings.length > 0 && ofPoolers <= free) {
    const unless = `that is too many unless the pods connect through ${pooler.name}`;
    return [check('warning', `${words}; ${unless}`)];
  }
  return [check('refused', `too few ${words}; ${whatFirst(ofPooler.openings.length > 0)}`)];
}

/**
 * All pools of today may be full at once, and a rollout may come at any time: what is open at the moment of asking says
 * nothing of that. Those of pods that are seen to go to the pooler are its clients.
 */
function lowerLimit(
  { database, profile, use, connecting, others, pooler }: Judging,
  lowered: number,
): readonly PlanCheck[] {
  const about = `connections of database ${database}`;
  const set = pooler.after ?? pooler.now;
  const terms: { count: number; words: string }[] = [];
  for (const { name, moments } of [...connecting, ...others]) {
    const direct = moments.filter(({ isPooled }) => !isPooled || set === undefined);
    const { pools } = atMost({ name, moments: direct });
    if (!pools.ok) return [unknownOf(about, name, pools.because)];
    if (pools.value.pods > 0) terms.push(fullPools(name, pools.value, surgeOf(profile)));
  }
  const ofPods = sumOf(terms);
  if (set?.ok === false) {
    return [check('unknown', `${about}: what ${pooler.name} opens (${set.because})`)];
  }
  if (set !== undefined) {
    const { replicas, servers } = set.value;
    terms.push(fullPools(pooler.name, { pods: replicas, perPod: servers }, surgeOf(profile)));
  }
  if (terms.length === 0) return [];
  const free = lowered - use.reserved;
  const count = sumOf(terms);
  const sum = `${terms.map(({ words }) => words).join(' + ')} = ${formatNumber(count)} once all pools are full`;
  const words = `${about}: ${sum}, and ${free} may be used (max_connections ${lowered} in place of ${use.max}, less ${use.reserved} in reserve)`;
  if (count <= free) return [check('ok', words)];
  if (set !== undefined && count - ofPods <= free) {
    const unless = `that is too few unless the pods connect through ${pooler.name}`;
    return [check('warning', `${words}; ${unless}`)];
  }
  return [
    check('refused', `too few ${words}; leave more of them, or make the pools smaller first`),
  ];
}

function whatFirst(isPooler: boolean): string {
  return isPooler
    ? 'raise max_connections first, or give the pooler fewer of them (max_db_connections)'
    : 'raise max_connections first, put a pooler between, or state in the profile what a pod really opens';
}

function openingOf(
  name: string,
  now: ConnectingMoment,
  after: readonly ConnectingMoment[],
): Opening | { readonly because: string } {
  const moments: Pools[] = [];
  for (const { pods, perPod } of [now, ...after]) {
    if (!perPod.ok) return { because: perPod.because };
    moments.push({ pods, perPod: perPod.value });
  }
  const [first = { pods: 0, perPod: 0 }, ...rest] = moments;
  return { name, now: first, moments: rest };
}

/** A set that is new has no rollout in the plan that makes it; during the cut-over it stands beside the pods' own pools. */
function poolerOpening({
  name,
  now,
  after,
}: Judging['pooler']):
  | { readonly openings: readonly Opening[]; readonly words: string }
  | { readonly because: string } {
  if (after === undefined) return { openings: [], words: '' };
  if (!after.ok) return after;
  if (now?.ok === false) return now;
  const before = now?.value;
  const { replicas, servers, words } = after.value;
  const isMore = before === undefined || replicas > before.replicas || servers > before.servers;
  if (!isMore) return { openings: [], words: '' };
  const beside =
    before === undefined ? ', beside what the applications have open until they are cut over' : '';
  return {
    openings: [
      {
        name,
        now: { pods: before?.replicas ?? 0, perPod: before?.servers ?? 0 },
        moments: [{ pods: replicas, perPod: servers }],
        ...(before === undefined && { surgePercent: 0 }),
      },
    ],
    words: `; ${servers} each: ${words}${beside}`,
  };
}

/** Where the pooler takes fewer clients than all pods may open, it turns some away. */
function clientSide(judging: Judging): readonly PlanCheck[] {
  const { connecting, others, profile } = judging;
  const { name, now, after } = judging.pooler;
  const set = after ?? now;
  if (set === undefined) return [];
  const isAsked = after !== undefined || connecting.some((each) => isGrowing(each) || isCut(each));
  if (!isAsked) return [];
  const about = `clients of ${name}`;
  if (!set.ok) return [check('unknown', `${about}: ${set.because}`)];
  const surge = surgeOf(profile);
  const terms: { count: number; words: string; isSure: boolean }[] = [];
  for (const { name: of, pools, isSure } of [...connecting, ...others].map(atMost)) {
    if (!pools.ok) return [unknownOf(about, of, pools.because)];
    terms.push({ ...fullPools(of, pools.value, surge), isSure });
  }
  const { replicas, clients } = set.value;
  const room = replicas * clients;
  const count = sumOf(terms);
  const sum = `${terms.map(({ words }) => words).join(' + ')} = ${formatNumber(count)}`;
  const words = `${about}: ${sum}, and ${replicas} × ${clients} = ${formatNumber(room)} may connect (max_client_conn)`;
  if (count <= room) return [check('ok', words)];
  const isLess = now?.ok === true && room < now.value.replicas * now.value.clients;
  const isMade = now === undefined || isLess;
  if (isMade || sumOf(terms.filter(({ isSure }) => isSure)) > room) {
    const next = 'more poolers, a higher max_client_conn or smaller pools come first';
    return [check('refused', `too few ${words}; ${next}`)];
  }
  return [check('warning', `${words}; that is too few if all of them connect through it`)];
}

function sumOf(terms: readonly { readonly count: number }[]): number {
  return terms.reduce((sum, { count }) => sum + count, 0);
}

function isCut({ moments: [now, ...after] }: Connecting): boolean {
  return !now.isPooled && after.some(({ isPooled }) => isPooled);
}

/** The most that its pods open at any moment of the plan. */
function atMost({
  name,
  moments,
}: Pick<Connecting, 'name'> & { moments: readonly ConnectingMoment[] }) {
  let most: Pools = { pods: 0, perPod: 0 };
  for (const { pods, perPod } of moments) {
    if (!perPod.ok) return { name, pools: perPod, isSure: false };
    if (pods * perPod.value > most.pods * most.perPod) most = { pods, perPod: perPod.value };
  }
  const isSure = moments.at(-1)?.isPooled === true;
  return { name, pools: { ok: true, value: most } as const, isSure };
}

function unknownOf(about: string, name: string, because: string): PlanCheck {
  return check('unknown', `${about}: what a pod of ${name} opens (${because})`);
}

function check(result: PlanCheck['result'], text: string): PlanCheck {
  return { kind: 'connections', result, text };
}
