// Says why the pods of one component cannot be as a sizing has them: too many, too few, too large, or none Kubernetes takes.
import { formatNumber } from '../profile/amount.ts';
import type { Component } from '../profile/profile.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import type { SizedComponent } from './sized.ts';

/** One sentence for each reason; empty when the component can be so. */
export function componentProblems(
  component: Component | undefined,
  { id, replicas, pod }: SizedComponent,
): readonly string[] {
  const problems: string[] = [];
  const { min, max } = component?.replicas ?? { min: 0, max: Number.POSITIVE_INFINITY };
  const of = `${formatNumber(replicas)} ${replicas === 1 ? 'replica' : 'replicas'} of ${id}`;
  const are = replicas === 1 ? 'is' : 'are';
  if (replicas > max) problems.push(`${of} ${are} more than the ${max} it may have in one place`);
  if (replicas < min) problems.push(`${of} ${are} fewer than the ${min} it needs at least`);
  const { podMax } = component ?? {};
  const { cpuMillicores, memoryMi, cpuLimitMillicores, memoryLimitMi } = pod;
  const requests = [
    { now: cpuMillicores, limit: cpuLimitMillicores, max: podMax?.cpuMillicores, show: formatCpu },
    { now: memoryMi, limit: memoryLimitMi, max: podMax?.memoryMi, show: formatMemory },
  ];
  for (const { now, limit, max: most, show } of requests) {
    const words = `a pod of ${id} would request ${show(now)}`;
    if (!(now > 0)) problems.push(`${words}, which is no size`);
    if (most !== undefined && now > most) {
      problems.push(`${words}, at most ${show(most)} is allowed`);
    }
    if (limit !== undefined && limit < now) {
      problems.push(`${words}, more than its limit of ${show(limit)}`);
    }
  }
  return problems;
}
