// Changes of one object that follow from each other, joined or not, lead to the same, and their undo leads back; one rollout for all.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { applyJsonPatch } from '../../sandbox/cluster/patch/json-patch.ts';
import { type ClusterChange, type PatchChange, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import type { ClusterState, SeenObject } from '../../src/change/compare.ts';
import { seenObjectOf } from '../../src/change/compare-patch.ts';
import { afterChange } from '../../src/plan/after-change.ts';
import { joinRollouts } from '../../src/plan/join-rollouts.ts';
import { type ClusterStep, changesForStep } from '../../src/plan/step-changes.ts';
import { inCluster } from '../make.ts';
import { makeStepFacts, seen, seenWorker, target, withAutoscaler } from './step-facts.ts';

const name = fc.constantFrom('MODE', 'HOST', 'PORT', 'RATIO', 'POOL/A~B');
const value = fc.constantFrom('', '1', '0.80', 'db');
const count = fc.integer({ min: 1, max: 9 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** A worker whose pods have whatever a cluster may have. */
const workers: fc.Arbitrary<SeenObject> = fc
  .record({
    names: maybe(fc.uniqueArray(name)),
    requests: maybe(fc.record({ cpu: maybe(count), memory: maybe(count), gpu: maybe(count) })),
    limited: fc.boolean(),
    annotations: maybe(fc.constantFrom({}, { a: 'b' })),
    grace: maybe(count),
    tolerations: maybe(fc.constantFrom([], [{ key: 'spot' }])),
  })
  .map(({ names, requests, limited, annotations, grace, tolerations }) => {
    const amounts = {
      ...(requests?.cpu && { cpu: String(requests.cpu) }),
      ...(requests?.memory && { memory: `${requests.memory}Gi` }),
      ...(requests?.gpu && { 'nvidia.com/gpu': String(requests.gpu) }),
    };
    return seenWorker(
      {
        ...(names && { env: names.map((each) => ({ name: each, value: 'before' })) }),
        resources: { ...(requests && { requests: amounts }), ...(limited && { limits: amounts }) },
      },
      {
        template: {
          metadata: annotations === undefined ? {} : { annotations },
          ...(grace !== undefined && { terminationGracePeriodSeconds: grace }),
          ...(tolerations && { tolerations }),
        },
      },
    );
  });

const pod = fc.record(
  {
    tolerations: fc.constantFrom([{ key: 'spot' }], [{ key: 'gpu' }, { key: 'spot' }]),
    nodeSelector: fc.constantFrom({ pool: 'a' }, { pool: 'b', zone: 'c' }),
    volumes: fc.constantFrom([{ name: 'v', emptyDir: {} }]),
  },
  { requiredKeys: [] },
);

/** A step that changes the template. */
const templateSteps: fc.Arbitrary<ClusterStep> = fc.oneof(
  fc
    .record({ set: fc.dictionary(name, value, { maxKeys: 4 }), grace: maybe(count) })
    .map(({ set, grace }): ClusterStep => {
      const seconds = grace === undefined ? {} : { terminationGracePeriodSeconds: grace };
      return { kind: 'env', target, set, ...seconds };
    }),
  fc
    .record({ cpu: maybe(count), memory: maybe(count), limit: maybe(count), gpu: maybe(count) })
    .map(({ cpu, memory, limit, gpu }): ClusterStep => {
      return {
        kind: 'pods',
        target,
        ...(cpu !== undefined && { cpuRequestMillicores: cpu * 500 }),
        ...(memory !== undefined && { memoryRequestMi: memory * 512 }),
        ...(limit !== undefined && { cpuLimitMillicores: limit * 1000 }),
        ...(gpu !== undefined && { extended: { 'nvidia.com/gpu': gpu } }),
      };
    }),
  fc.constant<ClusterStep>({ kind: 'restart', target }),
  pod.map((spec): ClusterStep => {
    const metadata = { name: 'worker', namespace: target.namespace };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata };
    return { kind: 'apply', target, object: { ...object, spec: { template: { spec } } } };
  }),
);

const configs: fc.Arbitrary<{ readonly object: SeenObject; readonly step: ClusterStep }> = fc
  .record({ data: maybe(fc.dictionary(name, value)), set: fc.dictionary(name, value) })
  .map(({ data, set }) => ({
    object: seen('ConfigMap', 'app', { metadata: {}, ...(data ? { data } : { spec: {} }) }),
    step: { kind: 'config', target, configMap: 'app', set },
  }));

/** The changes of steps one after the other, each on what those before it leave. */
function chain(state: ClusterState, steps: readonly ClusterStep[]) {
  const changes: ClusterChange[] = [];
  let now = state;
  for (const step of steps) {
    const made = changesForStep(step, makeStepFacts([], { state: now }));
    if (made.kind !== 'changes') continue;
    changes.push(...made.changes);
    now = made.changes.reduce(afterChange, now);
  }
  return { changes, after: now };
}

function sent(object: unknown, change: PatchChange): JsonObject {
  const { patch } = clusterWrite(change, '');
  return applyJsonPatch(
    JSON.parse(JSON.stringify(object)) as JsonObject,
    JSON.parse(JSON.stringify(patch)) as JsonObject[],
  );
}

function patches(changes: readonly ClusterChange[]): readonly PatchChange[] {
  return changes.filter((change) => change.kind === 'patch');
}

describe('any steps on any pods', () => {
  it('write what the next one reckons with, and are undone in reverse', () => {
    fc.assert(
      fc.property(workers, fc.array(templateSteps, { maxLength: 5 }), (worker, steps) => {
        const { changes, after } = chain(makeStepFacts([worker]).state, steps);
        const all = patches(changes);
        const there = all.reduce<unknown>(sent, worker.value);
        expect(there).toEqual(
          seenObjectOf({ kind: 'Deployment', name: 'worker' }, after)?.value ?? worker.value,
        );
        const back = all
          .toReversed()
          .map((each) => undoOf(each))
          .reduce<unknown>(sent, there);
        expect(back).toEqual(worker.value);
      }),
      { numRuns: 300 },
    );
  });

  it('are one patch when they are joined, which leads to the same and back', () => {
    fc.assert(
      fc.property(workers, fc.array(templateSteps, { maxLength: 5 }), (worker, steps) => {
        const { changes } = chain(makeStepFacts([worker]).state, steps);
        const apart = patches(changes).reduce<unknown>(sent, worker.value);
        const joined = patches(joinRollouts(changes).map(inCluster));
        expect(joined.length).toBeLessThanOrEqual(1);
        const there = joined.reduce<unknown>(sent, worker.value);
        expect(there).toEqual(apart);
        expect(joined.map((each) => undoOf(each)).reduce<unknown>(sent, there)).toEqual(
          worker.value,
        );
      }),
      { numRuns: 300 },
    );
  });
});

it('any keys of any ConfigMap are written and taken back', () => {
  fc.assert(
    fc.property(configs, ({ object, step }) => {
      const { changes, after } = chain(makeStepFacts([object]).state, [step]);
      const there = patches(changes).reduce<unknown>(sent, object.value);
      expect(there).toEqual(seenObjectOf({ kind: 'ConfigMap', name: 'app' }, after)?.value);
      expect(
        patches(changes)
          .map((each) => undoOf(each))
          .reduce<unknown>(sent, there),
      ).toEqual(object.value);
    }),
    { numRuns: 300 },
  );
});

describe('one rollout', () => {
  const resources = { requests: { cpu: '1', memory: '2Gi' } };
  const bigger: ClusterStep = { kind: 'pods', target, cpuRequestMillicores: 2000 };
  const smaller: ClusterStep = { kind: 'pods', target, cpuRequestMillicores: 900 };
  const config: ClusterStep = { kind: 'config', target, configMap: 'app', set: { POOL: '9' } };
  const restart: ClusterStep = { kind: 'restart', target };
  const { state } = withAutoscaler(makeStepFacts([seenWorker({ resources })]));
  const order = (steps: readonly ClusterStep[]) =>
    joinRollouts(chain(state, steps).changes).map((change) =>
      'object' in change ? change.object.kind : change.kind,
    );

  it('stands where the last change of the template stood, after what the pods read', () => {
    expect(order([smaller, config, restart])).toEqual([
      'ConfigMap',
      'Deployment',
      'HorizontalPodAutoscaler',
    ]);
  });

  it('keeps an autoscaler’s target before pods that grow, and after pods that shrink', () => {
    expect(order([bigger, restart])).toEqual(['HorizontalPodAutoscaler', 'Deployment']);
    expect(order([smaller, restart])).toEqual(['Deployment', 'HorizontalPodAutoscaler']);
  });

  it('is for each workload its own', () => {
    const [patch] = patches(chain(state, [restart]).changes);
    if (patch === undefined) throw new Error('a restart is a patch');
    const workload = { ...patch.workload, name: 'other' };
    const other = { ...patch, workload, object: { ...patch.object, name: 'other' } };
    expect(joinRollouts([patch, other])).toEqual([patch, other]);
  });
});

describe('what the next step finds', () => {
  const scale = (replicas: number): ClusterStep => ({
    kind: 'scale',
    target,
    replicas,
    floor: true,
  });

  it('goes up by 2 as the steps before left it', () => {
    const moves = chain(makeStepFacts().state, [scale(6), scale(8), scale(10)]).changes;
    expect(moves).toMatchObject([
      { before: { replicas: 5 }, after: { replicas: 6 } },
      { before: { replicas: 6 }, after: { replicas: 8 } },
      { before: { replicas: 8 }, after: { replicas: 10 } },
    ]);
  });

  it('is a maximum that was raised, and an autoscaler that was made', () => {
    const limits: ClusterStep = { kind: 'autoscaler', target, name: 'h', maxReplicas: 30 };
    const { state } = withAutoscaler(makeStepFacts());
    expect(chain(state, [limits, scale(24)]).changes).toMatchObject([
      { after: { minReplicas: 4, maxReplicas: 30 } },
      { before: { minReplicas: 4, maxReplicas: 30 }, after: { minReplicas: 24, maxReplicas: 30 } },
    ]);
    const metrics = [{ resource: 'cpu', percent: 70 }];
    const made: ClusterStep = { ...limits, metrics, minReplicas: 6 };
    const { changes, after } = chain(makeStepFacts().state, [made, scale(8)]);
    expect(changes.map(({ kind }) => kind)).toEqual(['create', 'autoscaler']);
    expect([after.workload?.replicas, after.autoscaler?.minReplicas]).toEqual([8, 8]);
  });

  it('is a ConfigMap that was made', () => {
    const config = (set: Record<string, string>): ClusterStep => ({
      kind: 'config',
      target,
      configMap: 'app',
      set,
    });
    const { changes } = chain(makeStepFacts().state, [config({ A: '1' }), config({ B: '2' })]);
    expect(changes).toMatchObject([
      { kind: 'create', fields: { data: { A: '1' } } },
      { kind: 'patch', fields: [{ pointer: '/data/B', after: '2' }] },
    ]);
  });

  it('is the autoscaler that KEDA makes', () => {
    const spec = { scaleTargetRef: { name: 'worker' }, minReplicaCount: 2, maxReplicaCount: 16 };
    const metadata = { name: 'w', namespace: target.namespace };
    const object = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata, spec };
    const { changes } = chain(makeStepFacts().state, [{ kind: 'apply', target, object }, scale(8)]);
    expect(changes).toMatchObject([
      { kind: 'create' },
      {
        kind: 'autoscaler',
        scaledObject: 'w',
        before: { minReplicas: 2 },
        after: { minReplicas: 8 },
      },
    ]);
  });
});
