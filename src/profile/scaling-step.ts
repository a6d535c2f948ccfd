// Says how far one period of a scaling policy goes, so that no single plan moves further than the autoscaler itself would.
import type { ScalingPolicy } from './profile.ts';
import { ceilTolerant } from './rounding.ts';

/** Without a policy one plan at most doubles the pods. */
const WITHOUT_POLICY_FACTOR = 2;

/** The most pods that one period of `policy` allows from `current`, counted as Kubernetes does; never below `current`. */
export function highestAfterOneStep(current: number, policy: ScalingPolicy | undefined): number {
  if (policy === undefined) return Math.max(current * WITHOUT_POLICY_FACTOR, 1);
  const steps: number[] = [];
  if (policy.percent !== undefined) steps.push(ceilTolerant(current * (1 + policy.percent / 100)));
  if (policy.pods !== undefined) steps.push(current + policy.pods);
  if (policy.select === 'Disabled' || steps.length === 0) return current;
  return Math.max(current, policy.select === 'Max' ? Math.max(...steps) : Math.min(...steps));
}
