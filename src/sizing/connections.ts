// Adds up database connections across tiers, because more pods are a shortage when each opens a pool of its own.
import { formatNumber } from '../profile/amount.ts';
import type { Values } from '../profile/formula.ts';
import type { Profile } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import type { SizedDatabase } from './database.ts';
import type { SizedComponent } from './sized.ts';

/** Kubernetes' default for Deployments: a quarter more pods while a rollout runs. */
export const SURGE_PERCENT = 25;

export type Connections =
  | { readonly ok: true; readonly count: number; readonly sum: string }
  | { readonly ok: false; readonly because: string };

/**
 * Connections that the pods of one part may open, those of a rollout included: Σ (replicas + surge) × pool. A component
 * the sizing does not size counts with its baseline.
 */
export function connectionsOf(
  profile: Profile,
  components: readonly SizedComponent[],
  values: Values,
): Connections {
  const surge = profile.database?.connections?.surgePercent ?? SURGE_PERCENT;
  let count = 0;
  const terms: string[] = [];
  for (const { id, connections, replicas: limits } of profile.components.values()) {
    if (connections === undefined) continue;
    const perPod = connections.perPod.evaluate(values);
    if (!perPod.ok) return { ok: false, because: `connections of ${id}: ${perPod.because}` };
    if (perPod.value < 0) {
      const because = `connections of ${id}: ${formatNumber(perPod.value)} a pod is less than nothing`;
      return { ok: false, because };
    }
    const replicas = components.find((each) => each.id === id)?.replicas ?? limits.baseline;
    const pods = replicas + ceilTolerant((replicas * surge) / 100);
    const pool = ceilTolerant(perPod.value);
    count += pods * pool;
    terms.push(`${id} (${replicas} + ${pods - replicas} during a rollout) × ${pool}`);
  }
  return { ok: true, count, sum: terms.join(' + ') };
}

/** Why the connections do not fit, with the sum; empty when they do or when nothing is known about them. */
export function connectionsProblem(
  profile: Profile,
  database: SizedDatabase,
  values: Values,
  parts: number,
): readonly string[] {
  const limits = database.connections;
  const wanted = values['connections'];
  if (limits === undefined || wanted === undefined || wanted === 0) return [];
  if (database.connectionsUnknown.length > 0) return database.connectionsUnknown;
  // Parts that share one database open their pools to the same primary.
  const sharing = Math.ceil(parts / database.shards);
  const count = wanted * sharing;
  const free = limits.max - limits.reserve;
  const { pooler } = database;
  if (pooler === undefined) {
    return count <= free
      ? []
      : [
          `pods may open ${count} database connections, ${free} are free (max_connections ${limits.max} less ${limits.reserve} in reserve)${
            profile.database?.pooler === undefined ? '' : ' and no pooler stands between'
          }`,
        ];
  }
  const served = pooler.replicas * pooler.serverConnections;
  const clients = pooler.replicas * pooler.maxClients;
  return [
    ...(served <= free
      ? []
      : [
          `${pooler.replicas} poolers may open ${served} database connections, ${free} are free (max_connections ${limits.max} less ${limits.reserve} in reserve)`,
        ]),
    ...(count <= clients
      ? []
      : [`pods may open ${count} connections to the poolers, which take ${clients}`]),
  ];
}
