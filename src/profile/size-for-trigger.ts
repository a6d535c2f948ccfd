// Decides how many pods answer an alert, and shows every step of the arithmetic; it never answers with fewer than run now.
import { formatAmount, formatNumber, formatPods } from './amount.ts';
import type { InvestigateTrigger, Trigger } from './profile.ts';
import { highestAfterOneStep } from './scaling-step.ts';
import type { ArithmeticLine, TriggerFacts } from './trigger-facts.ts';
import { type Usable, usableValue } from './usable-value.ts';
import { type Wanted, wantedForBacklog, wantedForRatio } from './wanted-pods.ts';

export type { ArithmeticLine, TriggerFacts } from './trigger-facts.ts';

/** The Kubernetes HPA leaves replicas alone while the measurement is this near to its target. */
const RATIO_TOLERANCE = 0.1;

/** Keeps 0.77 / 0.7 within ten percent although its binary fraction is a little above. */
const ROUNDING_TOLERANCE = 1e-9;

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

/**
 * How many pods answer an alert. A measurement at its target means nothing is proposed; without a measurement the alert's
 * own number counts, and without that one step of the scaling policy. `target` is within the bounds and one policy step,
 * and never below what runs now, whatever the readings are.
 */
export function sizeForTrigger(facts: TriggerFacts): TriggerSizing {
  const { trigger, currentReplicas: current } = facts;
  const usable = usableValue(facts);
  const notes = [...usable.notes, ...readyNotes(facts)];

  if (trigger.kind === 'investigate') return toInvestigate(trigger, usable, notes);
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

  if (trigger.kind === 'ratio' && current === 0) {
    const because = `no pod of ${facts.component.id} runs, and a share of nothing is no size: look who took them away`;
    return { kind: 'frozen', because, arithmetic: [], limitsMet: [], notes };
  }
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

function enoughWords(current: number, wanted: number): string {
  const run = `${formatPods(current)} ${current === 1 ? 'runs' : 'run'}`;
  if (wanted < current) return `${run} and ${formatNumber(wanted)} would be enough`;
  return current === 1 ? `${run} and that is enough` : `${run} and that many are enough`;
}

/** Nothing is sized from it, but a measurement that is in order again is worth nobody's time. */
function toInvestigate(
  trigger: InvestigateTrigger,
  { value, how }: Usable,
  notes: readonly string[],
): TriggerSizing {
  const enough = value === undefined ? undefined : enoughAlready(trigger, value);
  if (enough !== undefined) return { kind: 'enough', because: enough, arithmetic: [], notes };
  const shown = (amount: number) => formatAmount(amount, trigger.unit);
  const seen = value === undefined ? 'there is no measurement' : `${shown(value)} ${how}`;
  const because = `${seen}, the alert ${levels(trigger, value)}`;
  return { kind: 'investigate', because, lookAt: trigger.lookAt, notes };
}

/** `fires below 80 %`; the warning is named when the measurement has not passed the critical level. */
function levels(
  { fires, fireAt, warnAt, unit }: InvestigateTrigger,
  value: number | undefined,
): string {
  const beyond = (level: number) =>
    `${fires === 'above' ? 'at' : fires} ${formatAmount(level, unit)}`;
  const critical = value !== undefined && (fires === 'above' ? value > fireAt : value < fireAt);
  const warns = warnAt === undefined || critical ? '' : `warns ${beyond(warnAt)} and `;
  return `${warns}fires ${beyond(fireAt)}`;
}

function readyNotes({ currentReplicas, readyReplicas }: TriggerFacts): readonly string[] {
  if (readyReplicas === undefined || !(readyReplicas < currentReplicas)) return [];
  return [
    `${formatNumber(readyReplicas)} of ${formatPods(currentReplicas)} ${currentReplicas === 1 ? 'is' : 'are'} ready: pods that start or fail may be the cause`,
  ];
}

/** Why a measurement asks for nothing; one at its target is on the good side of it. */
function enoughAlready(trigger: Trigger, value: number): string | undefined {
  const { unit, target, fires } = trigger;
  if (target === undefined) return undefined;
  if (fires === 'above' ? value <= target : value >= target)
    return `${formatAmount(value, unit)} is not ${fires} the target of ${formatAmount(target, unit)}`;
  const near =
    trigger.kind === 'ratio' && value / target - 1 <= RATIO_TOLERANCE + ROUNDING_TOLERANCE;
  return near
    ? `${formatAmount(value, unit)} is within 10 % of the target of ${formatAmount(target, unit)}`
    : undefined;
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
    return { kind: 'enough', because: enoughWords(current, wanted), arithmetic, notes };
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
    const because = `${formatPods(wanted)} ${wanted === 1 ? 'is' : 'are'} wanted, but ${limitsMet.join('; ') || 'that is no number of pods'}`;
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
