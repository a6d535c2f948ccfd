// Looks at a live workload and its weeks in Prometheus, and drafts its first profile; trouble with Prometheus costs figures, not the draft.

import type { WorkloadRef } from '../change/change.ts';
import { OperationError } from '../errors.ts';
import type { Clock, Counters, MetricsOf, ReadSeries, WorkloadReader } from '../ports.ts';
import { type FirstProfile, firstProfile } from '../profile/first-profile.ts';
import { fillPromql, type PromqlNames } from '../profile/promql.ts';
import type { ContainerSize } from '../sizing/container-usage.ts';
import {
  estimateThroughput,
  type LoadSample,
  type ThroughputEstimate,
} from '../sizing/estimate-throughput.ts';
import { type CpuTarget, cpuTarget, type LiveWorkload } from '../sizing/live-workload.ts';
import { noSuchContainer, noSuchWorkload } from '../sizing/not-there.ts';
import { cpuRate, podLabels, stepFor } from '../sizing/pod-labels.ts';
import { rightSize } from '../sizing/right-size.ts';
import { observeUsage } from './observe-usage.ts';

export interface DraftQuestion {
  readonly ref: WorkloadRef;
  /** (Default: the only one.) */
  readonly container?: string;
  /** PromQL for the requests per second of the whole workload. (Default: the first of the usual counters that is there.) */
  readonly rate?: string;
  readonly windowMs: number;
}

export interface DraftParts {
  readonly readWorkload: WorkloadReader;
  /** Absent when nobody said where Prometheus is. */
  readonly prometheus?: { readonly readSeries: ReadSeries; readonly metricsOf: MetricsOf };
  readonly clock: Clock;
  readonly counters: Counters;
}

export type Draft =
  | ({ readonly kind: 'drafted' } & FirstProfile)
  | { readonly kind: 'misuse'; readonly because: string };

/** What web servers call the counter of their requests, the most usual first. */
const requestCounters = [
  'http_requests_total',
  'http_server_requests_seconds_count',
  'http_server_request_duration_seconds_count',
  'http_request_duration_seconds_count',
] as const;

/** @throws OperationError when the cluster cannot be asked. */
export async function draftProfile(question: DraftQuestion, parts: DraftParts): Promise<Draft> {
  const { ref, windowMs } = question;
  const answer = await parts.readWorkload(ref);
  if (answer.kind === 'missing')
    return { kind: 'misuse', because: noSuchWorkload(ref, answer.names) };
  const { workload } = answer;
  const container = pick(workload, question.container);
  if (typeof container !== 'string') return container;
  const names = { namespace: ref.namespace, workload: ref.name, container };
  const byUse = await sizeByUse(workload, { names, windowMs }, parts);
  const target = cpuTarget(workload, container);
  const { estimate, rate } = await estimated(question, { names, target }, parts);
  const draft = firstProfile({
    workload,
    container,
    readAt: parts.clock.now(),
    windowMs,
    cpuTarget: target,
    throughput: estimate,
    rate,
    byUse,
  });
  return { kind: 'drafted', ...draft };
}

function pick(
  workload: LiveWorkload,
  wanted: string | undefined,
): string | Extract<Draft, { kind: 'misuse' }> {
  const { ref, containers } = workload;
  const names = containers.map(({ name }) => name);
  if (wanted !== undefined) {
    return names.includes(wanted)
      ? wanted
      : { kind: 'misuse', because: noSuchContainer(workload, wanted) };
  }
  const where = `${ref.kind} ${ref.namespace}/${ref.name}`;
  const [only, ...others] = names;
  if (only === undefined) return { kind: 'misuse', because: `${where} has no containers` };
  return others.length === 0
    ? only
    : {
        kind: 'misuse',
        because: `${where} has several containers, choose one: ${names.join(', ')}`,
      };
}

