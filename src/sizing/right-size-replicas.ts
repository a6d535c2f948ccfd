// Recommends fewer or more pods where a guide answers use with replicas instead of bigger or smaller pods.
import { formatNumber, formatPods } from '../profile/amount.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { evidence } from './right-size-rule.ts';
import { resourceText, shareText } from './right-size-words.ts';

/** Both resources below `lowerBelow`: so many times fewer. Either above `raiseAbove`: so many times more. */
export interface ReplicasRule {
  readonly lowerBelow: number;
  readonly lowerFactor: number;
  readonly raiseAbove: number;
  readonly raiseFactor: number;
  /** Never fewer. */
  readonly min: number;
  readonly source: string;
}

export interface ReplicasFacts {
  readonly replicas: number;
  /** Use as a share of what is requested; absent when it is not known. */
  readonly cpuShare?: number;
  readonly memoryShare?: number;
  readonly windowMs: number;
  readonly samplesSeen?: number;
  readonly samplesExpected: number;
}

export interface ReplicasAdvice {
  readonly kind: 'keep' | 'raise' | 'lower';
  readonly before: number;
  readonly after: number;
  readonly because: string;
}

/** Pods by use, rounded up; fewer only with a week, four fifths of the samples and both shares known. */
export function rightSizeReplicas(facts: ReplicasFacts, rule: ReplicasRule): ReplicasAdvice {
  const { replicas: before } = facts;
  const shares = (['cpu', 'memory'] as const).flatMap((resource) => {
    const share = resource === 'cpu' ? facts.cpuShare : facts.memoryShare;
    return share !== undefined && Number.isFinite(share) && share >= 0 ? [{ resource, share }] : [];
  });
  const seen = shares
    .map(({ resource, share }) => `${resourceText(resource)} ${shareText(share)}`)
    .join(', ');
  const keep = (because: string): ReplicasAdvice => ({
    kind: 'keep',
    before,
    after: before,
    because,
  });
  if (shares.length === 0) return keep('no use is known');

  if (shares.some(({ share }) => share > rule.raiseAbove)) {
    const after = Math.max(before, ceilTolerant(before * rule.raiseFactor));
    const because = `${seen} of what is requested (above ${shareText(rule.raiseAbove)}): ${formatPods(before)} × ${formatNumber(rule.raiseFactor)} → ${formatPods(after)}`;
    return { kind: after > before ? 'raise' : 'keep', before, after, because };
  }
  if (shares.some(({ share }) => share >= rule.lowerBelow))
    return keep(`${seen} of what is requested: neither too little nor too much`);
  const little = `${seen} of what is requested (below ${shareText(rule.lowerBelow)})`;
  if (shares.length < 2) return keep(`${little}, but the other resource is not known`);
  const samples = (facts.samplesSeen ?? 0) / facts.samplesExpected;
  if (!(facts.windowMs >= evidence.windowMsMin && samples >= evidence.samplesShareMin))
    return keep(`${little}, but too little was seen to take pods away`);
  const after = Math.min(before, Math.max(rule.min, ceilTolerant(before * rule.lowerFactor)));
  const because = `${little}: ${formatPods(before)} × ${formatNumber(rule.lowerFactor)}, at least ${formatNumber(rule.min)} → ${formatPods(after)}`;
  return { kind: after < before ? 'lower' : 'keep', before, after, because };
}
