// What an autoscaler makes of its metrics: advice, held back by windows, policies and limits.

import type { Json, JsonObject } from '../json.ts';
import { count, object, objects, text } from '../json.ts';
import { printAmount } from '../pod-amounts.ts';
import { quantityNanos } from '../quantity.ts';
import type { Utilization } from '../state.ts';

/** A ratio this close to one changes nothing. */
const tolerance = 0.1;
/** What an autoscaler remembers between its looks. */
export interface Memory {
  nextAt: number;
  /** Recommendations of the past, for the stabilisation windows. */
  advice: { readonly at: number; readonly replicas: number }[];
  /** Sizes set in the past, for the policies. */
  steps: { readonly at: number; readonly change: number }[];
}

/** What the metrics advise. */
export interface Reading {
  readonly replicas: number;
  readonly metrics: Json[];
  readonly source: string;
}

/** Status, reason and message of a condition. */
export type Claim = readonly ['True' | 'False', string, string];

/** A move that is considered. */
export interface Move {
  readonly current: number;
  readonly advised: number;
  /** Milliseconds. */
  readonly now: number;
}

/** What the metrics advise; undefined when none of them can be computed. */
export function readMetrics(
  held: JsonObject,
  workload: JsonObject,
  used: Utilization,
): Reading | undefined {
  const current = count(workload, ['spec', 'replicas'], 1);
  let best: Reading | undefined;
  const metrics: Json[] = [];
  for (const item of objects(held, 'spec', 'metrics')) {
    const name = text(item, 'resource', 'name');
    const percent = percentOf(used, name);
    const wanted = count(item, ['resource', 'target', 'averageUtilization']);
    if (percent === undefined || wanted === 0) continue;
    const ratio = percent / wanted;
    const replicas = Math.abs(ratio - 1) <= tolerance ? current : Math.ceil(current * ratio);
    metrics.push({
      type: 'Resource',
      resource: {
        name,
        current: {
          averageValue: averageValue(workload, name, percent),
          averageUtilization: Math.trunc(percent),
        },
      },
    });
    if (best === undefined || replicas > best.replicas) {
      const source = `${name} resource utilization (percentage of request)`;
      best = { replicas, metrics, source };
    }
  }
  return best;
}

/** Holds advice back within the stabilisation windows. */
export function stabilise(
  held: JsonObject,
  { current, advised, now }: Move,
  memory: Memory,
): number {
  const windowOf = (direction: string, fallback: number) =>
    count(held, ['spec', 'behavior', direction, 'stabilizationWindowSeconds'], fallback) * 1000;
  const up = windowOf('scaleUp', 0);
  const down = windowOf('scaleDown', 300);
  memory.advice = memory.advice.filter(({ at }) => now - at <= Math.max(up, down));
  memory.advice.push({ at: now, replicas: advised });
  const within = (window: number) =>
    memory.advice.filter(({ at }) => now - at <= window).map(({ replicas }) => replicas);
  if (advised > current) return Math.max(current, Math.min(advised, ...within(up)));
  return Math.min(current, Math.max(advised, ...within(down)));
}

/** Keeps a move within what the policies allow for their periods. */
export function pace(held: JsonObject, { current, advised, now }: Move, memory: Memory): number {
  const grows = advised > current;
  const direction = grows ? 'scaleUp' : 'scaleDown';
  const rules = object(held, 'spec', 'behavior', direction);
  if (advised === current || rules['selectPolicy'] === 'Disabled') return current;
  const written = objects(rules, 'policies');
  const fallback: JsonObject[] = grows
    ? [
        { type: 'Pods', value: 4, periodSeconds: 15 },
        { type: 'Percent', value: 100, periodSeconds: 15 },
      ]
    : [{ type: 'Percent', value: 100, periodSeconds: 15 }];
  const bounds = (written.length > 0 ? written : fallback).map((policy) => {
    const period = count(policy, ['periodSeconds'], 15) * 1000;
    const moved = memory.steps
      .filter(({ at }) => now - at < period)
      .reduce((total, { change }) => total + change, 0);
    const start = current - moved;
    const value = count(policy, ['value']);
    const size = text(policy, 'type') === 'Percent' ? Math.ceil((start * value) / 100) : value;
    return grows ? start + size : start - size;
  });
  const widest = (rules['selectPolicy'] === 'Min') !== grows;
  const bound = widest ? Math.max(...bounds) : Math.min(...bounds);
  return grows
    ? Math.max(current, Math.min(advised, bound))
    : Math.min(current, Math.max(advised, bound));
}

function percentOf(used: Utilization, name: string): number | undefined {
  if (name === 'cpu') return used.cpu;
  return name === 'memory' ? used.memory : undefined;
}

function averageValue(workload: JsonObject, name: string, percent: number): string {
  const total = objects(workload, 'spec', 'template', 'spec', 'containers').reduce(
    (sum, container) => sum + (quantityNanos(text(container, 'resources', 'requests', name)) ?? 0n),
    0n,
  );
  return printAmount(name, (total * BigInt(Math.round(percent * 1000))) / 100_000n);
}

/** Whether what was advised a while ago holds the advice back. */
export function stabilityClaim(advised: number, steady: number): Claim {
  if (steady === advised) {
    return ['True', 'ReadyForNewScale', 'recommended size matches current size'];
  }
  return steady > advised
    ? [
        'True',
        'ScaleDownStabilized',
        'recent recommendations were higher than current one, applying the highest recent recommendation',
      ]
    : [
        'True',
        'ScaleUpStabilized',
        'recent recommendations were lower than current one, applying the lowest recent recommendation',
      ];
}

/** Whether the limits or the pace hold the advice back. */
export function limitClaim(
  { current, advised }: Move,
  paced: number,
  { min, max }: { readonly min: number; readonly max: number },
): Claim {
  if (paced < advised && advised > current && paced < max) {
    return [
      'True',
      'ScaleUpLimit',
      'the desired replica count is increasing faster than the maximum scale rate',
    ];
  }
  if (paced > advised && advised < current && paced > min) {
    return [
      'True',
      'ScaleDownLimit',
      'the desired replica count is decreasing faster than the maximum scale rate',
    ];
  }
  if (advised < min) {
    return [
      'True',
      'TooFewReplicas',
      'the desired replica count is less than the minimum replica count',
    ];
  }
  if (advised > max) {
    return [
      'True',
      'TooManyReplicas',
      'the desired replica count is more than the maximum replica count',
    ];
  }
  return ['False', 'DesiredWithinRange', 'the desired count is within the acceptable range'];
}
