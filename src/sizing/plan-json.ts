// The stable JSON form of a sized system: what `headroom plan --json` prints. Numbers are numbers and units are in the names.
import { roundTo } from '../profile/rounding.ts';
import type { PlannedChange } from './compare.ts';
import type { SizedDatabase } from './database.ts';
import type { Sized } from './sized.ts';
import type { CapacityPlan } from './what-if.ts';

/** The plan of a system as plain JSON; what does not apply is absent. `changes` are from what runs now, where that was seen. */
export function planJson(
  system: string,
  plan: CapacityPlan,
  changes: readonly PlannedChange[] = [],
): Readonly<Record<string, unknown>> {
  const { recommended, database, networkMbps, storageUsdPerMonth, perUnit, budget } = plan;
  return {
    system,
    inputs: plan.inputs,
    ...(recommended && { recommended: recommended.sizing.id }),
    sizings: plan.sizings.map((sized) => sizingJson(plan.guide, sized)),
    ...(storageUsdPerMonth !== undefined && { storageUsdPerMonth }),
    ...(perUnit && { costPerUnit: { unit: perUnit.input, usdPerMonth: perUnit.usdPerMonth } }),
    ...(budget && { budget }),
    ...(database && { database: databaseJson(database) }),
    ...(networkMbps && { network: networkJson(networkMbps) }),
    warnings: plan.warnings,
    changes,
  };
}

function sizingJson(guide: string, sized: Sized): Readonly<Record<string, unknown>> {
  const { sizing, parts, components, costUsdPerMonth, guideCostUsdPerMonth } = sized;
  return {
    id: sizing.id,
    source: `${guide}, ${sizing.source}`,
    feasible: sized.feasible,
    shards: parts,
    ...(sizing.split && parts > 1 && { splitInto: sizing.split.into }),
    components: components.map(({ id, replicas, pod, podStated }) => ({
      name: id,
      replicas,
      cpuRequestMillicores: pod.cpuMillicores,
      ...(pod.cpuLimitMillicores !== undefined && { cpuLimitMillicores: pod.cpuLimitMillicores }),
      memoryRequestMi: pod.memoryMi,
      ...(pod.memoryLimitMi !== undefined && { memoryLimitMi: pod.memoryLimitMi }),
      ...(podStated ? {} : { podInherited: true }),
    })),
    ...(costUsdPerMonth !== undefined && { costUsdPerMonth }),
    ...(guideCostUsdPerMonth !== undefined && { guideCostUsdPerMonth }),
    reasons: sized.reasons,
    ...(sized.note !== undefined && { note: sized.note }),
    ...(sized.warnings.length > 0 && { warnings: sized.warnings }),
  };
}

function databaseJson(database: SizedDatabase): Readonly<Record<string, unknown>> {
  const { growthGibPerDay, connections, pooler, settings, shards, splitInto, storageGib } =
    database;
  return {
    stage: database.stage,
    replicas: database.replicas,
    pooler: pooler !== undefined,
    ...(shards > 1 && { shards }),
    ...(splitInto !== undefined && { splitInto }),
    ...(Object.keys(storageGib).length > 0 && {
      storageGiB: mapValues(storageGib, (gib) => roundTo(gib, 1)),
    }),
    ...(growthGibPerDay !== undefined && { growthGiBPerDay: roundTo(growthGibPerDay, 2) }),
    ...(connections && {
      maxConnections: connections.max,
      reservedConnections: connections.reserve,
    }),
    ...(pooler && { poolerReplicas: pooler.replicas }),
    ...(Object.keys(settings).length > 0 && { settings }),
  };
}

function networkJson(mbps: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(mbps).map(([name, value]) => [`${camel(name)}Mbps`, significant(value)]),
  );
}

function camel(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function mapValues(
  record: Readonly<Record<string, number>>,
  convert: (value: number) => number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}

/** Three digits that count: bandwidths differ by factors of thousands. */
function significant(value: number): number {
  return Number(value.toPrecision(3));
}
