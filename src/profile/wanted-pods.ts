// The two rules that turn a measurement into pods, before any limit: the HPA's for shares, drain time for backlogs.
import { formatAmount, formatNumber, formatPods } from './amount.ts';
import type { BacklogTrigger, RatioTrigger } from './profile.ts';
import { ceilTolerant } from './rounding.ts';
import type { ArithmeticLine, TriggerFacts } from './trigger-facts.ts';
import { unusable } from './usable-value.ts';

/** What a size is derived from: the pods that run now and the number the trigger is about. */
export interface Basis {
  readonly current: number;
  readonly value: number;
  readonly valueSource: string;
}

/** What the arithmetic asks for; `whyNot` says what fewer pods would leave undone. */
export interface Wanted {
  readonly wanted: number;
  readonly arithmetic: readonly ArithmeticLine[];
  readonly notes: readonly string[];
  whyNot(pods: number): string | undefined;
}

/** The Kubernetes HPA rule. */
export function wantedForRatio(
  trigger: RatioTrigger,
  { current, value, valueSource }: Basis,
): Wanted {
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
export function wantedForBacklog(
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
  const arrivalSource = known
    ? arrival.source
    : `what ${formatPods(current)} ${current === 1 ? 'serves' : 'serve'}`;
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
