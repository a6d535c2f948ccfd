// Looks ahead: the guides' growth of one input, the plan for each period, and when something worth knowing is passed.
import type { Values } from '../profile/formula.ts';
import type { ForecastModel, Profile } from '../profile/profile.ts';
import { floorTolerant } from '../profile/rounding.ts';
import { beyondRange, grown, parseInputs } from './inputs.ts';
import { type Milestone, milestonesOf } from './milestones.ts';
import { totalsOf } from './sized.ts';
import { type CapacityPlan, type Money, planFor } from './what-if.ts';

/** No forecast of growth is worth more than this many periods. */
const PERIODS_MAX = 120;

/** Growth in one period, as a share; ten times as much in a month is a slip of the finger. */
const GROWTH_MIN = -0.9;
const GROWTH_MAX = 10;

/** One period; period 0 is what is given. */
export interface ForecastRow {
  readonly period: number;
  /** The input that grows, rounded to the nearest whole number. */
  readonly amount: number;
  readonly plan: CapacityPlan;
  /** Of the recommended sizing over all its parts; absent when none is feasible. */
  readonly replicas?: number;
  readonly parts?: number;
  readonly cpuCores?: number;
  readonly memoryGib?: number;
  readonly databaseGib?: number;
  /** Pods and storage together. */
  readonly costUsdPerMonth?: number;
}

export interface Forecast {
  readonly kind: 'forecast';
  readonly input: string;
  readonly unit: string;
  readonly per: 'month' | 'year';
  readonly growth: number;
  /** The document, and where in it the growth stands. */
  readonly source: string;
  /** From period 0, the baseline. */
  readonly rows: readonly ForecastRow[];
  /** In the order in which they are passed. */
  readonly milestones: readonly Milestone[];
  readonly warnings: readonly string[];
}

export type ForecastAnswer =
  | Forecast
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/**
 * Forecasts a system from words such as `sites=100 growth=10% periods=12`. Growth is a share of one (0.1) or a percentage
 * with its sign (10%); what is not given comes from the guide.
 */
export function forecast(
  profile: Profile,
  given: ReadonlyMap<string, string>,
  money: Money = {},
): ForecastAnswer {
  const model = profile.forecast;
  if (model === undefined) {
    return {
      kind: 'misuse',
      mistakes: [`${profile.id} has no forecast: its guide gives no growth`],
    };
  }
  const words = new Map(given);
  const growth = takeGrowth(words, model);
  const periods = takePeriods(words, model);
  const parsed = parseInputs(profile, words);
  const mistakes = [
    ...(parsed.kind === 'misuse' ? parsed.mistakes : []),
    ...(typeof growth === 'string' ? [growth] : []),
    ...(typeof periods === 'string' ? [periods] : []),
  ];
  if (parsed.kind === 'misuse' || typeof growth === 'string' || typeof periods === 'string') {
    return { kind: 'misuse', mistakes };
  }
  const now = parsed.inputs[model.input];
  if (now === undefined) {
    return {
      kind: 'misuse',
      mistakes: [`${model.input} is what grows: say how many there are now`],
    };
  }
  return look(profile, model, { inputs: parsed.inputs, now, growth, periods, money });
}

interface Asked {
  readonly inputs: Values;
  readonly now: number;
  readonly growth: number;
  readonly periods: number;
  readonly money: Money;
}

function look(profile: Profile, model: ForecastModel, asked: Asked): Forecast {
  const { growth, periods, money } = asked;
  const input = profile.inputs.get(model.input);
  const { unit = model.input } = input ?? {};
  const rows: ForecastRow[] = [];
  const warnings: string[] = [];
  for (let period = 0; period <= periods; period += 1) {
    const amount = amountIn(period, asked);
    const inputs = period === 0 ? asked.inputs : grown(profile, asked.inputs, model.input, amount);
    const beyond = beyondRange(profile, inputs);
    if (beyond !== undefined) {
      warnings.push(`from ${model.period} ${period} on ${beyondWords(beyond, model)}`);
      break;
    }
    rows.push(rowOf(period, amount, planFor(profile, inputs, money)));
  }
  return {
    kind: 'forecast',
    input: model.input,
    unit,
    per: model.period,
    growth,
    source: `${profile.guide}, ${model.source}`,
    rows,
    milestones: milestonesOf(profile, model, rows),
    warnings: [...warnings, ...(rows[0]?.plan.warnings ?? [])],
  };
}

function beyondWords(
  { input, side }: NonNullable<ReturnType<typeof beyondRange>>,
  model: ForecastModel,
): string {
  const what = input.name === model.input ? 'it is' : `${input.name} would be`;
  const end = side === 'below' ? input.min : input.max;
  return `${what} ${side} ${end} ${input.unit}, the ${side === 'below' ? 'least' : 'most'} this profile knows`;
}

/** To the nearest, a half up: 50 × 1.15 is 57.49999999999999 in binary, and 58 an hour in the guides. */
function amountIn(period: number, { now, growth }: Asked): number {
  if (period === 0 || growth === 0) return now;
  const nearest = floorTolerant(now * (1 + growth) ** period + 0.5);
  // What is no whole number now, 10.4 an hour, must not shrink by growing.
  return growth > 0 ? Math.max(now, nearest) : Math.min(now, nearest);
}

function rowOf(period: number, amount: number, plan: CapacityPlan): ForecastRow {
  const { recommended, database, storageUsdPerMonth } = plan;
  const databaseGib = database?.storageGib['provisioned'];
  const row = { period, amount, plan, ...(databaseGib !== undefined && { databaseGib }) };
  if (recommended === undefined) return row;
  const { cpuCores, memoryGib } = totalsOf(recommended.components, recommended.parts);
  const cost = recommended.costUsdPerMonth;
  return {
    ...row,
    replicas: (recommended.components[0]?.replicas ?? 0) * recommended.parts,
    parts: recommended.parts,
    cpuCores,
    memoryGib,
    ...(cost !== undefined && { costUsdPerMonth: cost + (storageUsdPerMonth ?? 0) }),
  };
}

function takeGrowth(words: Map<string, string>, { growth }: ForecastModel): number | string {
  const text = words.get('growth');
  words.delete('growth');
  if (text === undefined) return growth.default;
  const match = /^([+-]?\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (!Number.isFinite(value)) return `growth must be a share such as 0.1 or 10%, not "${text}"`;
  return value >= GROWTH_MIN && value <= GROWTH_MAX
    ? value
    : `growth must be ${GROWTH_MIN * 100}% to ${GROWTH_MAX * 100}% a period, not ${text}`;
}

function takePeriods(
  words: Map<string, string>,
  { periods, period }: ForecastModel,
): number | string {
  const text = words.get('periods');
  words.delete('periods');
  if (text === undefined) return periods;
  const value = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= 1 && value <= PERIODS_MAX
    ? value
    : `periods must be 1 to ${PERIODS_MAX} ${period}s, not "${text}"`;
}
