// Looks at a target before planning: the cluster and the metrics, each with its age or the reason why it is not known.

import type { WorkloadRef } from '../change/change.ts';
import { assert, OperationError } from '../errors.ts';
import type { TargetFacts } from '../plan/draft.ts';
import { assembleReading, type Reading } from '../plan/observation.ts';
import type { System } from '../plan/system.ts';
import type { PromqlNames } from '../profile/promql.ts';
import { fillPromql } from '../profile/promql.ts';
import type { Parts } from './parts.ts';

/** What the cluster says about a component now; a cluster that cannot be asked is a fact too. */
export async function observeTarget(
  system: System,
  componentId: string,
  parts: Pick<Parts, 'clusters' | 'clock' | 'counters'>,
): Promise<TargetFacts> {
  const component = system.profile.components.get(componentId);
  const workload = system.workloads.get(componentId);
  assert(
    component !== undefined && workload !== undefined,
    `${system.id} has a component ${componentId}`,
  );
  return { component, ...(await observeWorkload(system, workload, parts)) };
}

/** The same for a workload, whether a profile knows it or not. */
export async function observeWorkload(
  system: System,
  workload: WorkloadRef,
  { clusters, clock, counters }: Pick<Parts, 'clusters' | 'clock' | 'counters'>,
): Promise<Omit<TargetFacts, 'component'>> {
  const facts = { system, workload };
  const asked = await askCluster(workload.cluster, counters, () => clusters.follow(workload));
  return asked.kind === 'answer'
    ? { ...facts, cluster: asked.answer, now: clock.now() }
    : { ...facts, cluster: undefined, clusterProblem: asked.problem, now: clock.now() };
}

/** Reads something of a cluster; that it cannot be asked is a fact too, and counted. */
export async function askCluster<Answer>(
  cluster: string,
  counters: Parts['counters'],
  ask: () => Promise<Answer>,
): Promise<
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'problem'; readonly problem: string }
> {
  try {
    const answer = await ask();
    counters.degraded(`cluster ${cluster}`, false);
    return { kind: 'answer', answer };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    counters.degraded(`cluster ${cluster}`, true);
    return { kind: 'problem', problem: error.message };
  }
}

/** Asks for one number; whatever goes wrong makes it missing, never zero. */
export async function readMetric(
  question: {
    readonly promql: string;
    readonly sampledAt?: string;
    readonly names: PromqlNames;
    readonly cluster: string;
    readonly maxAgeSeconds: number;
  },
  { metricsOf, clock, counters }: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>,
): Promise<Reading> {
  const metrics = metricsOf(question.cluster);
  const source = fillPromql(question.promql, question.names);
  try {
    const [answer, sampled] = await Promise.all([
      metrics.query(source),
      question.sampledAt === undefined
        ? undefined
        : metrics.query(fillPromql(question.sampledAt, question.names)),
    ]);
    counters.degraded(`metrics of ${question.cluster}`, false);
    if (answer.kind === 'missing') return { kind: 'missing', because: answer.because, source };
    return assembleReading({
      value: answer.value,
      // Prometheus dates an answer by when it was asked; the sample behind it can be older.
      at: sampled?.kind === 'value' ? new Date(sampled.value * 1000) : answer.at,
      now: clock.now(),
      maxAgeSeconds: question.maxAgeSeconds,
      source,
    });
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    counters.degraded(`metrics of ${question.cluster}`, true);
    return { kind: 'missing', because: error.message, source };
  }
}
