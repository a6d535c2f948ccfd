// What stands beside a workload, and what an account with few rights may do: owners, Events, room, and refusals that name the right.

import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rightsOf } from '../../src/change/access.ts';
import type { ClusterChange } from '../../src/change/change.ts';
import { OperationError } from '../../src/errors.ts';
import type { Clusters, ObjectEvent } from '../../src/ports.ts';
import type { Place } from './place.ts';
import { pods, scaledObject } from './samples.ts';
import { carryOut, changing, making, planId, refusal, scaling, send } from './writing.ts';

const eventList = z.object({
  items: z.array(z.object({ reason: z.string(), message: z.string(), type: z.string() })),
});

/** Everything around a workload. */
export function neighbourCases(lend: () => Place): void {
  const idle = (name: string) =>
    making(lend(), { kind: 'Deployment', name, fields: { spec: pods(name, { replicas: 0 }) } });

  it('the cluster answers for its health', async () => {
    expect(await lend().clusters.health()).toEqual([{ cluster: 'main' }]);
  });

  it('room is known: its nodes, and the quotas and limits of a namespace', async () => {
    const place = lend();
    const { nodes, namespaces } = await place.look('main', [place.namespace]);
    expect(nodes.kind).toBe('known');
    const here = namespaces.get(place.namespace);
    expect([here?.quotas.kind, here?.limitRanges.kind]).toEqual(['known', 'known']);
  });

  it('who else scales a workload is found where there is somebody', async () => {
    const place = lend();
    const make = idle('owned');
    await carryOut(place, make);
    expect(await place.clusters.vertical(make.workload)).toEqual({ kind: 'none' });
    expect(await place.clusters.scaledObject(make.workload)).toEqual({ kind: 'none' });
    if (place.served.has('VerticalPodAutoscaler')) {
      const targetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'owned' };
      const spec = { targetRef, updatePolicy: { updateMode: 'Initial' } };
      const fields = { spec };
      await carryOut(
        place,
        making(place, { kind: 'VerticalPodAutoscaler', name: 'sizes', fields }),
      );
      expect(await place.clusters.vertical(make.workload)).toEqual({
        kind: 'seen',
        name: 'sizes',
        mode: 'Initial',
      });
    }
    if (place.served.has('ScaledObject')) {
      const fields = { spec: scaledObject('owned') };
      await carryOut(place, making(place, { kind: 'ScaledObject', name: 'queue', fields }));
      expect(await place.clusters.scaledObject(make.workload)).toMatchObject({
        kind: 'seen',
        object: { name: 'queue' },
      });
    }
  });

  it('an Event is found beside its object, stays one when told twice, and needs the object', async () => {
    const place = lend();
    const make = idle('told');
    await carryOut(place, make);
    const at = new Date();
    const told = (object: ObjectEvent['object'], name: string): ObjectEvent => ({
      object,
      name,
      reason: 'HeadroomApplied',
      message: `plan ${planId}: replicas 0`,
      at,
    });
    await place.clusters.tell(told(make.object, 'told.one'));
    await place.clusters.tell(told(make.object, 'told.one'));
    await place.clusters.tell(told(place.ref('Deployment', 'absent'), 'absent.one'));
    const events = async (name: string) => {
      const selector = `involvedObject.kind=Deployment,involvedObject.name=${name},reason=HeadroomApplied`;
      const path = `/api/v1/namespaces/${place.namespace}/events?fieldSelector=${encodeURIComponent(selector)}`;
      return eventList.parse((await place.ask('GET', path)).body).items;
    };
    expect(await events('told')).toEqual([
      { reason: 'HeadroomApplied', message: `plan ${planId}: replicas 0`, type: 'Normal' },
    ]);
    expect(await events('absent')).toEqual([]);
  });

  describe('an account', () => {
    const looks = {
      apiGroups: ['apps', 'autoscaling', ''],
      resources: ['deployments', 'horizontalpodautoscalers', 'pods'],
      verbs: ['get', 'list'],
    };
    const scales = { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['patch'] };
    /** Roles take a moment to be known everywhere. */
    const once = (what: string, narrow: Clusters, name: string) =>
      lend().until(what, async () => {
        try {
          return await narrow.observe(lend().ref('Deployment', name));
        } catch (error) {
          if (error instanceof OperationError && error.code === 'forbidden') return undefined;
          throw error;
        }
      });

    it('without any right is told which one is missing', async () => {
      const narrow = await lend().account('nobody', []);
      const error = await narrow
        .observe(lend().ref('Deployment', 'told'))
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: 'forbidden', retryable: false });
      expect(String(error)).toMatch(/cannot (get|list) resource "/);
    });

    it('that may look and scale does that, and nothing else', async () => {
      const place = lend();
      const make = idle('narrow');
      await carryOut(place, make);
      const narrow = await place.account('scaler', [looks, scales]);
      await once('the role to be known', narrow, 'narrow');
      const up = scaling(make.workload, 0, 1);
      expect(await send(place, up, { clusters: narrow })).toEqual({ kind: 'written' });
      const pointer = '/spec/template/spec/containers/0/resources/requests/cpu';
      const sized = changing(make.object, [{ pointer, what: 'cpu', before: '10m', after: '20m' }]);
      for (const dryRun of [true, false]) {
        const answer = await send(place, sized, { clusters: narrow, dryRun });
        expect(answer).toMatchObject({ kind: 'refused', forbidden: true });
        expect(refusal(answer)).toContain(
          `cannot patch resource "deployments" in API group "apps" in the namespace "${place.namespace}"`,
        );
      }
      const mayAll = async (change: ClusterChange) =>
        (await Promise.all(rightsOf(change).map(async (right) => narrow.may(right)))).every(
          Boolean,
        );
      expect([await mayAll(up), await mayAll(sized), await mayAll(idle('not-mine'))]).toEqual([
        true,
        false,
        false,
      ]);
      const other = idle('not-mine');
      expect(refusal(await send(place, other, { clusters: narrow }))).toContain('cannot ');
      expect(await place.clusters.read(other.object)).toBeUndefined();
    });
  });
}
