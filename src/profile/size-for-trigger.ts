// Decides how many pods answer an alert, and shows every step of the arithmetic; it never answers with fewer than run now.
import type { Reading } from '../plan/observation.ts';
import { formatAmount, formatNumber, formatPods } from './amount.ts';
import type { BacklogTrigger, Component, RatioTrigger, Trigger } from './profile.ts';
import { ceilTolerant } from './rounding.ts';
import { highestAfterOneStep } from './scaling-step.ts';

/** The Kubernetes HPA leaves replicas alone while the measurement is this near to its target. */
const RATIO_TOLERANCE = 0.1;

/** Keeps 0.77 / 0.7 within ten percent although its binary fraction is a little above. */
const ROUNDING_TOLERANCE = 1e-9;

/** One step of the arithmetic behind a size, in a form that can be checked again. */
export interface ArithmeticLine {
  readonly formula: string;
  readonly values: Readonly<Record<string, number>>;
  readonly result: number;
  readonly source: string;
  /** The same for people, such as `(300 arriving + 812 ÷ 10 min) ÷ 50 per pod = 7.624 → 8 pods`. */
  readonly text: string;
}

export interface TriggerFacts {
  readonly component: Component;
  readonly trigger: Trigger;
  readonly currentReplicas: number;
  readonly readyReplicas?: number;
  readonly measured: Reading;
  readonly arrival?: Reading;
  /** The number the alert carried, in the trigger's unit. */
  readonly alertValue?: number;
  readonly bounds: { readonly min: number; readonly max: number };
}

