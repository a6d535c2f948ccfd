// Keeps an autoscaler acting at the same use when the request changes that its target is a share of.
import { formatNumber } from '../profile/amount.ts';
import { floorTolerant } from '../profile/rounding.ts';
import type { Resource } from './container-usage.ts';
import { amountText } from './right-size-words.ts';

/** A target of an autoscaler that is a share of what pods request. */
export interface UtilisationTarget {
  readonly resource: Resource;
  /** Whole percent. */
  readonly percent: number;
  /** What all containers of a pod request together, when the target counts them all. (Default: the one container.) */
  readonly podRequest?: number;
}

/** How a target must move with a request. Thresholds are use per pod, in millicores or Mi. */
export interface TargetMove {
  readonly resource: Resource;
  readonly percentBefore: number;
  readonly percentAfter: number;
  readonly thresholdBefore?: number;
  readonly thresholdAfter: number;
  /** The autoscaler acts at the same use as before, but for less than one percent of the request. */
  readonly kept: boolean;
  readonly because: string;
}

/** Above 95 % a pod is at its request before the autoscaler acts; a target of 0 is none. */
const percentMin = 1;
const percentMax = 95;

/**
 * The target that keeps the absolute use at which the autoscaler acts; nothing when the request stays. Rounded down: it
 * may act a little sooner, not later.
 */
export function keepThreshold(
  target: UtilisationTarget,
  before: number | undefined,
  after: number | undefined,
): TargetMove | undefined {
  if (after === undefined || after === before) return undefined;
  const { resource, percent } = target;
  if (before === undefined || before <= 0) {
    const thresholdAfter = (after * percent) / 100;
    const because = `without a request the target of ${percent} % meant nothing; now it means ${amountText(resource, thresholdAfter)}`;
    return {
      resource,
      percentBefore: percent,
      percentAfter: percent,
      thresholdAfter,
      kept: false,
      because,
    };
  }
  const baseBefore = Math.max(before, target.podRequest ?? before);
  const baseAfter = baseBefore - before + after;
  const thresholdBefore = (baseBefore * percent) / 100;
  const exact = (baseBefore * percent) / baseAfter;
  const percentAfter = Math.min(percentMax, Math.max(percentMin, floorTolerant(exact)));
  const kept = exact >= percentMin && floorTolerant(exact) <= percentMax;
  const thresholdAfter = (baseAfter * percentAfter) / 100;
  const sum = `${amountText(resource, baseBefore)} × ${percent} % ÷ ${amountText(resource, baseAfter)} = ${formatNumber(exact)} %`;
  return {
    resource,
    percentBefore: percent,
    percentAfter,
    thresholdBefore,
    thresholdAfter,
    kept,
    because: kept
      ? `${sum}: target ${percentAfter} %, so that it still acts at about ${amountText(resource, thresholdBefore)} a pod`
      : `${sum}, which is no usable target: at ${percentAfter} % it acts at ${amountText(resource, thresholdAfter)} a pod instead of ${amountText(resource, thresholdBefore)}, so ${thresholdAfter < thresholdBefore ? 'more pods run' : 'it acts later'}`,
  };
}