/** What its use argues for, asked only where the container requests nothing. */
async function sizeByUse(
  { ref, containers }: LiveWorkload,
  { names, windowMs }: { readonly names: PromqlNames; readonly windowMs: number },
  { prometheus, clock, counters }: DraftParts,
): Promise<ContainerSize | undefined> {
  const now = containers.find(({ name }) => name === names.container)?.size ?? {};
  if (prometheus === undefined) return undefined;
  if ((now.cpuRequestMillicores ?? 0) > 0 && (now.memoryRequestMi ?? 0) > 0) return undefined;
  const { metricsOf } = prometheus;
  const { cluster, kind } = ref;
  const usage = await observeUsage(
    { cluster, kind, names, windowMs },
    { metricsOf, clock, counters },
  );
  return rightSize({ container: names.container, usage, now: {} }).after;
}

interface Estimated {
  readonly estimate: ThroughputEstimate;
  readonly rate?: string;
}

async function estimated(
  { ref, rate, windowMs }: DraftQuestion,
  { names, target }: { readonly names: PromqlNames; readonly target: CpuTarget | undefined },
  { prometheus, clock }: DraftParts,
): Promise<Estimated> {
  const unknown = (because: string): Estimated => ({
    estimate: { kind: 'unknown', because, samples: 0 },
  });
  if (prometheus === undefined)
    return unknown('nobody said where Prometheus is (--prometheus or PROMETHEUS_URL)');
  if (target === undefined)
    return unknown(
      'the container requests no CPU, so it is not known how much of it a pod may use',
    );
  const to = clock.now();
  const window = { from: new Date(to.getTime() - windowMs), to, stepMs: stepFor(windowMs) };
  const read = (promql: string) => prometheus.readSeries(fillPromql(promql, names), window);
  const cpu = cpuRate(ref.kind);
  try {
    const work = await firstWithSamples(
      rate === undefined ? requestCounters.map((name) => rateOf(name, ref)) : [rate],
      read,
    );
    if (work.kind === 'missing') {
      const asked = rate === undefined ? requestCounters.join(', ') : 'the given --rate';
      return unknown(`${work.because} (${asked}); give its requests per second with --rate`);
    }
    const [used, pods] = await Promise.all([read(`avg(${cpu}) * 1000`), read(`count(${cpu})`)]);
    if (used.kind === 'missing') return unknown(`CPU used: ${used.because}`);
    if (pods.kind === 'missing') return unknown(`number of pods: ${pods.because}`);
    const samples = joined({ used: used.samples, pods: pods.samples, work: work.samples });
    return { estimate: estimateThroughput(samples, target.millicores), rate: work.promql };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return unknown(error.message);
  }
}

function rateOf(counter: string, { kind }: WorkloadRef): string {
  return `sum(rate(${counter}{${podLabels(kind)}}[5m]))`;
}

type Samples = Extract<Awaited<ReturnType<ReadSeries>>, { kind: 'samples' }>['samples'];

async function firstWithSamples(
  candidates: readonly string[],
  read: (promql: string) => ReturnType<ReadSeries>,
): Promise<
  | { readonly kind: 'samples'; readonly promql: string; readonly samples: Samples }
  | { readonly kind: 'missing'; readonly because: string }
> {
  let because = 'Prometheus has no such series';
  for (const promql of candidates) {
    const answer = await read(promql);
    if (answer.kind === 'samples') return { ...answer, promql };
    because = answer.because;
  }
  return { kind: 'missing', because };
}

/** One sample for each step at which all three are known. */
function joined({
  used,
  pods,
  work,
}: Readonly<Record<'used' | 'pods' | 'work', Samples>>): readonly LoadSample[] {
  const byTime = (samples: Samples) => new Map(samples.map(({ atMs, value }) => [atMs, value]));
  const [cpuAt, podsAt] = [byTime(used), byTime(pods)];
  return work.flatMap(({ atMs, value }) => {
    const cpuMillicores = cpuAt.get(atMs);
    const count = podsAt.get(atMs) ?? 0;
    return cpuMillicores === undefined || count < 1
      ? []
      : [{ cpuMillicores, perSecond: value / count }];
  });
}