/** `notes` say what the number rests on and what else was seen, one sentence each. */
export type TriggerSizing =
  | {
      readonly kind: 'scale';
      /** At least this many pods; always more than run now. */
      readonly target: number;
      /** What the arithmetic asks for before limits. */
      readonly wanted: number;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly limitsMet: readonly string[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'enough';
      readonly because: string;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'investigate';
      readonly because: string;
      readonly lookAt: readonly string[];
      readonly notes: readonly string[];
    }
  | {
      readonly kind: 'frozen';
      /** There is nothing to base a size on, or a limit leaves no room. */
      readonly because: string;
      readonly arithmetic: readonly ArithmeticLine[];
      readonly limitsMet: readonly string[];
      readonly notes: readonly string[];
    };

/** What a size is derived from: the pods that run now and the number the trigger is about. */
interface Basis {
  readonly current: number;
  readonly value: number;
  readonly valueSource: string;
}

/** What the arithmetic asks for; `whyNot` says what fewer pods would leave undone. */
interface Wanted {
  readonly wanted: number;
  readonly arithmetic: readonly ArithmeticLine[];
  readonly notes: readonly string[];
  whyNot(pods: number): string | undefined;
}

/**
 * How many pods answer an alert. A measurement at its target means nothing is proposed; without a measurement the alert's
 * own number counts, and without that one step of the scaling policy. `target` is within the bounds and one policy step,
 * and never below what runs now, whatever the readings are.
 */
export function sizeForTrigger(facts: TriggerFacts): TriggerSizing {
  const { trigger, currentReplicas: current } = facts;
  const usable = usableValue(facts);
  const notes = [...usable.notes, ...readyNotes(facts)];

  if (trigger.kind === 'investigate') {
    const seen =
      usable.value === undefined
        ? 'there is no measurement'
        : `${formatAmount(usable.value, trigger.unit)} ${usable.how}`;
    return {
      kind: 'investigate',
      because: `${seen}, the alert fires at ${formatAmount(trigger.fireAt, trigger.unit)}`,
      lookAt: trigger.lookAt,
      notes,
    };
  }
  if (!Number.isSafeInteger(current) || current < 0) {
    return {
      kind: 'frozen',
      because: 'it is not known how many pods run now',
      arithmetic: [],
      limitsMet: [],
      notes,
    };
  }
  if (usable.value === undefined) return withoutMeasurement(facts, notes);

  const enough = enoughAlready(trigger, usable.value);
  if (enough !== undefined) return { kind: 'enough', because: enough, arithmetic: [], notes };

  const basis = { current, value: usable.value, valueSource: usable.source };
  const wanted =
    trigger.kind === 'ratio'
      ? wantedForRatio(trigger, basis)
      : wantedForBacklog(trigger, basis, facts);
  if (wanted === undefined) {
    return {
      kind: 'frozen',
      because: `the throughput of one pod of ${facts.component.id} is not known`,
      arithmetic: [],
      limitsMet: [],
      notes,
    };
  }
  return withinLimits(facts, wanted, notes);
}

interface Usable {
  readonly value: number | undefined;
  readonly how: 'measured' | 'according to the alert';
  readonly source: string;
  readonly notes: readonly string[];
}

/** The measurement when it can be used, else the alert's number, else nothing; with words for what was not usable. */
function usableValue({ measured, alertValue, trigger }: TriggerFacts): Usable {
  const problem = unusable(measured, trigger.maxAgeSeconds);
  if (problem === undefined && measured.kind === 'value') {
    const differs =
      alertValue !== undefined && isUsable(alertValue) && alertValue !== measured.value;
    const both = differs
      ? [
          `the alert says ${formatAmount(alertValue, trigger.unit)}, measured ${formatAmount(measured.value, trigger.unit)}`,
        ]
      : [];
    return { value: measured.value, how: 'measured', source: measured.source, notes: both };
  }
  const why = `no measurement to build on: ${problem ?? 'unknown'}`;
  if (alertValue !== undefined && isUsable(alertValue)) {
    const note = `${why}; the alert's ${formatAmount(alertValue, trigger.unit)} is used`;
    return {
      value: alertValue,
      how: 'according to the alert',
      source: `alert ${trigger.alert}`,
      notes: [note],
    };
  }
  return { value: undefined, how: 'measured', source: trigger.measure.promql, notes: [why] };
}

/** Why a reading cannot be used, or `undefined` when it can. */
function unusable(reading: Reading, maxAgeSeconds: number): string | undefined {
  if (reading.kind === 'missing') return reading.because;
  if (!isUsable(reading.value)) return `${reading.value} is not a possible measurement`;
  // Written so that an age of NaN counts as too old.
  const fresh = reading.kind === 'value' && reading.ageSeconds <= maxAgeSeconds;
  return fresh
    ? undefined
    : `the newest is ${formatNumber(reading.ageSeconds)} s old, at most ${maxAgeSeconds} s count`;
}

/** Shares, stocks and rates are not negative, and none is larger than numbers can count; anything else is a broken metric. */
function isUsable(value: number): boolean {
  return value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function readyNotes({ currentReplicas, readyReplicas }: TriggerFacts): readonly string[] {
  if (readyReplicas === undefined || !(readyReplicas < currentReplicas)) return [];
  return [
    `${formatNumber(readyReplicas)} of ${formatPods(currentReplicas)} are ready: pods that start or fail may be the cause`,
  ];
}

function enoughAlready(trigger: RatioTrigger | BacklogTrigger, value: number): string | undefined {
  const { unit, target } = trigger;
  if (value <= target)
    return `${formatAmount(value, unit)} is not above the target of ${formatAmount(target, unit)}`;
  const near =
    trigger.kind === 'ratio' && value / target - 1 <= RATIO_TOLERANCE + ROUNDING_TOLERANCE;
  return near
    ? `${formatAmount(value, unit)} is within 10 % of the target of ${formatAmount(target, unit)}`
    : undefined;
}

/** The Kubernetes HPA rule. */
function wantedForRatio(trigger: RatioTrigger, { current, value, valueSource }: Basis): Wanted {
  const exact = (current * value) / trigger.target;
  const wanted = ceilTolerant(exact);
  const shown = (amount: number) => formatAmount(amount, trigger.unit);
  return {
    wanted,
    arithmetic: [
      {
        formula: 'ceil(current * value / target)',
        values: { current, value, target: trigger.target },
        result: wanted,
        source: `${trigger.source}; value: ${valueSource}`,
        text: `${formatPods(current)} × ${shown(value)} ÷ ${shown(trigger.target)} = ${formatNumber(exact)} → ${formatPods(wanted)}`,
      },
    ],
    notes: [],
    whyNot: (pods) =>
      `${formatPods(pods)} would still be at ${shown((current * value) / pods)}, the target is ${shown(trigger.target)}`,
  };
}

/** Pods for what arrives plus what must drain; `undefined` when nobody knows what one pod gets done. */
function wantedForBacklog(
  trigger: BacklogTrigger,
  { current, value, valueSource }: Basis,
  { component, arrival }: TriggerFacts,
): Wanted | undefined {
  const throughput = component.throughput;
  const perPod = throughput?.perMinute;
  if (throughput === undefined || perPod === undefined || !(perPod > 0)) return undefined;
  const problem =
    arrival === undefined
      ? 'the profile has no query for it'
      : unusable(arrival, trigger.maxAgeSeconds);
  const known = arrival?.kind === 'value' && problem === undefined;
  const arriving = known ? arrival.value : current * perPod;
  const drain = trigger.drainMinutes;
  const needed = arriving + value / drain;
  const exact = needed / perPod;
  const wanted = ceilTolerant(exact);
  const arrivalSource = known ? arrival.source : `what ${formatPods(current)} serve`;
  return {
    wanted,
    arithmetic: [
      {
        formula: 'ceil((arrival + backlog / drainMinutes) / perPod)',
        values: { arrival: arriving, backlog: value, drainMinutes: drain, perPod },
        result: wanted,
        source: `${trigger.source}; ${throughput.source}; backlog: ${valueSource}; arrival: ${arrivalSource}`,
        text: `(${formatNumber(arriving)} arriving + ${formatNumber(value)} ÷ ${formatNumber(drain)} min) ÷ ${formatNumber(perPod)} per pod = ${formatNumber(exact)} → ${formatPods(wanted)}`,
      },
    ],
    notes: known
      ? []
      : [
          `arrivals are not known (${problem ?? 'unknown'}): counted as the ${formatNumber(arriving)}/min that ${formatPods(current)} can serve`,
        ],
    whyNot: (pods) =>
      `${formatPods(pods)} would serve ${formatNumber(pods * perPod)}/min, ${formatNumber(needed)}/min are needed`,
  };
}

/** With nothing measured the alert alone speaks: one step of the policy, no more. */
function withoutMeasurement(facts: TriggerFacts, notes: readonly string[]): TriggerSizing {
  const { component, currentReplicas: current, trigger } = facts;
  const wanted = highestAfterOneStep(current, component.autoscaling?.up);
  if (wanted <= current) {
    const because = 'nothing is measured and the scaling policy allows no step up';
    return { kind: 'frozen', because, arithmetic: [], limitsMet: [], notes };
  }
  const line: ArithmeticLine = {
    formula: 'one step up',
    values: { current },
    result: wanted,
    source: component.autoscaling?.source ?? trigger.source,
    text: `one step up from ${formatPods(current)} → ${formatPods(wanted)}`,
  };
  return withinLimits(
    facts,
    { wanted, arithmetic: [line], notes: [], whyNot: () => undefined },
    notes,
  );
}

/** Applies the policy step and the bounds, names each one that bites, and refuses to go anywhere but up. */
function withinLimits(
  facts: TriggerFacts,
  basis: Wanted,
  before: readonly string[],
): TriggerSizing {
  const { currentReplicas: current, bounds, component } = facts;
  const { wanted, arithmetic } = basis;
  const notes = [...before, ...basis.notes];
  if (wanted <= current) {
    const because = `${formatPods(current)} run and ${wanted === current ? 'that many are' : `${formatNumber(wanted)} would be`} enough`;
    return { kind: 'enough', because, arithmetic, notes };
  }
  const limitsMet: string[] = [];
  const step = highestAfterOneStep(current, component.autoscaling?.up);
  let target = Math.max(Math.min(wanted, step), bounds.min);
  if (target < wanted) {
    limitsMet.push(`wanted ${wanted}, one step of the scaling policy allows ${step}`);
  }
  // A workload below its minimum may return to it in one go, as the HPA would take it there.
  if (target > Math.min(wanted, step) && target !== wanted) {
    limitsMet.push(`the minimum is ${formatPods(bounds.min)}`);
  }
  if (target > bounds.max) {
    target = bounds.max;
    limitsMet.push(`wanted ${wanted}, the maximum is ${formatPods(bounds.max)}`);
  }
  if (!Number.isSafeInteger(target) || target <= current) {
    const because = `${formatPods(wanted)} are wanted, but ${limitsMet.join('; ') || 'that is no number of pods'}`;
    return { kind: 'frozen', because, arithmetic, limitsMet, notes };
  }
  const fewer = target - 1;
  const whyNot = fewer > 0 && target <= wanted ? basis.whyNot(fewer) : undefined;
  return {
    kind: 'scale',
    target,
    wanted,
    arithmetic,
    limitsMet,
    notes: whyNot === undefined ? notes : [...notes, whyNot],
  };
}
