// Says when fewer pods would be left than a PodDisruptionBudget wants: no server refuses that, but nodes cannot be drained then.

import { formatPods } from '../profile/amount.ts';

interface LabelRule {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A PodDisruptionBudget; one of the two bounds, as a number or a share such as "50%". */
export interface DisruptionBudget {
  readonly name: string;
  /** Which pods it is for; both empty: all of the namespace. */
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly LabelRule[];
  readonly minAvailable?: number | string;
  readonly maxUnavailable?: number | string;
  /** How many pods it counts now, of all workloads it is for. */
  readonly expectedPods: number;
}

/** What a plan does to the pods of one workload. */
export interface Disruption {
  readonly labels: Readonly<Record<string, string>>;
  readonly before: number;
  readonly after: number;
  /** How many of them are away at once while each is replaced; absent: none is replaced. */
  readonly away?: number;
}

/** One sentence for each budget that is left with too few pods. */
export function disruptionWords(
  { labels, before, after, away }: Disruption,
  budgets: readonly DisruptionBudget[],
): readonly string[] {
  return budgets
    .filter((budget) => covers(budget, labels))
    .flatMap((budget) => {
      const others = Math.max(0, budget.expectedPods - before);
      const least = leastOf(budget, others + after);
      const wants = `PodDisruptionBudget ${budget.name} wants at least ${formatPods(least)} available`;
      if (after < before && others + after < least) {
        return [
          `${wants}, and ${others + after} would be left: draining a node would wait for ever`,
        ];
      }
      if (away !== undefined && away > 0 && others + after - away < least) {
        return [
          `${wants}, and up to ${away} of ${others + after} are away at once while they are replaced`,
        ];
      }
      return [];
    });
}

/** How many of so many pods must stay; shares are rounded up, as the server does. */
function leastOf({ minAvailable, maxUnavailable }: DisruptionBudget, pods: number): number {
  if (minAvailable !== undefined) return countOf(minAvailable, pods);
  return maxUnavailable === undefined ? 0 : Math.max(0, pods - countOf(maxUnavailable, pods));
}

function countOf(amount: number | string, pods: number): number {
  if (typeof amount === 'number') return amount;
  const percent = Number(/^(\d+)%$/.exec(amount)?.[1] ?? Number.NaN);
  return Number.isFinite(percent) ? Math.ceil((pods * percent) / 100) : Number(amount);
}

function covers(
  { labels, rules }: DisruptionBudget,
  pod: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(labels).every(([key, value]) => pod[key] === value) &&
    rules.every((rule) => holds(rule, pod[rule.key]))
  );
}

function holds({ operator, values }: LabelRule, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
