// Patches against the sandbox cluster, which answers as the recorded server does: what is seen, written and refused.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { type PatchChange, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import type { Clusters } from '../../src/ports.ts';
import { rolloutOf } from '../../src/workflow/verify-change.ts';
import { deployment } from '../bot.ts';
import { makePatchChange, makeWorkload } from '../make.ts';

const ref = makeWorkload({ cluster: 'main' });
const { namespace } = ref;
const resources = '/spec/template/spec/containers/0/resources';
let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false, timings: { startMs: 0, readyMs: 0, stopMs: 0 } });
  directory = await mkdtemp(join(tmpdir(), 'headroom-patch-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
  cluster.control.seed([deployment('worker', 5)]);
  cluster.control.settle();
});
afterEach(() => {
  cluster.control.clearFaults();
});

function patch(over: Partial<PatchChange> = {}): PatchChange {
  return makePatchChange({
    workload: ref,
    object: { ...makePatchChange().object, cluster: 'main' },
    ...over,
  });
}

const send = (change: PatchChange, dryRun = false) =>
  clusters.write(clusterWrite(change, ''), { dryRun });
const comparison = async (change: PatchChange) =>
  compareChange(change, await clusters.observe(ref));

describe('a patch of requests', () => {
  it('is unchanged, written, reached, and rolled out to every pod', async () => {
    const change = patch();
    expect((await comparison(change)).kind).toBe('unchanged');
    expect(await send(change, true)).toEqual({ kind: 'written' });
    expect((await comparison(change)).kind).toBe('unchanged');
    expect(await send(change)).toEqual({ kind: 'written' });
    expect((await comparison(change)).kind).toBe('reached');

    expect(rolloutOf(change, await clusters.observe(ref)).kind).toBe('on-its-way');
    cluster.control.tick();
    cluster.control.tick();
    expect(rolloutOf(change, await clusters.observe(ref))).toMatchObject({
      kind: 'on-its-way',
      progress: expect.stringMatching(/of 5 pods replaced/),
    });
    cluster.control.settle();
    expect(rolloutOf(change, await clusters.observe(ref))).toEqual({ kind: 'ready' });
  });

  it('and its undo leave the template as it was, a map that was not there included', async () => {
    const template = () =>
      JSON.stringify(cluster.control.get('Deployment', namespace, 'worker')?.['spec']);
    const before = template();
    const limits = { pointer: `${resources}/limits`, what: 'limits', after: { cpu: '5' } };
    const change = patch({ fields: [...patch().fields, limits] });
    expect(await send(change)).toEqual({ kind: 'written' });
    expect(template()).not.toBe(before);
    expect((await comparison(undoOf(change))).kind).toBe('unchanged');
    expect(await send(undoOf(change))).toEqual({ kind: 'written' });
    expect(template()).toBe(before);
    expect((await send(undoOf(change))).kind).toBe('refused');
  });

  it('is refused when the value moved, and who moved it is named', async () => {
    const container = {
      name: 'worker',
      image: 'registry.example/worker:1.0.0',
      resources: { requests: { cpu: '2200m', memory: '4Gi' } },
    };
    cluster.control.patch(
      { kind: 'Deployment', namespace, name: 'worker' },
      { spec: { template: { spec: { containers: [container] } } } },
      'argocd',
    );
    expect((await send(patch())).kind).toBe('refused');
    expect(await comparison(patch())).toMatchObject({
      kind: 'drifted',
      because: expect.stringMatching(
        /^Deployment worker has cpu request 2200m, the plan saw 2 \(changed by argocd, /,
      ),
    });
  });

  it('that the server finds invalid is refused with its words', async () => {
    const limits = { pointer: `${resources}/limits`, what: 'limits', after: { cpu: '1' } };
    const answer = await send(patch({ fields: [limits] }), true);
    expect(answer).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('must be less than or equal to cpu limit of 1'),
    });
    expect(answer).not.toHaveProperty('forbidden');
  });

  it('without the right to is forbidden, and the right is named', async () => {
    cluster.control.forbid({ verb: 'patch', resource: 'deployments' });
    expect(await send(patch())).toMatchObject({
      kind: 'refused',
      forbidden: true,
      because: expect.stringContaining('cannot patch resource "deployments"'),
    });
  });
});

describe('a vertical autoscaler', () => {
  const answers = (status: number, body: object) =>
    cluster.control.injectFault({
      match: { path: '/verticalpodautoscalers' },
      status,
      body: JSON.parse(JSON.stringify(body)) as Record<string, never>,
    });
  const vpa = (updateMode: string | undefined, name = 'worker') => ({
    items: [
      {
        metadata: { name: 'worker-vpa' },
        spec: { targetRef: { kind: 'Deployment', name }, updatePolicy: { updateMode } },
      },
    ],
  });

  // biome-ignore format: a table
  it.each([
    [vpa('Auto'), { kind: 'seen', name: 'worker-vpa', mode: 'Auto' }],
    [vpa('Initial'), { kind: 'seen', name: 'worker-vpa', mode: 'Initial' }],
    [vpa(undefined), { kind: 'seen', name: 'worker-vpa', mode: 'Auto' }],
    [vpa('Off'), { kind: 'none' }],
    [vpa('Auto', 'other'), { kind: 'none' }],
    [{ items: [{}] }, { kind: 'unknown', because: 'the list of vertical autoscalers has an unknown form' }],
  ])('%# is seen as what it does', async (body, seen) => {
    answers(200, body);
    expect(await clusters.vertical(ref)).toEqual(seen);
  });

  it('that may not be looked at is not known; a cluster that is away is trouble', async () => {
    answers(403, { kind: 'Status', message: 'cannot list resource "verticalpodautoscalers"' });
    expect(await clusters.vertical(ref)).toMatchObject({
      kind: 'unknown',
      because: expect.stringContaining('cannot list resource "verticalpodautoscalers"'),
    });
    cluster.control.clearFaults();
    answers(503, {});
    await expect(clusters.vertical(ref)).rejects.toThrow('listing the vertical autoscalers');
  });

  // The last one: that a kind is not served is believed for a while.
  it('is none where the kind is not served', async () => {
    expect(await clusters.vertical(ref)).toEqual({ kind: 'none' });
  });
});
