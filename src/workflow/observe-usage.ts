// Asks Prometheus what one container used over a window, in at most six queries a question; what has no answer is missing, never zero.

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
interface Question<Into = Found> {
  readonly name: string;
  readonly promql: string;
  readonly put: (found: Into, value: number) => void;
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
  const questions = questionsFor(question, { windowMs, stepMs, samplesExpected });
  const missing = await askAll(questions, found, { question, parts });
  return { windowMs, stepMs, samplesExpected, ...found, missing };
}

/** The average of all pods over the window. */
export interface AverageUse {
  readonly cpuMillicores?: number;
  readonly memoryMi?: number;
  /** What could not be measured and why, one sentence each. */
  readonly missing: readonly string[];
}

/**
 * Two more queries, for a profile that answers use with more or fewer pods: pods share the work, so their average counts.
 * It is a question of its own, because the six of `observeUsage` are all needed before anything is made smaller.
 */
export async function observeAverageUse(
  question: Pick<UsageQuestion, 'cluster' | 'kind' | 'names' | 'windowMs'>,
  parts: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>,
): Promise<AverageUse> {
  const { kind, windowMs = windowMsDefault } = question;
  const steps = `[${formatDuration(windowMs)}:${formatDuration(stepFor(windowMs))}]`;
  const average: { cpuMillicores?: number; memoryMi?: number } = {};
  const questions: readonly Question<typeof average>[] = [
    {
      name: 'average CPU',
      promql: `avg_over_time(avg(${cpuRate(kind)})${steps}) * 1000`,
      put: (found, value) => void (found.cpuMillicores = value),
    },
    {
      name: 'average memory',
      promql: `avg_over_time(avg(${workingSetOf(kind)})${steps})`,
      put: (found, value) => void (found.memoryMi = value / bytesPerMi),
    },
  ];
  const missing = await askAll(questions, average, { question, parts });
  return { ...average, missing };
}

/** Puts every answer where it goes; answers what is missing, once for each reason. */
async function askAll<Into>(
  questions: readonly Question<Into>[],
  found: Into,
  {
    question: { names, cluster },
    parts,
  }: {
    readonly question: Pick<UsageQuestion, 'cluster' | 'names'>;
    readonly parts: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>;
  },
): Promise<readonly string[]> {
  const problems = new Map<string, string[]>();
  await Promise.all(
    questions.map(async ({ name, promql, put }) => {
      const reading = await readMetric({ promql, names, cluster, maxAgeSeconds }, parts);
      if (reading.kind === 'value') return put(found, reading.value);
      const because = reading.kind === 'missing' ? reading.because : 'the answer is too old';
      problems.set(because, [...(problems.get(because) ?? []), name]);
    }),
  );
  return [...problems].map(([because, what]) => `${what.toSorted().join(', ')}: ${because}`);
}

function workingSetOf(kind: UsageQuestion['kind']): string {
  return `container_memory_working_set_bytes{${containerLabels(kind)}}`;
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
  const workingSet = workingSetOf(kind);
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
