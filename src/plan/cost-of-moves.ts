// What the replicas that a procedure moves cost before and after, all components together.

import type { Change, WorkloadRef } from '../change/change.ts';
import { targetKey } from '../change/change.ts';
import type { Component } from '../profile/profile.ts';
import { costOf } from './cost.ts';
import type { PlanCost } from './plan.ts';
import { ratesOf, type System } from './system.ts';

/** How many pods a workload has before and after one step. */
export interface ReplicasMove {
  readonly workload: WorkloadRef;
  readonly component?: Component;
  readonly from: number;
  readonly to: number;
}

/** Undefined where not all of it is known: pods of another size, new objects, or workloads that no component describes. */
export function costOfMoves(
  moves: readonly ReplicasMove[],
  changes: readonly Change[],
  system: System,
): PlanCost | undefined {
  const isKnown = changes.every(({ kind }) => kind === 'scale' || kind === 'autoscaler');
  if (!isKnown || moves.length === 0) return undefined;
  const targets = new Set(moves.map(({ workload }) => targetKey(workload)));
  const costs = [...targets].map((target) => {
    const own = moves.filter(({ workload }) => targetKey(workload) === target);
    const [first, last] = [own[0], own.at(-1)];
    const component = first?.component;
    if (first === undefined || last === undefined || component === undefined) return undefined;
    const rates = ratesOf(system, component.id);
    return costOf({ rates, component, pod: {}, before: first.from, after: last.to });
  });
  const [one] = costs;
  if (one === undefined || costs.includes(undefined)) return undefined;
  const sum = (key: 'beforeUsdPerMonth' | 'afterUsdPerMonth') =>
    costs.reduce((all, cost) => all + Math.round((cost?.[key] ?? 0) * 100), 0) / 100;
  return {
    beforeUsdPerMonth: sum('beforeUsdPerMonth'),
    afterUsdPerMonth: sum('afterUsdPerMonth'),
    source: one.source,
  };
}
