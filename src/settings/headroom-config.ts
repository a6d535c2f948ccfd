// Reads headroom.yaml into systems that are ready to work with: every name in it is checked against profiles and clusters.
import type { Mode } from '../approval/condition.ts';
import type { Allowed } from '../change/allowed.ts';
import type { WorkloadRef } from '../change/change.ts';
import { assert } from '../errors.ts';
import type { DatabasePlace, PolicyRule, System, Systems } from '../plan/system.ts';
import { emptyProfile } from '../profile/empty-profile.ts';
import type { Profile } from '../profile/profile.ts';
import type { Freeze } from '../schedule/freeze.ts';
import type { Schedule } from '../schedule/schedule.ts';
import type { Budget, Rates } from '../sizing/cost.ts';
import type { Money } from '../sizing/what-if.ts';
import { type Parsed, parseYaml } from '../yaml/parse-yaml.ts';
import { checkHeadroom } from './check-headroom.ts';
import { configOf } from './config-of-file.ts';
import { headroomSchema } from './headroom-schema.ts';

export interface HeadroomConfig {
  readonly systems: ReadonlyMap<string, SystemConfig>;
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
  /** What machines cost, by the name of their node pool. */
  readonly rates: ReadonlyMap<string, Rates>;
  /** In the order of the file. Empty: nothing is ever applied. */
  readonly rules: readonly ConfiguredRule[];
  /** Who may stop and resume. */
  readonly operators: readonly string[];
  readonly freezes: readonly ConfiguredFreeze[];
}

export interface ConfiguredFreeze extends Freeze {
  /** System names; none stands for all. */
  readonly systems: readonly string[];
}

export interface SystemConfig {
  readonly id: string;
  /** The profile's id. Without one the system is whatever is autoscaled in its namespace. */
  readonly profile?: string;
  readonly title?: string;
  readonly mode: Mode;
  readonly cluster: string;
  readonly namespace?: string;
  readonly workloads: ReadonlyMap<string, WorkloadNames>;
  /** What procedures look at, by name: an address that answers. */
  readonly endpoints: ReadonlyMap<string, string>;
  readonly databases: ReadonlyMap<string, DatabasePlace>;
  readonly schedules: readonly Schedule[];
  readonly channel: string;
  readonly rates?: string;
  readonly budget?: Budget;
  readonly routes: readonly { readonly alertname: string; readonly namespace: string }[];
}

/** Names that differ from the profile's. */
interface WorkloadNames {
  readonly name?: string;
  readonly namespace?: string;
  readonly container?: string;
  /** Its node pool’s rates, by name. */
  readonly rates?: string;
  /** Where its pods answer HTTP. */
  readonly address?: string;
}

export interface ClusterConfig {
  readonly id: string;
  readonly context?: string;
  readonly prometheus?: string;
  /** What may be written there. (Default: where its systems run, and the usual kinds.) */
  readonly allow?: Partial<Allowed>;
}

export interface ConfiguredRule extends PolicyRule {
  /** System names; `*` stands for every system no rule before it names. */
  readonly systems: readonly string[];
}

/** Where a component of a system runs. */
export type Target = WorkloadRef & { readonly container: string };

/** Parses headroom.yaml; `profiles` are all that are known, by id. */
export function parseHeadroomConfig(
  text: string,
  file: string,
  profiles: ReadonlyMap<string, Profile>,
): Parsed<HeadroomConfig> {
  const parsed = parseYaml(headroomSchema, text, file, (value, places) =>
    checkHeadroom(value, profiles, places),
  );
  return parsed.ok ? { ok: true, value: configOf(parsed.value) } : parsed;
}

/** Where a component runs: the profile's names, replaced by what headroom.yaml says; `undefined` for an unknown component. */
export function resolveTarget(
  system: Pick<SystemConfig, 'cluster' | 'namespace' | 'workloads'>,
  profile: Profile,
  componentId: string,
): Target | undefined {
  const usual = profile.components.get(componentId)?.workload;
  if (usual === undefined) return undefined;
  const own = system.workloads.get(componentId);
  return {
    cluster: system.cluster,
    namespace: own?.namespace ?? system.namespace ?? usual.namespace,
    kind: usual.kind,
    name: own?.name ?? usual.name,
    container: own?.container ?? usual.container,
  };
}

/** The first rule that names the system, or the first that stands for all; without one nobody can approve. */
export function ruleFor(config: HeadroomConfig, systemId: string): ConfiguredRule | undefined {
  return config.rules.find(({ systems }) => systems.includes(systemId) || systems.includes('*'));
}

function freezesOf({ freezes }: HeadroomConfig, systemId: string): readonly Freeze[] {
  return freezes.filter(({ systems }) => systems.length === 0 || systems.includes(systemId));
}

/** What headroom.yaml says of a system outside its own section. */
type KeptElsewhere = Pick<System, 'rule' | 'freezes'>;

/** Joins configuration and profiles; `profiles` are those the configuration was parsed with. */
export function assembleSystems(
  config: HeadroomConfig,
  profiles: ReadonlyMap<string, Profile>,
): Systems {
  return new Map(
    [...config.systems.values()].map((system) => {
      const { rates } = config;
      const kept = { rule: ruleFor(config, system.id), freezes: freezesOf(config, system.id) };
      if (system.profile === undefined) return [system.id, withoutProfile(system, kept, rates)];
      const profile = profiles.get(system.profile);
      assert(profile !== undefined, 'a checked configuration names known profiles');
      return [system.id, toSystem(system, profile, kept, rates)];
    }),
  );
}

function toSystem(
  system: SystemConfig,
  profile: Profile,
  kept: KeptElsewhere,
  rates: ReadonlyMap<string, Rates>,
): System {
  const workloads = new Map<string, Target>();
  for (const component of profile.components.keys()) {
    const target = resolveTarget(system, profile, component);
    if (target !== undefined) workloads.set(component, target);
  }
  const { id, mode, cluster, channel, routes, endpoints, databases, schedules } = system;
  const addresses = new Map(
    [...system.workloads].flatMap(([component, { address }]) =>
      address === undefined ? [] : [[component, address] as const],
    ),
  );
  return {
    id,
    title: system.title ?? profile.title,
    profile,
    mode,
    cluster,
    channel,
    workloads,
    endpoints,
    addresses,
    databases,
    schedules,
    routes,
    ...kept,
    money: moneyOf(system, profile, rates),
  };
}

/** Rates of headroom.yaml before those of the profile; a workload's node pool before the system's. */
function moneyOf(
  { rates, budget, workloads }: SystemConfig,
  { cost }: Profile,
  known: ReadonlyMap<string, Rates>,
): Money {
  const named = [...workloads].flatMap(([component, own]): [string, Rates][] => {
    const ratesOfPool = own.rates === undefined ? undefined : known.get(own.rates);
    return ratesOfPool === undefined ? [] : [[component, ratesOfPool]];
  });
  const standard = (rates === undefined ? undefined : known.get(rates)) ?? cost;
  const usesOwn = rates !== undefined || named.length > 0;
  return {
    ...(usesOwn && standard && { rates: { standard, byComponent: new Map(named) } }),
    ...(budget && { budget }),
  };
}

function withoutProfile(
  system: SystemConfig,
  kept: KeptElsewhere,
  rates: ReadonlyMap<string, Rates>,
): System {
  const { namespace } = system;
  assert(namespace !== undefined, 'a checked system without a profile has a namespace');
  return {
    ...toSystem({ title: system.id, ...system }, emptyProfile, kept, rates),
    wholeNamespace: namespace,
  };
}
