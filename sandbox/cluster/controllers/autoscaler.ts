// The autoscaler: keeps a workload within its limits at every look, and follows the metrics when there are any.
import { timestamp } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, count, list, nameOf, namespaceOf, object, text, uidOf } from '../json.ts';
import { readManagers } from '../patch/managed-fields.ts';
import { autoscaler } from '../resources/autoscaler.ts';
import { resources } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { ownersFromScale, replicasField } from '../resources/scale.ts';
import type { ClusterState } from '../state.ts';
import { workloadKey } from '../state.ts';
import { controllerManager, tell, writeStatus } from './actor.ts';
import type { Claim, Memory, Reading } from './autoscaler-advice.ts';
import { limitClaim, pace, readMetrics, stabilise, stabilityClaim } from './autoscaler-advice.ts';
import type { Problem } from './autoscaler-problems.ts';
import { findProblem, noMetrics, whyNoScale } from './autoscaler-problems.ts';

const component = 'horizontal-pod-autoscaler';

const gotScale: readonly [string, Claim] = [
  'AbleToScale',
  ['True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale"],
];

/** Runs the autoscalers. */
export class Autoscaler {
  private readonly state: ClusterState;
  private readonly memory = new Map<string, Memory>();

  constructor(state: ClusterState) {
    this.state = state;
  }

  private get nowMs(): number {
    return this.state.clock.now().getTime();
  }

  /** Looks at every autoscaler that is due. */
  sync(): void {
    for (const held of this.state.store.list(autoscaler)) {
      const memory = this.memory.get(uidOf(held)) ?? this.newMemory();
      this.memory.set(uidOf(held), memory);
      if (this.nowMs < memory.nextAt) continue;
      memory.nextAt = this.nowMs + this.state.timings.autoscalerMs;
      this.look(held, memory);
    }
  }

  /** A new autoscaler gets its first look only after a whole period. */
  private newMemory(): Memory {
    const nextAt = this.nowMs + this.state.timings.autoscalerMs;
    return { nextAt, advice: [], steps: [] };
  }

  private target(held: JsonObject): { resource: Resource; workload: JsonObject } | undefined {
    const reference = object(held, 'spec', 'scaleTargetRef');
    const resource = resources.find((item) => item.scale && item.kind === text(reference, 'kind'));
    if (resource === undefined) return undefined;
    const workload = this.state.store.get(resource, namespaceOf(held), text(reference, 'name'));
    return workload === undefined ? undefined : { resource, workload };
  }

  private look(held: JsonObject, memory: Memory): void {
    const found = this.target(held);
    if (found === undefined) {
      this.targetMissing(held);
      return;
    }
    const { resource, workload } = found;
    const current = count(workload, ['spec', 'replicas'], 1);
    const min = count(held, ['spec', 'minReplicas'], 1);
    const max = count(held, ['spec', 'maxReplicas'], 1);
    if (current === 0) {
      this.scalingDisabled(held);
      return;
    }
    if (current > max || current < min) {
      const wished = current > max ? max : min;
      const why =
        current > max
          ? 'Current number of replicas above Spec.MaxReplicas'
          : 'Current number of replicas below Spec.MinReplicas';
      this.rescale(held, resource, workload, wished, why, null, memory);
      return;
    }
    const used = this.state.utilization.get(workloadKey(namespaceOf(workload), nameOf(workload)));
    const problem = findProblem(this.state, { autoscaler: held, resource, workload }, used);
    const reading = used === undefined ? undefined : readMetrics(held, workload, used);
    if (problem !== undefined || reading === undefined) {
      this.cannotCompute(held, current, problem ?? noMetrics(held));
    } else this.follow(held, found, current, reading, memory);
  }

  private follow(
    held: JsonObject,
    { resource, workload }: { resource: Resource; workload: JsonObject },
    current: number,
    reading: Reading,
    memory: Memory,
  ): void {
    const min = count(held, ['spec', 'minReplicas'], 1);
    const max = count(held, ['spec', 'maxReplicas'], 1);
    const now = this.nowMs;
    const steady = stabilise(held, { current, advised: reading.replicas, now }, memory);
    const paced = pace(held, { current, advised: steady, now }, memory);
    const wished = Math.min(max, Math.max(min, paced));
    const limited = limitClaim({ current, advised: steady, now }, paced, { min, max });
    const active: Claim = [
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${reading.source}`,
    ];
    if (wished !== current) {
      const why = wished > current ? `${reading.source} above target` : 'All metrics below target';
      this.rescale(held, resource, workload, wished, why, reading.metrics, memory, [
        ['ScalingActive', active],
        ['ScalingLimited', limited],
      ]);
      return;
    }
    this.write(held, current, current, reading.metrics, [
      ['AbleToScale', stabilityClaim(reading.replicas, steady)],
      ['ScalingActive', active],
      ['ScalingLimited', limited],
    ]);
  }

  private rescale(
    held: JsonObject,
    resource: Resource,
    workload: JsonObject,
    wished: number,
    why: string,
    metrics: Json[] | null,
    memory: Memory,
    claims: readonly (readonly [string, Claim])[] = [],
  ): void {
    const current = count(workload, ['spec', 'replicas'], 1);
    const next = clone(workload);
    object(next, 'spec')['replicas'] = wished;
    const owners = ownersFromScale(resource, workload, [
      {
        manager: controllerManager,
        operation: 'Update',
        apiVersion: apiVersionOf(resource),
        subresource: 'scale',
        time: undefined,
        fields: replicasField(resource),
      },
    ]);
    const managed = readManagers(workload).length > 0;
    this.state.writer.update(resource, workload, next, {
      manager: controllerManager,
      ...(managed ? { owners } : {}),
    });
    memory.steps = memory.steps.filter(({ at }) => this.nowMs - at < 3_600_000);
    memory.steps.push({ at: this.nowMs, change: wished - current });
    tell(this.state, autoscaler, held, {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: `New size: ${wished}; reason: ${why}`,
      component,
    });
    const done = `the HPA controller was able to update the target scale to ${wished}`;
    this.write(
      held,
      current,
      wished,
      metrics,
      [['AbleToScale', ['True', 'SucceededRescale', done]], ...claims],
      true,
    );
  }

  private cannotCompute(held: JsonObject, current: number, problem: Problem): void {
    const { reason, message, ambiguous } = problem;
    const desired = count(held, ['status', 'desiredReplicas']);
    const claimed = ambiguous
      ? message
      : `the HPA was unable to compute the replica count: ${message}`;
    this.write(held, current, desired, ambiguous ? null : [{ type: '' }], [
      gotScale,
      ['ScalingActive', ['False', reason, claimed]],
    ]);
    this.warn(held, reason, message);
    this.warn(held, 'FailedComputeMetricsReplicas', problem.summary);
  }

  private warn(held: JsonObject, reason: string, message: string): void {
    tell(this.state, autoscaler, held, { type: 'Warning', reason, message, component });
  }

  private targetMissing(held: JsonObject): void {
    const because = whyNoScale(held);
    const message = `the HPA controller was unable to get the target's current scale: ${because}`;
    this.write(held, 0, 0, null, [['AbleToScale', ['False', 'FailedGetScale', message]]]);
    this.warn(held, 'FailedGetScale', because);
  }

  private scalingDisabled(held: JsonObject): void {
    this.write(held, 0, 0, null, [
      gotScale,
      [
        'ScalingActive',
        [
          'False',
          'ScalingDisabled',
          'scaling is disabled since the replica count of the target is zero',
        ],
      ],
    ]);
  }

  private write(
    held: JsonObject,
    current: number,
    desired: number,
    metrics: Json[] | null,
    claims: readonly (readonly [string, Claim])[],
    rescaled = false,
  ): void {
    const now = timestamp(this.state.clock.now());
    const conditions: Json[] = [...list(held, 'status', 'conditions')];
    for (const [type, [status, reason, message]] of claims) {
      const index = conditions.findIndex((item) => text(item, 'type') === type);
      const before = index < 0 ? undefined : conditions[index];
      const since = text(before, 'status') === status ? text(before, 'lastTransitionTime') : now;
      const made = { type, status, lastTransitionTime: since, reason, message };
      if (index < 0) conditions.push(made);
      else conditions[index] = made;
    }
    const last = rescaled ? now : text(held, 'status', 'lastScaleTime');
    writeStatus(this.state, autoscaler, held, {
      ...(last === '' ? {} : { lastScaleTime: last }),
      ...(current === 0 ? {} : { currentReplicas: current }),
      desiredReplicas: desired,
      currentMetrics: metrics,
      conditions,
    });
  }
}
