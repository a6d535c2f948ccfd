// How the series of a workload's pods are told apart in Prometheus, so that every query of ours finds the same ones.
import { podPattern } from '../profile/promql.ts';

/** The pods of a workload. */
export function podLabels(kind: 'Deployment' | 'StatefulSet'): string {
  return `namespace="$namespace",pod=~"${podPattern(kind)}"`;
}

/** One container of them. */
export function containerLabels(kind: 'Deployment' | 'StatefulSet'): string {
  return `${podLabels(kind)},container="$container"`;
}

/** A rate over less sees too few scrapes; over more it would flatten the peaks. */
export const rateWindow = '5m';

/** CPU of each pod's container, in cores. */
export function cpuRate(kind: 'Deployment' | 'StatefulSet'): string {
  return `rate(container_cpu_usage_seconds_total{${containerLabels(kind)}}[${rateWindow}])`;
}

/** Two weeks in steps of five minutes; longer windows get longer steps instead of more. */
const stepsMax = 4032;
const minuteMs = 60_000;

/** How far apart the steps of a window are. */
export function stepFor(windowMs: number): number {
  return Math.max(5, Math.ceil(windowMs / stepsMax / minuteMs)) * minuteMs;
}
