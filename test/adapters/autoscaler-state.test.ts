// What is read out of a HorizontalPodAutoscaler: its numbers beside their targets, its own policy, and what a namespace has of them.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V2HorizontalPodAutoscaler } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { startCluster } from '../../sandbox/cluster/server.ts';
import { autoscalerState } from '../../src/adapters/autoscaler-state.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { OperationError } from '../../src/errors.ts';

type Metric = NonNullable<NonNullable<V2HorizontalPodAutoscaler['spec']>['metrics']>[number];
type Current = NonNullable<
  NonNullable<V2HorizontalPodAutoscaler['status']>['currentMetrics']
>[number];

function metricsOf(metrics: readonly Metric[], currentMetrics: readonly Current[] | null) {
  return autoscalerState({
    metadata: { name: 'web-hpa' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'web' },
      maxReplicas: 8,
      metrics: [...metrics],
    },
    // The server says null for an autoscaler that has not looked yet; the client's type does not know that.
    status: { desiredReplicas: 8, currentMetrics: currentMetrics as Current[] },
  }).metrics;
}

const share = (name: string, averageUtilization: number): Metric => ({
  type: 'Resource',
  resource: { name, target: { type: 'Utilization', averageUtilization } },
});
const used = (name: string, averageUtilization: number): Current => ({
  type: 'Resource',
  resource: { name, current: { averageValue: '1900m', averageUtilization } },
});

describe('the metrics of an autoscaler', () => {
  it('are shares of what pods request, in the order of its spec', () => {
    expect(
      metricsOf([share('cpu', 70), share('memory', 80)], [used('memory', 12), used('cpu', 380)]),
    ).toEqual([
      { name: 'cpu', current: 3.8, target: 0.7, unit: 'ratio' },
      { name: 'memory', current: 0.12, target: 0.8, unit: 'ratio' },
    ]);
  });

  // biome-ignore format: a table
  it.each<[string, Metric, Current, unknown]>([
    ['one container',
      { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'web', target: { type: 'Utilization', averageUtilization: 60 } } },
      { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'web', current: { averageUtilization: 90 } } },
      { name: 'cpu of container web', current: 0.9, target: 0.6, unit: 'ratio' }],
    ['an amount of a resource',
      { type: 'Resource', resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '500Mi' } } },
      { type: 'Resource', resource: { name: 'memory', current: { averageValue: '640Mi', averageUtilization: 12 } } },
      { name: 'memory', current: 640 * 2 ** 20, target: 500 * 2 ** 20, unit: '' }],
    ['a metric of pods',
      { type: 'Pods', pods: { metric: { name: 'queue_depth' }, target: { type: 'AverageValue', averageValue: '30' } } },
      { type: 'Pods', pods: { metric: { name: 'queue_depth' }, current: { averageValue: '45500m' } } },
      { name: 'queue_depth', current: 45.5, target: 30, unit: '' }],
    ['a metric of another object',
      { type: 'Object', object: { describedObject: { kind: 'Ingress', name: 'main' }, metric: { name: 'requests' }, target: { type: 'Value', value: '10k' } } },
      { type: 'Object', object: { describedObject: { kind: 'Ingress', name: 'main' }, metric: { name: 'requests' }, current: { value: '12k' } } },
      { name: 'requests', current: 12_000, target: 10_000, unit: '' }],
    ['a metric from outside',
      { type: 'External', external: { metric: { name: 'lag' }, target: { type: 'AverageValue', averageValue: '100' } } },
      { type: 'External', external: { metric: { name: 'lag' }, current: { averageValue: '250', value: '2500' } } },
      { name: 'lag', current: 250, target: 100, unit: '' }],
  ])('may be about %s', (_, spec, status, metric) => {
    expect(metricsOf([spec], [status])).toEqual([metric]);
  });

  it('leave out what it could not read', () => {
    const cpu = share('cpu', 70);
    expect(metricsOf([cpu, share('memory', 80)], [{ type: '' }, used('memory', 12)])).toEqual([
      { name: 'memory', current: 0.12, target: 0.8, unit: 'ratio' },
    ]);
    expect(metricsOf([cpu], null)).toEqual([]);
    expect(metricsOf([cpu], [])).toEqual([]);
    const empty = { type: 'Resource', resource: { name: 'cpu', current: {} } };
    expect(metricsOf([cpu], [empty])).toEqual([]);
  });
});

describe("an autoscaler's own policy", () => {
  const upOf = (scaleUp: object | undefined) =>
    autoscalerState({
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'web' },
        maxReplicas: 8,
        ...(scaleUp && { behavior: { scaleUp } }),
      },
    }).up;
  const percent = (value: number) => ({ type: 'Percent', value, periodSeconds: 60 });
  const pods = (value: number) => ({ type: 'Pods', value, periodSeconds: 60 });

  // biome-ignore format: a table
  it.each<[string, object | undefined, object | undefined]>([
    ['is none without a behaviour',           undefined,                                                          undefined],
    ['is none without policies',              { stabilizationWindowSeconds: 0 },                                  undefined],
    ['is what it states',                     { policies: [percent(50), pods(2)], stabilizationWindowSeconds: 60 }, { percent: 50, pods: 2, select: 'Max', periodSeconds: 60, windowSeconds: 60 }],
    ['is the wider of two where that counts', { policies: [pods(2), pods(4)] },                                   { pods: 4, select: 'Max' }],
    ['is the narrower where that counts',     { policies: [pods(2), pods(4)], selectPolicy: 'Min' },              { pods: 2, select: 'Min' }],
    ['may forbid to grow',                    { policies: [pods(2)], selectPolicy: 'Disabled' },                  { select: 'Disabled' }],
  ])('%s', (_, scaleUp, up) => {
    if (up === undefined) expect(upOf(scaleUp)).toBeUndefined();
    else expect(upOf(scaleUp)).toMatchObject(up);
  });
});

it('the autoscalers of a namespace are listed with what they scale; a silent cluster is trouble', async () => {
  const cluster = await startCluster({ autoTick: false });
  const directory = await mkdtemp(join(tmpdir(), 'headroom-kube-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  const clusters = createClusters([{ id: 'main' }], kubeconfig, { deadlineMs: 2_000 });
  const hpa = (name: string, namespace: string, kind: string) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind, name: 'web' }, maxReplicas: 5 },
  });
  cluster.control.seed([
    hpa('web-hpa', 'shop', 'Deployment'),
    hpa('canary-hpa', 'shop', 'Rollout'),
    hpa('other-hpa', 'elsewhere', 'Deployment'),
  ]);
  const place = { cluster: 'main', namespace: 'shop' };
  expect(
    (await clusters.autoscaled(place)).toSorted((a, b) => a.kind.localeCompare(b.kind)),
  ).toEqual([
    { autoscaler: 'web-hpa', kind: 'Deployment', workload: 'web' },
    { autoscaler: 'canary-hpa', kind: 'Rollout', workload: 'web' },
  ]);
  expect(await clusters.autoscaled({ ...place, namespace: 'empty' })).toEqual([]);
  // Without its watches it must ask.
  await clusters.close();
  cluster.control.injectFault({ status: 503 });
  await expect(clusters.autoscaled(place)).rejects.toThrow(OperationError);
  await expect(clusters.autoscaled(place)).rejects.toThrow(
    /listing the autoscalers of shop in cluster main/,
  );
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
