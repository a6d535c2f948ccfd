// What a cluster refuses, in whose words, and that nothing is changed by it.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
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
  standingOf,
  workloadOf,
} from './writing.ts';

/** The words of refusals, and what drift looks like. */
export function refusals(lend: () => Place): void {
  const configMap = (name: string, data: Readonly<Record<string, string>>) =>
    making(lend(), { kind: 'ConfigMap', name, fields: { data } });
  const core = (plural: string) => `/api/v1/namespaces/${lend().namespace}/${plural}`;
  const makeRaw = async (plural: string, body: unknown) => {
    const { status, body: answer } = await lend().ask('POST', core(plural), body);
    if (status !== 200) throw new Error(`${plural}: ${status} ${JSON.stringify(answer)}`);
  };

  describe('somebody else', () => {
    it('who made the object with another value keeps it, and is named', async () => {
      const place = lend();
      const metadata = { name: 'theirs' };
      await makeRaw('configmaps?fieldManager=argocd', { metadata, data: { workers: '4' } });
      const make = configMap('theirs', { workers: '8' });
      for (const dryRun of [true, false]) {
        expect(refusal(await send(place, make, { dryRun }))).toContain('conflict with "argocd"');
      }
      const seen = await place.clusters.read(make.object);
      expect(valueAt(seen?.value, '/data')).toEqual({ workers: '4' });
      expect(compareChange(make, await observeChange(make, place))).toMatchObject({
        kind: 'drifted',
        because: expect.stringMatching(/at \/data\/workers \(changed by argocd, \d{4}-/),
      });
    });

    it('who changes what a plan saw makes its write fail, and is named', async () => {
      const place = lend();
      await carryOut(place, configMap('moved', { workers: '8', pool: '20' }));
      const what = 'workers';
      const change = changing(place.ref('ConfigMap', 'moved'), [
        { pointer: '/data/workers', what, before: '8', after: '12' },
      ]);
      await place.ask('PATCH', `${core('configmaps')}/moved?fieldManager=console`, {
        data: { pool: '30' },
      });
      expect(await standingOf(place, change)).toBe('unchanged');
      await place.ask('PATCH', `${core('configmaps')}/moved?fieldManager=console`, {
        data: { workers: '9' },
      });
      expect(compareChange(change, await observeChange(change, place))).toMatchObject({
        kind: 'drifted',
        because: expect.stringContaining('workers 9, the plan saw 8 (changed by console, '),
      });
      const write = clusterWrite(change, '');
      refusal(await place.clusters.write(write, { dryRun: false }));
      const seen = await place.clusters.read(change.object);
      expect(valueAt(seen?.value, '/data')).toEqual({ workers: '9', pool: '30' });
    });
  });

  describe('a refusal says what the cluster said', () => {
    it('of a request above its limit', async () => {
      const place = lend();
      const container = { resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } };
      const fields = { spec: pods('too-much', { replicas: 0, container }) };
      const make = making(place, { kind: 'Deployment', name: 'too-much', fields });
      expect(refusal(await send(place, make, { dryRun: true }))).toContain(
        // New servers add which limit.
        'must be less than or equal to cpu limit',
      );
    });

    it('of a minimum above the maximum, whichever of the two is written', async () => {
      const place = lend();
      const fields = { spec: autoscaler('limits', 2, 6) };
      await carryOut(
        place,
        making(place, { kind: 'HorizontalPodAutoscaler', name: 'odd', fields }),
      );
      const before = { minReplicas: 2, maxReplicas: 6 };
      for (const after of [
        { minReplicas: 7, maxReplicas: 6 },
        { minReplicas: 2, maxReplicas: 1 },
      ]) {
        const write = clusterWrite(limiting(workloadOf(place, 'odd'), before, after), '');
        expect(refusal(await place.clusters.write(write, { dryRun: true }))).toContain(
          'must be greater than or equal to',
        );
      }
    });

    it('of a quota, once it counts', async () => {
      const place = lend();
      const name = 'no-claims';
      const hard = { persistentvolumeclaims: '0' };
      await makeRaw('resourcequotas', { metadata: { name }, spec: { hard } });
      const counted = z.object({ status: z.object({ hard: z.record(z.string(), z.string()) }) });
      await place.until('the quota to count', async () => {
        const { body } = await place.ask('GET', `${core('resourcequotas')}/${name}`);
        return counted.safeParse(body).data;
      });
      const fields = { spec: claim('1Gi', 'headroom-no-such-class') };
      const make = making(place, { kind: 'PersistentVolumeClaim', name: 'one', fields });
      const because = refusal(await send(place, make, { dryRun: true }));
      await place.ask('DELETE', `${core('resourcequotas')}/${name}`);
      expect(because).toContain('exceeded quota: no-claims, requested: persistentvolumeclaims=1');
    });

    it('of a limit range', async () => {
      const place = lend();
      const name = 'small-claims';
      const limits = [{ type: 'PersistentVolumeClaim', max: { storage: '2Gi' } }];
      await makeRaw('limitranges', { metadata: { name }, spec: { limits } });
      const fields = { spec: claim('3Gi', 'headroom-no-such-class') };
      const make = making(place, { kind: 'PersistentVolumeClaim', name: 'two', fields });
      // Limits are kept for a few seconds by those who judge by them.
      const because = await place.until('the limit to count', async () => {
        const answer = await send(place, make, { dryRun: true });
        return answer.kind === 'refused' ? answer.because : undefined;
      });
      await place.ask('DELETE', `${core('limitranges')}/${name}`);
      expect(because).toContain('maximum storage usage per PersistentVolumeClaim is 2Gi');
    });

    it('of a claim that has no volume to grow', async () => {
      const place = lend();
      const fields = { spec: claim('1Gi', 'headroom-no-such-class') };
      const make = making(place, { kind: 'PersistentVolumeClaim', name: 'unbound', fields });
      await carryOut(place, make);
      const pointer = '/spec/resources/requests/storage';
      const grow = changing(make.object, [{ pointer, what: 'size', before: '1Gi', after: '2Gi' }]);
      expect(refusal(await send(place, grow, { dryRun: true }))).toContain('bound claims');
    });

    it('of a workload that is not there', async () => {
      const place = lend();
      const absent = workloadOf(place, 'absent');
      const because = refusal(await send(place, scaling(absent, 1, 2)));
      expect(because).toContain('deployments.apps "absent" not found');
    });
  });

  it('a field that no such object has is not written, and never called written', async () => {
    const place = lend();
    const fields = { spec: { ...pods('typo', { replicas: 0 }), replica: 3 } };
    const make = making(place, { kind: 'Deployment', name: 'typo', fields });
    for (const dryRun of [true, false]) {
      const answer = await send(place, make, { dryRun });
      expect(answer).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining('.spec.replica: field not declared in schema'),
      });
    }
    expect(await place.clusters.read(make.object)).toBeUndefined();

    await carryOut(place, configMap('typo', { workers: '8' }));
    const pointer = '/dta';
    const change = changing(place.ref('ConfigMap', 'typo'), [
      { pointer, what: 'a field', after: { workers: '9' } },
    ]);
    expect(refusal(await send(place, change))).toContain('unknown field "dta"');
  });
}
