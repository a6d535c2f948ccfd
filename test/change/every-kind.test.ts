// Every kind that plans may write: where its requests go, what stands in them, and that an undo leaves the object as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { applyJsonPatch } from '../../sandbox/cluster/patch/json-patch.ts';
import {
  type CreateChange,
  type FieldValue,
  type PatchField,
  removalOf,
  undoOf,
} from '../../src/change/change.ts';
import { clusterWrite, type JsonPatchOperation } from '../../src/change/cluster-write.ts';
import { type ObjectKind, objectKinds, objectPath } from '../../src/change/kinds.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { sampleOf } from '../cluster/samples.ts';
import { makePatchChange, makeWorkload } from '../make.ts';

const kinds = Object.keys(objectKinds) as ObjectKind[];
const planId = 'p-0abcd';
const place = { cluster: 'production', namespace: 'shop' } as const;

// biome-ignore format: a table
const paths: Readonly<Record<ObjectKind, string>> = {
  Deployment:              '/apis/apps/v1/namespaces/shop/deployments/web',
  StatefulSet:             '/apis/apps/v1/namespaces/shop/statefulsets/web',
  HorizontalPodAutoscaler: '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/web',
  ConfigMap:               '/api/v1/namespaces/shop/configmaps/web',
  PersistentVolumeClaim:   '/api/v1/namespaces/shop/persistentvolumeclaims/web',
  Service:                 '/api/v1/namespaces/shop/services/web',
  PodDisruptionBudget:     '/apis/policy/v1/namespaces/shop/poddisruptionbudgets/web',
  Job:                     '/apis/batch/v1/namespaces/shop/jobs/web',
  VerticalPodAutoscaler:   '/apis/autoscaling.k8s.io/v1/namespaces/shop/verticalpodautoscalers/web',
  ScaledObject:            '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/web',
  Cluster:                 '/apis/postgresql.cnpg.io/v1/namespaces/shop/clusters/web',
  Pooler:                  '/apis/postgresql.cnpg.io/v1/namespaces/shop/poolers/web',
  RedisCluster:            '/apis/redis.redis.opstreelabs.in/v1beta2/namespaces/shop/redisclusters/web',
};

function makeCreate(kind: ObjectKind): CreateChange {
  return {
    kind: 'create',
    workload: makeWorkload(),
    object: { ...place, kind, name: 'web' },
    fields: sampleOf(kind, 'web').fields,
    rollout: false,
    floor: false,
    undo: 'exact',
  };
}

function changeOf(kind: ObjectKind, fields: readonly PatchField[]) {
  return makePatchChange({ object: { ...place, kind, name: 'web' }, fields, guards: [] });
}

/** The operations as the API server would read them. */
function sent(patch: readonly JsonPatchOperation[]): JsonObject[] {
  return JSON.parse(JSON.stringify(patch)) as JsonObject[];
}

/** The object as its creation leaves it, with annotations of others or without any. */
function objectOf(kind: ObjectKind, annotations?: JsonObject): JsonObject {
  const { fields } = sampleOf(kind, 'web');
  const metadata = { name: 'web', ...(annotations && { annotations }) };
  return JSON.parse(JSON.stringify({ metadata, ...fields })) as JsonObject;
}

describe.each(kinds)('a %s', (kind) => {
  it('has one address, and the version that is written', () => {
    expect(objectPath(kind, { ...place, name: 'web' })).toBe(paths[kind]);
  });

  it('is made by a body of its own fields and the mark of its plan, and nothing else', () => {
    const change = makeCreate(kind);
    expect(clusterWrite(change, '', { planId, annotated: false })).toEqual({
      how: 'apply',
      object: change.object,
      body: {
        apiVersion: objectKinds[kind].apiVersion,
        kind,
        metadata: { name: 'web', namespace: 'shop', annotations: { 'headroom/plan': planId } },
        ...change.fields,
      },
    });
    expect(clusterWrite(removalOf(change, planId), '77')).toEqual({
      how: 'remove',
      object: change.object,
      resourceVersion: '77',
    });
  });

  it('is changed by tests of all old values, then the writes, then the mark', () => {
    const { change: fields } = sampleOf(kind, 'web');
    const { patch } = clusterWrite(changeOf(kind, fields), '', { planId, annotated: true });
    expect(patch).toEqual([
      ...fields.map(({ pointer, before }) => ({
        op: 'test',
        path: pointer,
        value: before ?? null,
      })),
      ...fields.map(({ pointer, before, after }) =>
        after === undefined
          ? { op: 'remove', path: pointer }
          : { op: before === undefined ? 'add' : 'replace', path: pointer, value: after },
      ),
      { op: 'add', path: '/metadata/annotations/headroom~1plan', value: planId },
    ]);
  });

  it('is as it was after a change and its undo, but for the mark', () => {
    fc.assert(
      fc.property(fieldsOf(kind), fc.boolean(), (fields, annotated) => {
        const before = objectOf(kind, annotated ? { team: 'traps' } : undefined);
        const change = changeOf(kind, fields);
        const forward = clusterWrite(change, '', { planId, annotated }).patch;
        const changed = applyJsonPatch(before, sent(forward));
        expect(changed).not.toEqual(before);
        const undo = clusterWrite(undoOf(change), '', { planId, annotated: true }).patch;
        const annotations = { ...(annotated && { team: 'traps' }), 'headroom/plan': planId };
        expect(applyJsonPatch(changed, sent(undo))).toEqual(objectOf(kind, annotations));
      }),
      { numRuns: 30 },
    );
  });
});

const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean());
const value: fc.Arbitrary<FieldValue> = fc.oneof(
  leaf,
  fc.array(leaf, { maxLength: 3 }),
  fc.dictionary(fc.constantFrom('a', 'b/c', 'd~e'), leaf, { maxKeys: 3 }),
);

/** The fields of the sample with any new values or none, and one that is not there yet. */
function fieldsOf(kind: ObjectKind): fc.Arbitrary<readonly PatchField[]> {
  const { change } = sampleOf(kind, 'web');
  const object = objectOf(kind);
  const { holds } = objectKinds[kind];
  const known = change.map(({ pointer, what }) => {
    const before = valueAt(object, pointer) as FieldValue | undefined;
    return fc.option(value, { nil: undefined }).map((after): readonly PatchField[] =>
      before === undefined && after === undefined
        ? []
        : [
            {
              pointer,
              what,
              ...(before !== undefined && { before }),
              ...(after !== undefined && { after }),
            },
          ],
    );
  });
  const fresh = value.map((after): readonly PatchField[] => [
    { pointer: `/${holds}/of~1ours`, what: 'one of ours', after },
  ]);
  return fc.tuple(...known, fresh).map((parts) => parts.flat());
}
