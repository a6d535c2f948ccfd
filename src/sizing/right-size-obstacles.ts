// Says what forbids making a container smaller: missing figures argue for nothing, and what was cut off was not seen whole.
import { formatNumber } from '../profile/amount.ts';
import { formatDuration } from '../profile/duration.ts';
import type { ContainerUsage } from './container-usage.ts';
import type { Need } from './right-size-need.ts';
import { evidence } from './right-size-rule.ts';
import { shareText } from './right-size-words.ts';

/** Reasons against a smaller request and limit, and reasons against a smaller limit alone, one clause each. */
export interface Obstacles {
  readonly both: readonly string[];
  readonly limit: readonly string[];
}

/** What stands in the way of less; empty lists allow it. */
export function obstaclesToLowering(need: Need, usage: ContainerUsage): Obstacles {
  const both = [...tooLittleSeen(need, usage), ...unknownFigures(need)];
  if (need.resource === 'memory') both.push(...signsOfKills(usage));
  return { both, limit: need.resource === 'cpu' ? heldBack(usage) : [] };
}

function tooLittleSeen({ resource }: Need, usage: ContainerUsage): readonly string[] {
  const { windowMs, samplesExpected } = usage;
  const { samplesSeen } = usage[resource];
  const reasons: string[] = [];
  if (!(windowMs >= evidence.windowMsMin)) {
    reasons.push(
      `the window is ${formatDuration(windowMs)}, at least ${formatDuration(evidence.windowMsMin)} are needed`,
    );
  }
  if (samplesSeen === undefined) {
    reasons.push('it is not known how many samples there are');
  } else if (!(samplesExpected > 0 && samplesSeen >= evidence.samplesShareMin * samplesExpected)) {
    reasons.push(
      `only ${formatNumber(samplesSeen)} of ${formatNumber(samplesExpected)} samples are there, ${shareText(evidence.samplesShareMin)} are needed`,
    );
  }
  return reasons;
}

function unknownFigures({ resource, figure, figureTooLow, covered }: Need): readonly string[] {
  const reasons: string[] = [];
  if (figureTooLow) reasons.push(`nothing above ${figure.name} is known`);
  if (covered === undefined) {
    reasons.push(resource === 'cpu' ? 'p99 is not known' : 'the largest use is not known');
  }
  return reasons;
}

/** A pod that was killed for memory, or restarted for a reason nobody looked at, did not show all it needs. */
export function signsOfKills({ restarts, oomKills }: ContainerUsage): readonly string[] {
  if (oomKills !== undefined && !(oomKills <= 0)) return ['it was killed for memory in the window'];
  if (restarts === undefined) return ['it is not known whether it restarted'];
  return restarts > 0 || Number.isNaN(restarts) ? ['it restarted in the window'] : [];
}

function heldBack({ throttledShare }: ContainerUsage): readonly string[] {
  if (throttledShare === undefined)
    return ['it is not known how often it holds the container back'];
  return throttledShare > 0 || Number.isNaN(throttledShare)
    ? [`it held the container back in ${shareText(throttledShare)} of its periods`]
    : [];
}
