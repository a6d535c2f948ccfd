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
  /** Average use as a share of what is requested; absent when it is not known. */
  readonly cpuShare?: number | undefined;
  readonly memoryShare?: number | undefined;
  /** What the busiest pod needed at its highest, as a share of its request: p99 of CPU, the most memory. */
  readonly cpuPeakShare?: number | undefined;
  readonly memoryPeakShare?: number | undefined;
  readonly windowMs: number;
  readonly samplesSeen?: number | undefined;
  readonly samplesExpected: number;
  /** The most pods there may be. */
  readonly max?: number;
  /** What else forbids fewer pods, one clause each. */
  readonly obstacles?: readonly string[];
}

export interface ReplicasAdvice {
  readonly kind: 'keep' | 'raise' | 'lower';
  readonly before: number;
  readonly after: number;
  readonly because: string;
}

/**
 * Pods by use, rounded up. Fewer only with a week, four fifths of the samples and both shares known, and never fewer than
 * carry the peak of the busiest pod within its request: what a pod did, the others must do when it is gone.
 */
export function rightSizeReplicas(facts: ReplicasFacts, rule: ReplicasRule): ReplicasAdvice {
  const { replicas: before } = facts;
  const shares = (['cpu', 'memory'] as const).flatMap((resource) => {
    const share = resource === 'cpu' ? facts.cpuShare : facts.memoryShare;
    return isShare(share) ? [{ resource, share }] : [];
  });
  const seen = shares
    .map(({ resource, share }) => `${resourceText(resource)} ${shareText(share)}`)
    .join(', ');
  if (shares.length === 0) return keep(before, 'no use is known');
  if (shares.some(({ share }) => share > rule.raiseAbove)) return more(facts, rule, seen);
  if (shares.some(({ share }) => share >= rule.lowerBelow))
    return keep(before, `${seen} of what is requested: neither too little nor too much`);
  return fewer(facts, rule, { seen, bothKnown: shares.length === 2 });
}

function more({ replicas: before, max }: ReplicasFacts, rule: ReplicasRule, seen: string) {
  const much = `${seen} of what is requested (above ${shareText(rule.raiseAbove)})`;
  const wanted = ceilTolerant(before * rule.raiseFactor);
  const after = Math.max(before, Math.min(wanted, max ?? wanted));
  if (after === before) return keep(before, `${much}, but there may not be more pods`);
  const most = after < wanted ? `, at most ${formatNumber(after)}` : '';
  const because = `${much}: ${formatPods(before)} × ${formatNumber(rule.raiseFactor)}${most} → ${formatPods(after)}`;
  return { kind: 'raise', before, after, because } as const;
}

function fewer(
  facts: ReplicasFacts,
  rule: ReplicasRule,
  { seen, bothKnown }: { readonly seen: string; readonly bothKnown: boolean },
): ReplicasAdvice {
  const { replicas: before, cpuPeakShare: cpu, memoryPeakShare: memory, obstacles = [] } = facts;
  const little = `${seen} of what is requested (below ${shareText(rule.lowerBelow)})`;
  if (!bothKnown) return keep(before, `${little}, but the other resource is not known`);
  const samples = (facts.samplesSeen ?? 0) / facts.samplesExpected;
  if (!(facts.windowMs >= evidence.windowMsMin && samples >= evidence.samplesShareMin))
    return keep(before, `${little}, but too little was seen to take pods away`);
  if (!isShare(cpu) || !isShare(memory))
    return keep(before, `${little}, but what the busiest pod needed is not known`);
  if (obstacles.length > 0)
    return keep(before, `${little}, but no pod is taken away: ${obstacles.join('; ')}`);
  const byRule = Math.max(rule.min, ceilTolerant(before * rule.lowerFactor));
  const carrying = ceilTolerant(before * Math.max(cpu, memory));
  const after = Math.min(before, Math.max(byRule, carrying));
  const peak =
    cpu >= memory ? `p99 of CPU is ${shareText(cpu)}` : `the most memory is ${shareText(memory)}`;
  const carried =
    carrying > byRule
      ? `; ${formatPods(Math.min(carrying, before))} to carry its peak (${peak})`
      : '';
  const because = `${little}: ${formatPods(before)} × ${formatNumber(rule.lowerFactor)}, at least ${formatNumber(rule.min)}${carried} → ${formatPods(after)}`;
  return { kind: after < before ? 'lower' : 'keep', before, after, because };
}

function keep(before: number, because: string): ReplicasAdvice {
  return { kind: 'keep', before, after: before, because };
}

function isShare(share: number | undefined): share is number {
  return share !== undefined && Number.isFinite(share) && share >= 0;
}
