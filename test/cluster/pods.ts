// Pods as the port shows them: scaled, replaced, seen until they are ready, and the reason where they are not.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ClusterChange, type CreateChange, undoOf } from '../../src/change/change.ts';
import { compareChange } from '../../src/change/compare.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { type Rollout, rolloutOf } from '../../src/workflow/verify-change.ts';
import { nodeNeeds } from './nodes.ts';
import type { Place } from './place.ts';
import { autoscaler, claim, pods } from './samples.ts';
import {
  carryOut,
  changing,
  limiting,
  making,
  refusal,
  scaling,
  send,
  workloadOf,
} from './writing.ts';

const cpu = '/spec/template/spec/containers/0/resources/requests/cpu';

/** What becomes of pods. */
export function podCases(lend: () => Place): void {
  const need = nodeNeeds(lend);
  const core = (plural: string) => `/api/v1/namespaces/${lend().namespace}/${plural}`;
  const deployment = (name: string, options: Parameters<typeof pods>[1] = {}): CreateChange =>
    making(lend(), { kind: 'Deployment', name, fields: { spec: pods(name, options) } });
  const rollout = async (change: ClusterChange): Promise<Rollout> =>
    rolloutOf(change, await observeChange(change, lend()));
  const ready = (change: ClusterChange) =>
    lend().until(`${change.workload.name} to be ready`, async () => {
      const seen = await rollout(change);
      if (seen.kind === 'failed') throw new Error(seen.because);
      return seen.kind === 'ready' ? seen : undefined;
    });
  const notReady = (change: ClusterChange, says: RegExp) =>
    lend().until(`a reason that says ${says}`, async () => {
      const { workload } = await lend().clusters.observe(change.workload);
      return workload?.notReady.find((reason) => says.test(reason));
    });

  it.for(['Deployment', 'StatefulSet'] as const)(
    'a %s is scaled up, to zero, from there and down, each seen ready',
    async (kind, context) => {
      await need(context, 'pods');
      const place = lend();
      const name = `scaled-${kind.toLowerCase()}`;
      const spec = pods(name, { ...(kind === 'StatefulSet' && { spec: { serviceName: name } }) });
      const make = making(place, { kind, name, fields: { spec } });
      await carryOut(place, make);
      await ready(make);
      const workload = workloadOf(place, name, kind);
      for (const [before, after] of [
        [1, 3],
        [3, 0],
        [0, 2],
        [2, 1],
      ] as const) {
        const change = scaling(workload, before, after);
        expect(await send(place, change, { dryRun: true })).toEqual({ kind: 'written' });
        refusal(await send(place, { ...change, before: { replicas: before + 7 } }));
        expect((await place.clusters.observe(workload)).workload?.replicas).toBe(before);
        await carryOut(place, change);
        if (before === 1) {
          // At zero the cluster forgets who it was.
          const seen = (await place.clusters.observe(workload)).workload;
          expect(seen?.lastScaledBy).toMatch(/^headroom/);
        }
        await ready(change);
      }
      const seen = (await place.clusters.observe(workload)).workload;
      // A pod that is ending may count as ready for a moment longer.
      await expect
        .poll(async () => (await place.clusters.follow(workload)).workload, { timeout: 30_000 })
        .toMatchObject({ replicas: 1, readyReplicas: 1, podCpuMillicores: 10 });
      expect(seen).toMatchObject({ podCpuMillicores: 10, podMemoryMi: 16, notReady: [] });
    },
  );

  it('a new template is seen until every pod has it', async (context) => {
    await need(context, 'pods');
    const place = lend();
    const make = deployment('replaced', { replicas: 2 });
    await carryOut(place, make);
    await ready(make);
    const change = changing(make.object, [
      { pointer: cpu, what: 'cpu', before: '10m', after: '20m' },
    ]);
    await carryOut(place, change);
    await ready(change);
    const { workload } = await place.clusters.observe(make.workload);
    expect(workload).toMatchObject({ replicas: 2, updatedReplicas: 2, podCpuMillicores: 20 });
    expect(workload?.outdatedReplicas ?? 0).toBe(0);
  });

  describe('pods that do not become ready say why:', () => {
    it('the image', async (context) => {
      await need(context, 'containers');
      const container = { image: 'registry.invalid/does-not-exist:1' };
      const make = deployment('image', { container, spec: { progressDeadlineSeconds: 3 } });
      await carryOut(lend(), make);
      await notReady(make, /^1 pod (ErrImagePull|ImagePullBackOff)$/);
      const failed = await lend().until('the rollout to be given up', async () => {
        const seen = await rollout(make);
        return seen.kind === 'failed' ? seen : undefined;
      });
      expect(failed.because).toMatch(/has timed out progressing/);
    });

    it('a container that ends again and again', async (context) => {
      await need(context, 'containers');
      lend().crash('crash');
      // The program prints its version and ends.
      const make = deployment('crash', { container: { command: ['/pause', '-v'] } });
      await carryOut(lend(), make);
      await notReady(make, /^1 pod CrashLoopBackOff$/);
    });

    it('no node that fits', async (context) => {
      await need(context, 'pods');
      const make = deployment('nowhere', { pod: { nodeSelector: { 'headroom/none': 'yes' } } });
      await carryOut(lend(), make);
      await notReady(make, /^1 pod Unschedulable: 0\/\d+ nodes are available/);
    });

    it('a quota', async () => {
      const place = lend();
      const name = 'no-large-pods';
      const spec = { hard: { 'requests.cpu': '1' } };
      await place.ask('POST', core('resourcequotas'), { metadata: { name }, spec });
      const make = deployment('over-quota', {
        container: { resources: { requests: { cpu: '2', memory: '16Mi' } } },
      });
      await carryOut(place, make);
      const because = await notReady(make, /exceeded quota: no-large-pods/);
      const seen = (await place.look('main', [place.namespace])).namespaces.get(place.namespace);
      await place.ask('DELETE', `${core('resourcequotas')}/${name}`);
      expect(because).toContain('requested: requests.cpu=2');
      expect(JSON.stringify(seen?.quotas)).toContain(name);
    });
  });

  it('the limits of an autoscaler move both ways, both at once, and its workload follows', async (context) => {
    await need(context, 'pods');
    const place = lend();
    const make = deployment('limited', { replicas: 1 });
    await carryOut(place, make);
    const fields = { spec: autoscaler('limited', 1, 2) };
    await carryOut(
      place,
      making(place, { kind: 'HorizontalPodAutoscaler', name: 'limited', fields }),
    );
    const bounds = (minReplicas: number, maxReplicas: number) => ({ minReplicas, maxReplicas });
    for (const [before, after] of [
      [bounds(1, 2), bounds(3, 4)],
      [bounds(3, 4), bounds(1, 2)],
      [bounds(1, 2), bounds(1, 6)],
      [bounds(1, 6), bounds(2, 6)],
    ] as const) {
      const change = limiting(make.workload, before, after);
      await carryOut(place, change);
      expect((await place.clusters.observe(make.workload)).autoscaler).toMatchObject(after);
    }
    const found = { autoscaler: 'limited', kind: 'Deployment', workload: 'limited' };
    // What is followed is told a moment later.
    await place.until('the autoscaler among those of its namespace', async () =>
      (await place.clusters.autoscaled(make.object)).find(
        (each) => each.autoscaler === found.autoscaler,
      ),
    );
    expect(await place.clusters.autoscaled(make.object)).toContainEqual(found);
    const raised = limiting(make.workload, bounds(1, 6), bounds(2, 6));
    await ready(raised);
    const scale = scaling(make.workload, 2, 3);
    expect(compareChange(scale, await observeChange(scale, place))).toMatchObject({
      kind: 'drifted',
      because: expect.stringContaining('autoscaler limited owns Deployment limited'),
    });
  });

  it('an autoscaled Deployment is taken from zero and back, each change seen ready by itself', async (context) => {
    await need(context, 'pods');
    const place = lend();
    const name = 'woken';
    const make = deployment(name, { replicas: 0 });
    await carryOut(place, make);
    const fields = { spec: autoscaler(name, 2, 6) };
    await carryOut(place, making(place, { kind: 'HorizontalPodAutoscaler', name, fields }));
    const before = { minReplicas: 2, maxReplicas: 6 };
    const raised = limiting(make.workload, before, { ...before, minReplicas: 3 });
    for (const change of [
      raised,
      scaling(make.workload, 0, 3),
      scaling(make.workload, 3, 0),
      undoOf(raised),
    ]) {
      await carryOut(place, change);
      await ready(change);
    }
  });

  it('a budget counts the pods it may let go', async (context) => {
    await need(context, 'pods');
    const place = lend();
    const make = deployment('budget', { replicas: 2 });
    await carryOut(place, make);
    await ready(make);
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'budget' } } };
    const fields = { spec };
    await carryOut(place, making(place, { kind: 'PodDisruptionBudget', name: 'budget', fields }));
    const budget = await place.until('both pods to be counted', async () => {
      const budgets = await place.clusters.disruptionBudgets(make.object);
      return budgets.find(({ name, expectedPods }) => name === 'budget' && expectedPods === 2);
    });
    expect(budget).toMatchObject({ labels: { app: 'budget' }, minAvailable: 1 });
    const status = z.object({ status: z.object({ disruptionsAllowed: z.literal(1) }) });
    const path = `/apis/policy/v1/namespaces/${place.namespace}/poddisruptionbudgets/budget`;
    await place.until(
      'one disruption to be allowed',
      async () => status.safeParse((await place.ask('GET', path)).body).data,
    );
  });

  it('a claim grows in use, and does not shrink', async (context) => {
    await need(context, 'pods');
    const place = lend();
    const className = await growingClass(place);
    context.skip(className === undefined, 'no storage class there allows growth');
    const spec = claim('1Gi', className ?? '');
    const make = making(place, {
      kind: 'PersistentVolumeClaim',
      name: 'disk',
      fields: { spec },
    });
    await carryOut(place, make);
    const volumes = [{ name: 'disk', persistentVolumeClaim: { claimName: 'disk' } }];
    const user = deployment('user', {
      pod: { volumes },
      container: { volumeMounts: [{ name: 'disk', mountPath: '/disk' }] },
    });
    await carryOut(place, user);
    await ready(user);
    const pointer = '/spec/resources/requests/storage';
    const sized = (before: string, after: string) =>
      changing(make.object, [{ pointer, what: 'size', before, after }]);
    await carryOut(place, sized('1Gi', '2Gi'));
    // It is ready when the claim has the size, not when it asks for it.
    await ready(sized('1Gi', '2Gi'));
    expect(refusal(await send(place, sized('2Gi', '1Gi')))).toContain('status.capacity');
  });
}

const classes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      allowVolumeExpansion: z.boolean().optional(),
    }),
  ),
});

async function growingClass(place: Place): Promise<string | undefined> {
  const { body } = await place.ask('GET', '/apis/storage.k8s.io/v1/storageclasses');
  const { items } = classes.parse(body);
  return items.find(({ allowVolumeExpansion }) => allowVolumeExpansion === true)?.metadata.name;
}
