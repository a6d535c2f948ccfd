// Sizes a system from inputs, by every sizing of its profile; observes nothing and changes nothing.
import type { Values } from '../profile/formula.ts';
import type { CostRates, Pod, Profile, Sizing } from '../profile/profile.ts';
import {
  type Budget,
  type BudgetState,
  budgetState,
  cents,
  type RateCard,
  sizedUsdPerMonth,
} from './cost.ts';
import type { SizedDatabase } from './database.ts';
import { parseInputs } from './inputs.ts';
import { remarksOf } from './remarks.ts';
import { size } from './size.ts';
import { type Sized, totalsOf } from './sized.ts';
import { valuesOf } from './values.ts';

/** What the money is counted with; the profile's own where headroom.yaml says nothing. */
export interface Money {
  readonly rates?: RateCard;
  readonly budget?: Budget;
}

/** A system sized from its inputs. */
export interface CapacityPlan {
  readonly kind: 'sized';
  /** The document every source refers to. */
  readonly guide: string;
  readonly inputs: Values;
  /** The recommended sizing first comes by the profile's rule; undefined when none is feasible. */
  readonly recommended: Sized | undefined;
  /** In order of precedence, those that do not apply left out. */
  readonly sizings: readonly Sized[];
  readonly database?: SizedDatabase;
  /** By name, in Mbit/s of 2^20 bits. */
  readonly networkMbps?: Readonly<Record<string, number>>;
  readonly storageUsdPerMonth?: number;
  /** Pods and storage of the recommended sizing for one unit of an input. */
  readonly perUnit?: { readonly input: string; readonly usdPerMonth: number };
  readonly budget?: BudgetState;
  /** Each limit met and everything else worth knowing, one sentence each. */
  readonly warnings: readonly string[];
}

export type WhatIf =
  | CapacityPlan
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/** All mistakes in the inputs at once, or every sizing with its arithmetic done. */
export function whatIf(
  profile: Profile,
  given: ReadonlyMap<string, string>,
  money: Money = {},
): WhatIf {
  const parsed = parseInputs(profile, given);
  return parsed.kind === 'misuse' ? parsed : planFor(profile, parsed.inputs, money);
}

/** The same for inputs that are read already. */
export function planFor(profile: Profile, inputs: Values, money: Money = {}): CapacityPlan {
  const rates = money.rates ?? cardOf(profile.cost);
  const { sizings, recommended } = sizeAll(profile, inputs, rates);
  // Without a feasible sizing the database is still worth showing: that of the first one with figures.
  const { database } = recommended ?? sizings.find((each) => each.database !== undefined) ?? {};
  const storageUsdPerMonth = database === undefined ? undefined : storageCost(database, rates);
  const spent = (recommended?.costUsdPerMonth ?? 0) + (storageUsdPerMonth ?? 0);
  const isPriced = recommended?.costUsdPerMonth !== undefined;
  const budget = money.budget ?? profile.cost?.budget;
  const unit = profile.cost?.perUnit;
  const units = unit === undefined ? undefined : inputs[unit];
  const networkMbps = networkOf(profile, inputs);
  return {
    kind: 'sized',
    guide: profile.guide,
    inputs,
    recommended,
    sizings,
    ...(database && { database }),
    ...(networkMbps && { networkMbps }),
    ...(storageUsdPerMonth !== undefined && { storageUsdPerMonth }),
    ...(isPriced &&
      unit !== undefined &&
      units !== undefined &&
      units > 0 && { perUnit: { input: unit, usdPerMonth: cents(spent / units) ?? 0 } }),
    ...(isPriced && budget && { budget: budgetState(spent, budget) }),
    warnings: warningsOf(profile, recommended, database, inputs, money),
  };
}

function cardOf(cost: CostRates | undefined): RateCard | undefined {
  return cost && { standard: cost, byComponent: new Map() };
}

