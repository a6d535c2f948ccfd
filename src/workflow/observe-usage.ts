// Asks Prometheus what one container used over a window, in at most six queries; what has no answer is missing, never zero.

import { formatDuration } from '../profile/duration.ts';
import type { PromqlNames } from '../profile/promql.ts';
import type { ContainerUsage, ResourceUsage } from '../sizing/container-usage.ts';
import { containerLabels, cpuRate, stepFor } from '../sizing/pod-labels.ts';
import { readMetric } from './observe-target.ts';
import type { Parts } from './parts.ts';

export interface UsageQuestion {
  readonly cluster: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly names: PromqlNames;
  /** (Default: 14 days.) */
  readonly windowMs?: number;
  /** The percentile the rule looks at. (Default: 95.) */
  readonly percentile?: 50 | 95 | 99;
  /** Without a CPU limit nothing holds the container back, and that need not be asked. (Default: true.) */
  readonly cpuLimited?: boolean;
}

/** What a plan may cost Prometheus (design, section 7). */
const queriesMax = 6;
const windowMsDefault = 14 * 24 * 3_600_000;
const maxAgeSeconds = 300;
const bytesPerMi = 2 ** 20;

/** One number to ask for: what it is called, and where it goes. */
interface Question {
  readonly name: string;
  readonly promql: string;
  readonly put: (found: Found, value: number) => void;
}

interface Found {
  readonly cpu: { -readonly [Name in keyof ResourceUsage]: ResourceUsage[Name] };
  readonly memory: { -readonly [Name in keyof ResourceUsage]: ResourceUsage[Name] };
  restarts?: number;
  throttledShare?: number;
}

/**
 * The use of the busiest pod at each step: all pods have one size, and it must do for that one. A step counts as seen
 * when both CPU and memory were. Trouble with Prometheus makes figures missing, with the reason.
 */
export async function observeUsage(
  question: UsageQuestion,
  parts: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>,
): Promise<ContainerUsage> {
  const windowMs = question.windowMs ?? windowMsDefault;
  const stepMs = stepFor(windowMs);
  const samplesExpected = Math.floor(windowMs / stepMs);
  const found: Found = { cpu: {}, memory: {} };
  const problems = new Map<string, string[]>();
  const questions = questionsFor(question, { windowMs, stepMs, samplesExpected });
  await Promise.all(
    questions.map(async ({ name, promql, put }) => {
      const { names, cluster } = question;
      const reading = await readMetric({ promql, names, cluster, maxAgeSeconds }, parts);
      if (reading.kind === 'value') return put(found, reading.value);
      const because = reading.kind === 'missing' ? reading.because : 'the answer is too old';
      problems.set(because, [...(problems.get(because) ?? []), name]);
    }),
  );
  return {
    windowMs,
    stepMs,
    samplesExpected,
    ...found,
    missing: [...problems].map(([because, what]) => `${what.toSorted().join(', ')}: ${because}`),
  };
}

/** The most important questions first; what does not fit is not asked. */
function questionsFor(
  { kind, percentile = 95, cpuLimited = true }: UsageQuestion,
  window: { readonly windowMs: number; readonly stepMs: number; readonly samplesExpected: number },
): readonly Question[] {
  const range = formatDuration(window.windowMs);
  const steps = `[${range}:${formatDuration(window.stepMs)}]`;
  const labels = `{${containerLabels(kind)}}`;
  const cpu = `max(${cpuRate(kind)})`;
  const workingSet = `container_memory_working_set_bytes${labels}`;
  const increase = (metric: string) => `sum(increase(${metric}${labels}[${range}]))`;
  const cpuAt = (rank: 50 | 95 | 99): Question => ({
    name: `CPU p${rank}`,
    promql: `quantile_over_time(${rank / 100}, ${cpu}${steps}) * 1000`,
    put: (found, value) => void (found.cpu[`p${rank}`] = value),
  });
  const questions: readonly Question[] = [
    cpuAt(99),
    ...(percentile === 99 ? [] : [cpuAt(percentile)]),
    {
      name: 'largest memory',
      // Every sample, not one a step: between two steps a peak would be lost.
      promql: `max(max_over_time(${workingSet}[${range}]))`,
      put: (found, value) => void (found.memory.maximum = value / bytesPerMi),
    },
    {
      name: 'number of samples',
      promql: `count_over_time((${cpu} and max(${workingSet}))${steps})`,
      put: (found, value) => {
        // Both ends of a window may have a step.
        const seen = Math.min(value, window.samplesExpected);
        found.cpu.samplesSeen = seen;
        found.memory.samplesSeen = seen;
      },
    },
    {
      name: 'restarts',
      promql: increase('kube_pod_container_status_restarts_total'),
      put: (found, value) => void (found.restarts = value),
    },
    ...(cpuLimited
      ? [
          {
            name: 'throttling',
            promql: `${increase('container_cpu_cfs_throttled_periods_total')} / ${increase('container_cpu_cfs_periods_total')}`,
            put: (found: Found, value: number) => void (found.throttledShare = value),
          },
        ]
      : []),
    {
      name: `memory p${percentile}`,
      promql: `quantile_over_time(${percentile / 100}, max(${workingSet})${steps})`,
      put: (found, value) => void (found.memory[`p${percentile}`] = value / bytesPerMi),
    },
  ];
  return questions.slice(0, queriesMax);
}
