// Reading a workload in full, against the sandbox cluster: containers, the autoscaler, and what is not there.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createWorkloadReader } from '../../src/adapters/kubernetes-live.ts';
import type { WorkloadRef } from '../../src/change/change.ts';
import type { WorkloadReader } from '../../src/ports.ts';
import { utilisationTargets } from '../../src/sizing/live-workload.ts';

const namespace = 'shop';
const api: WorkloadRef = { cluster: 'main', namespace, kind: 'Deployment', name: 'api' };
let cluster: Cluster;
let directory: string;
let read: WorkloadReader;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-live-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  read = createWorkloadReader({ id: 'main' }, kubeconfig, { deadlineMs: 2_000 });
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
});
afterEach(() => {
  cluster.control.clearFaults();
});

function workload(kind: 'Deployment' | 'StatefulSet', name: string) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace },
    spec: {
      replicas: 4,
      ...(kind === 'StatefulSet' && { serviceName: name }),
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'app',
              image: 'shop:1',
              resources: {
                requests: { cpu: '0.5', memory: '512Mi' },
                limits: { cpu: '1500m', memory: '1Gi' },
              },
            },
            {
              name: 'proxy',
              image: 'side:1',
              resources: { requests: { cpu: '100m' }, limits: { memory: '64M' } },
            },
          ],
        },
      },
    },
  };
}

function autoscaler(name: string, spec: Readonly<Record<string, unknown>>) {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' },
      minReplicas: 2,
      maxReplicas: 12,
      ...spec,
    },
  };
}

async function found(ref: WorkloadRef = api) {
  const answer = await read(ref);
  if (answer.kind === 'missing') throw new Error('it is missing');
  return answer.workload;
}

describe('a workload', () => {
  it('is read with the requests and limits of each container', async () => {
    cluster.control.seed([workload('Deployment', 'api')]);
    expect(await found()).toEqual({
      ref: api,
      replicas: 4,
      containers: [
        {
          name: 'app',
          size: {
            cpuRequestMillicores: 500,
            cpuLimitMillicores: 1500,
            memoryRequestMi: 512,
            memoryLimitMi: 1024,
          },
        },
        // A cluster takes a limit for the request where none is stated.
        {
          name: 'proxy',
          size: { cpuRequestMillicores: 100, memoryRequestMi: 62, memoryLimitMi: 62 },
        },
      ],
      autoscalers: [],
    });
  });

  it('is read as a StatefulSet', async () => {
    cluster.control.seed([workload('StatefulSet', 'store')]);
    expect((await found({ ...api, kind: 'StatefulSet', name: 'store' })).replicas).toBe(4);
  });

  it('that is not there is missing, with the names of its kind that are', async () => {
    cluster.control.seed([
      workload('Deployment', 'api'),
      workload('Deployment', 'web'),
      workload('StatefulSet', 'store'),
    ]);
    const answer = await read({ ...api, name: 'apo' });
    expect(answer).toEqual({ kind: 'missing', names: ['api', 'web'] });
    expect(await read({ ...api, namespace: 'nowhere' })).toEqual({ kind: 'missing', names: [] });
  });

  it('whose neighbours may not be listed is missing all the same', async () => {
    cluster.control.ensureNamespace(namespace);
    cluster.control.forbid({ verb: 'list', resource: 'deployments' });
    expect(await read(api)).toEqual({ kind: 'missing', names: [] });
    cluster.control.allowAll();
  });

  it('in a cluster that fails is trouble that says what was read', async () => {
    cluster.control.injectFault({ status: 503, match: { method: 'GET' } });
    await expect(read(api)).rejects.toMatchObject({
      name: 'OperationError',
      code: 'unavailable',
      message: expect.stringContaining('reading Deployment shop/api'),
    });
  });
});

describe('its autoscaler', () => {
  it('is read with everything it looks at and how fast it moves', async () => {
    cluster.control.seed([
      workload('Deployment', 'api'),
      workload('Deployment', 'web'),
      autoscaler('api-hpa', {
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 65 } },
          },
          {
            type: 'ContainerResource',
            containerResource: {
              name: 'memory',
              container: 'app',
              target: { type: 'Utilization', averageUtilization: 80 },
            },
          },
          {
            type: 'Pods',
            pods: {
              metric: { name: 'requests_per_second' },
              target: { type: 'AverageValue', averageValue: '1500m' },
            },
          },
          {
            type: 'External',
            external: {
              metric: { name: 'queue_depth' },
              target: { type: 'AverageValue', averageValue: '30' },
            },
          },
          {
            type: 'Resource',
            resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '400Mi' } },
          },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 60,
            selectPolicy: 'Min',
            policies: [
              { type: 'Percent', value: 50, periodSeconds: 60 },
              { type: 'Pods', value: 2, periodSeconds: 30 },
            ],
          },
          scaleDown: { selectPolicy: 'Disabled' },
        },
      }),
      autoscaler('web-hpa', {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      }),
    ]);
    const live = await found();
    expect(live.autoscalers).toEqual([
      {
        name: 'api-hpa',
        min: 2,
        max: 12,
        metrics: [
          { kind: 'share', resource: 'cpu', percent: 65 },
          { kind: 'share', resource: 'memory', percent: 80, container: 'app' },
          { kind: 'pods', name: 'requests_per_second', average: 1.5 },
          { kind: 'external', name: 'queue_depth', average: 30 },
          { kind: 'other', words: 'Resource memory 400Mi' },
        ],
        up: {
          select: 'Min',
          windowSeconds: 60,
          policies: [
            { kind: 'percent', value: 50, periodSeconds: 60 },
            { kind: 'pods', value: 2, periodSeconds: 30 },
          ],
        },
        down: {
          select: 'Disabled',
          policies: [{ kind: 'percent', value: 100, periodSeconds: 15 }],
        },
      },
    ]);
    expect(utilisationTargets(live, 'app')).toEqual([
      { resource: 'cpu', percent: 65, podRequest: 600 },
      { resource: 'memory', percent: 80 },
    ]);
    expect(utilisationTargets(live, 'proxy')).toEqual([
      { resource: 'cpu', percent: 65, podRequest: 600 },
    ]);
  });
});