function sizeAll(
  profile: Profile,
  inputs: Values,
  rates: RateCard | undefined,
): { readonly sizings: readonly Sized[]; readonly recommended: Sized | undefined } {
  const ordered = inOrder(profile.sizings, valuesOf(profile, inputs));
  const first = ordered.map((sizing) => size(profile, sizing, inputs, new Map()));
  const chosen = choose(profile.choose, first);
  // One that states no pod is read as one of the recommended pods: mixing rows would misprice it.
  const inherited = new Map<string, Pod>(
    chosen?.components.filter(({ podStated }) => podStated).map(({ id, pod }) => [id, pod]),
  );
  const sizings = first
    .map((sized) =>
      sized === chosen || sized.components.every(({ podStated }) => podStated)
        ? sized
        : size(profile, sized.sizing, inputs, inherited),
    )
    .map((sized): Sized => {
      const cost = rates && sizedUsdPerMonth(sized, rates);
      return cost === undefined ? sized : { ...sized, costUsdPerMonth: cost };
    });
  return { sizings, recommended: sizings.find(({ sizing }) => sizing === chosen?.sizing) };
}

/** Those that apply; the ones that come first here before the others, otherwise in the file's order. */
function inOrder(sizings: readonly Sizing[], values: Values): readonly Sizing[] {
  const holds = (condition: Sizing['when']): boolean => {
    const result = condition?.evaluate(values);
    return result?.ok === true && result.value;
  };
  const applying = sizings.filter(({ when }) => when === undefined || holds(when));
  return [
    ...applying.filter(({ firstWhen }) => holds(firstWhen)),
    ...applying.filter(({ firstWhen }) => !holds(firstWhen)),
  ];
}

function choose(rule: Profile['choose'], sizings: readonly Sized[]): Sized | undefined {
  const feasible = sizings.filter((sized) => sized.feasible);
  if (rule === 'first') return feasible[0];
  const replicas = (sized: Sized) => (sized.components[0]?.replicas ?? 0) * sized.parts;
  return feasible.toSorted((a, b) => replicas(b) - replicas(a))[0];
}

function storageCost(
  { storageGib }: SizedDatabase,
  rates: RateCard | undefined,
): number | undefined {
  const usd = rates?.standard.databaseGbMonthUsd;
  const provisioned = storageGib['provisioned'];
  return usd === undefined || provisioned === undefined ? undefined : cents(provisioned * usd);
}

function networkOf(
  { network, ...profile }: Profile,
  inputs: Values,
): Readonly<Record<string, number>> | undefined {
  if (network === undefined) return undefined;
  const values: Record<string, number> = { ...valuesOf(profile, inputs) };
  const mbps: Record<string, number> = {};
  for (const [name, formula] of Object.entries(network.mbps)) {
    const result = formula.evaluate(values);
    if (!result.ok) continue;
    mbps[name] = result.value;
    values[name] = result.value;
  }
  return mbps;
}

function warningsOf(
  profile: Profile,
  recommended: Sized | undefined,
  database: SizedDatabase | undefined,
  inputs: Values,
  money: Money,
): readonly string[] {
  const values = recommended?.values ?? valuesOf(profile, inputs);
  const assumed = profile.cost?.assumed;
  // A rate for one node pool leaves the others at the assumed ones.
  const isAssumed = money.rates === undefined || money.rates.standard === profile.cost;
  const isSized = recommended !== undefined || profile.sizings.length === 0;
  return [
    ...(recommended === undefined && profile.sizings.length > 0
      ? ['No sizing is feasible: each one says why.']
      : []),
    ...(recommended?.warnings ?? []),
    ...remarksOf(profile.warnings, values),
    ...(profile.database !== undefined && database === undefined && isSized
      ? [`Its database is not planned: no stage of "${profile.database.source}" holds here`]
      : []),
    ...(database?.unknown ?? []),
    ...(assumed !== undefined && isAssumed ? [assumed] : []),
    ...(recommended?.sizing.cost !== undefined && (money.rates?.byComponent.size ?? 0) > 0
      ? ['Rates of single node pools do not count: the guide pays for totals of the whole system.']
      : []),
  ];
}

/** Requests of all pods of all parts of a sizing. */
export function totals(sized: Sized): ReturnType<typeof totalsOf> {
  return totalsOf(sized.components, sized.parts);
}
