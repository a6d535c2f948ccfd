// The autoscaler: keeps a workload within its limits at every look, and follows the metrics when there are any.
import { timestamp } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, count, list, nameOf, namespaceOf, object, objects, text, uidOf } from '../json.ts';
import { parseFields } from '../patch/field-set.ts';
import { readManagers } from '../patch/managed-fields.ts';
import { canonicalQuantity, quantityNanos } from '../quantity.ts';
import { autoscaler } from '../resources/autoscaler.ts';
import { resources } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import { apiVersionOf } from '../resources/resource.ts';
import { ownersFromScale } from '../resources/scale.ts';
import type { ClusterState, Utilization } from '../state.ts';
import { workloadKey } from '../state.ts';
import { controllerManager, tell, writeStatus } from './actor.ts';

const component = 'horizontal-pod-autoscaler';
/** A ratio this close to one changes nothing. */
const tolerance = 0.1;
const noMetrics = 'did not receive metrics for targeted pods (pods might be unready)';

interface Memory {
  nextAt: number;
  /** Recommendations of the past, for the stabilisation windows. */
  advice: { readonly at: number; readonly replicas: number }[];
  /** Sizes set in the past, for the policies. */
  steps: { readonly at: number; readonly change: number }[];
}

interface Reading {
  readonly replicas: number;
  readonly metrics: Json[];
  readonly source: string;
}

type Claim = readonly ['True' | 'False', string, string];

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
    const reading = this.read(held, workload, current);
    if (reading === undefined) this.withoutMetric(held, current);
    else this.follow(held, found, current, reading, memory);
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
    const steady = this.stabilise(held, current, reading.replicas, memory);
    const paced = this.pace(held, current, steady, memory);
    const wished = Math.min(max, Math.max(min, paced));
    const limited = limitClaim(reading.replicas, min, max);
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
      ['AbleToScale', ['True', 'ReadyForNewScale', 'recommended size matches current size']],
      ['ScalingActive', active],
      ['ScalingLimited', limited],
    ]);
  }

  private read(held: JsonObject, workload: JsonObject, current: number): Reading | undefined {
    const used = this.state.utilization.get(workloadKey(namespaceOf(workload), nameOf(workload)));
    if (used === undefined) return undefined;
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
            averageUtilization: percent,
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

  private stabilise(held: JsonObject, current: number, advised: number, memory: Memory): number {
    const windowOf = (direction: string, fallback: number) =>
      count(held, ['spec', 'behavior', direction, 'stabilizationWindowSeconds'], fallback) * 1000;
    const up = windowOf('scaleUp', 0);
    const down = windowOf('scaleDown', 300);
    const now = this.nowMs;
    memory.advice = memory.advice.filter(({ at }) => now - at <= Math.max(up, down));
    memory.advice.push({ at: now, replicas: advised });
    const within = (window: number) =>
      memory.advice.filter(({ at }) => now - at <= window).map(({ replicas }) => replicas);
    if (advised > current) return Math.max(current, Math.min(advised, ...within(up)));
    return Math.min(current, Math.max(advised, ...within(down)));
  }

  private pace(held: JsonObject, current: number, advised: number, memory: Memory): number {
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
        .filter(({ at, change }) => this.nowMs - at < period && change > 0 === grows)
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
        fields: parseFields({ 'f:spec': { 'f:replicas': {} } }),
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

  private withoutMetric(held: JsonObject, current: number): void {
    const [first] = objects(held, 'spec', 'metrics');
    const name = text(first, 'resource', 'name');
    const message = `failed to get ${name} utilization: ${noMetrics}`;
    const desired = count(held, ['status', 'desiredReplicas']);
    this.write(
      held,
      current,
      desired,
      [{ type: '' }],
      [
        [
          'AbleToScale',
          [
            'True',
            'SucceededGetScale',
            "the HPA controller was able to get the target's current scale",
          ],
        ],
        [
          'ScalingActive',
          [
            'False',
            'FailedGetResourceMetric',
            `the HPA was unable to compute the replica count: ${message}`,
          ],
        ],
      ],
    );
    this.warn(held, 'FailedGetResourceMetric', message);
    this.warn(
      held,
      'FailedComputeMetricsReplicas',
      `invalid metrics (1 invalid out of 1), first error is: failed to get ${name} resource metric value: ${message}`,
    );
  }

  private warn(held: JsonObject, reason: string, message: string): void {
    tell(this.state, autoscaler, held, { type: 'Warning', reason, message, component });
  }

  private targetMissing(held: JsonObject): void {
    const reference = object(held, 'spec', 'scaleTargetRef');
    const plural = `${text(reference, 'kind').toLowerCase()}s`;
    const because = `${plural}.apps "${text(reference, 'name')}" not found`;
    this.write(held, 0, 0, null, [
      [
        'AbleToScale',
        [
          'False',
          'FailedGetScale',
          `the HPA controller was unable to get the target's current scale: ${because}`,
        ],
      ],
    ]);
    this.warn(held, 'FailedGetScale', because);
  }

  private scalingDisabled(held: JsonObject): void {
    this.write(held, 0, 0, null, [
      [
        'AbleToScale',
        [
          'True',
          'SucceededGetScale',
          "the HPA controller was able to get the target's current scale",
        ],
      ],
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

function percentOf(used: Utilization, name: string): number | undefined {
  if (name === 'cpu') return used.cpu;
  return name === 'memory' ? used.memory : undefined;
}

function averageValue(workload: JsonObject, name: string, percent: number): string {
  const total = objects(workload, 'spec', 'template', 'spec', 'containers').reduce(
    (sum, container) => sum + (quantityNanos(text(container, 'resources', 'requests', name)) ?? 0n),
    0n,
  );
  const milli = (total * BigInt(Math.round(percent))) / 100n / 1_000_000n;
  return canonicalQuantity(name === 'cpu' ? `${milli}m` : String(milli / 1000n)) ?? '0';
}

function limitClaim(advised: number, min: number, max: number): Claim {
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
