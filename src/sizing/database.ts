// Plans the database beside the pods: its stage, shards, storage and room for connections.
import { formatNumber } from '../profile/amount.ts';
import type { Evaluated, Formula, Values } from '../profile/formula.ts';
import type { DatabasePlan, Profile, Split } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { partsName } from '../profile/scope.ts';
import { partOf, valuesOf } from './values.ts';

export interface SizedDatabase {
  readonly source: string;
  /** Such as `primary + 1 replica`; of each shard. */
  readonly stage: string;
  /** Read replicas of each shard. */
  readonly replicas: number;
  /** 1 when it is not sharded. */
  readonly shards: number;
  /** What its parts are, where there are several. */
  readonly splitInto?: Split['into'];
  /** Sizes in GiB by name, over all shards; `provisioned` is what is paid for. */
  readonly storageGib: Readonly<Record<string, number>>;
  readonly growthGibPerDay?: number;
  /** Of one primary. */
  readonly connections?: { readonly max: number; readonly reserve: number };
  /** Present when the stage has one: of one shard. */
  readonly pooler?: {
    readonly replicas: number;
    readonly maxClients: number;
    readonly serverConnections: number;
  };
  readonly settings: DatabasePlan['settings'];
  /** Figures that have no value here, and why. */
  readonly unknown: readonly string[];
  /** Why it cannot be said whether connections fit. */
  readonly connectionsUnknown: readonly string[];
}

/** The database plan for one sizing's results; undefined when the profile has none, or no stage holds. */
export function databaseOf(
  profile: Profile,
  inputs: Values,
  sized: Values,
): SizedDatabase | undefined {
  const plan = profile.database;
  if (plan === undefined) return undefined;
  const part = plan.split && partOf(profile, inputs, plan.split);
  if (part?.ok === false) return undefined;
  // Without shards of its own one database serves all parts, so the whole counts; storage is always that of the whole.
  const shards = part?.parts ?? 1;
  const whole: Values = { ...sized, ...valuesOf(profile, inputs) };
  const here: Values =
    part === undefined ? whole : { ...sized, ...part.values, [partsName]: shards };
  const stage = plan.stages.find(({ when }) => {
    const holds = when?.evaluate(here) ?? { ok: true, value: true };
    return holds.ok && holds.value;
  });
  if (stage === undefined) return undefined;
  const unknown: string[] = [];
  const connectionsUnknown: string[] = [];
  const number = (what: string, formula: Formula, problems = connectionsUnknown): number => {
    const result = notNegative(formula.evaluate(here));
    if (result.ok) return ceilTolerant(result.value);
    problems.push(`${what}: ${result.because}`);
    return 0;
  };
  const { connections, pooler, storage } = plan;
  const growth = storage?.growthGiBPerDay?.evaluate(whole);
  return {
    source: plan.source,
    stage: stage.title,
    replicas: number('read replicas', stage.replicas, unknown),
    shards,
    ...(plan.split && shards > 1 && { splitInto: plan.split.into }),
    storageGib: storageOf(plan, whole, unknown),
    ...(growth?.ok === true && { growthGibPerDay: growth.value }),
    ...(connections && {
      connections: {
        max: number('max_connections', connections.max),
        reserve: number('reserved connections', connections.reserve),
      },
    }),
    ...(stage.pooler &&
      pooler && {
        pooler: {
          replicas: number('poolers', pooler.replicas),
          maxClients: number('clients of a pooler', pooler.maxClients),
          serverConnections: number('connections of a pooler', pooler.serverConnections),
        },
      }),
    settings: plan.settings,
    unknown,
    connectionsUnknown,
  };
}

/** There is no less than nothing of replicas, connections and GiB: such a figure is the formula's mistake. */
function notNegative(result: Evaluated<number>): Evaluated<number> {
  if (!result.ok || result.value >= 0) return result;
  return { ok: false, because: `${formatNumber(result.value)} is less than nothing` };
}

/** `primary + 1 replica`, and of several `3 regions, each primary + 1 replica`. */
export function stageWords({ shards, splitInto, stage }: SizedDatabase): string {
  return shards > 1 ? `${formatNumber(shards)} ${splitInto ?? 'shards'}, each ${stage}` : stage;
}

function storageOf(
  { storage }: DatabasePlan,
  sized: Values,
  unknown: string[],
): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {};
  const values: Record<string, number> = { ...sized };
  for (const [name, formula] of Object.entries(storage?.gib ?? {})) {
    const result = notNegative(formula.evaluate(values));
    if (!result.ok) {
      unknown.push(`${name} storage: ${result.because}`);
      continue;
    }
    sizes[name] = result.value;
    values[name] = result.value;
  }
  return sizes;
}
