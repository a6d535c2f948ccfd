// The arithmetic of one sizing of GL-003 as somebody would write it who needs no other system: the baseline of planning.

/** GL-003, Capacity Planning Formulas, up to 10 Hz; figures are those of a plan, replicas of one shard. */
export interface PlannedByHand {
  readonly shards: number;
  readonly replicas: number;
  readonly cpuMillicores: number;
  readonly memoryMi: number;
  readonly connections: number;
  readonly costUsdPerMonth: number;
  readonly databaseShards: number;
  readonly readReplicas: number;
  readonly pooler: boolean;
  readonly provisionedGib: number;
  readonly recommendedMbps: number;
}

/** Above a whole number by less than this is that number. */
const tolerance = 1e-9;

const up = (value: number) => Math.ceil(value - tolerance);

/** The planner with its costs, its database and its network; nothing is checked and nothing explained. */
export function planByHand(meters: number, hz: number, retentionDays: number): PlannedByHand {
  const shards = meters > 3000 ? up(meters / 1500) : 1;
  const share = up(meters / shards);
  const perPod = Math.max(150, up((share * 1.3) / 10));
  const replicas = Math.min(10, Math.max(3, up((share / 150) * 1.3)));
  const cpuMillicores = up(100 + 2 * perPod + 5 * hz + (perPod / 100) * 50);
  const memoryMi = up(200 + 5 * perPod + 10 * hz + 600);
  const podUsd = ((cpuMillicores / 1000) * 0.05 + (memoryMi / 1024) * 0.01) * 730;
  const connections = (replicas + up(replicas * 0.25)) * 20;
  const databaseShards = meters > 2000 ? up(meters / 1500) : 1;
  const databaseShare = up(meters / databaseShards);
  const compressed = ((meters * hz * 86_400 * retentionDays * 100) / 2 ** 30) * 0.2;
  const inbound = (meters * hz * 100 * 8) / 2 ** 20;
  return {
    shards,
    replicas,
    cpuMillicores,
    memoryMi,
    connections,
    costUsdPerMonth: Math.round(shards * replicas * podUsd * 100) / 100,
    databaseShards,
    readReplicas: databaseShare <= 100 ? 0 : databaseShare <= 500 ? 1 : 2,
    pooler: databaseShare > 500,
    provisionedGib: (compressed + compressed * 0.3 + compressed * 0.1) * 1.5,
    recommendedMbps: (inbound + inbound * 0.2) * 3 * 1.5,
  };
}
