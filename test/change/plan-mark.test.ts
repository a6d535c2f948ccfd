// The annotation that says which plan wrote an object: in the same request, and never over the annotations of others.

import { expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { applyJsonPatch } from '../../sandbox/cluster/patch/json-patch.ts';
import { type CreateChange, removalOf, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import { markOf } from '../../src/change/plan-mark.ts';
import {
  makeAutoscalerChange,
  makeClusterState,
  makePatchChange,
  makeScaleChange,
  makeSeenAutoscaler,
  makeSeenDeployment,
} from '../make.ts';

const planId = 'p-0abcd';

function seenWith(metadata: Readonly<Record<string, unknown>>) {
  const seen = makeSeenDeployment();
  return makeClusterState({ objects: [{ ...seen, value: { metadata, ...Object(seen.value) } }] });
}

/** What an object becomes by the marked write of a patch. */
function written(change = makePatchChange(), metadata: JsonObject = {}): JsonObject {
  const state = seenWith(metadata);
  const { patch } = clusterWrite(change, '1', markOf(change, planId, state));
  const object = JSON.parse(JSON.stringify(state.objects[0]?.value)) as JsonObject;
  return applyJsonPatch(object, JSON.parse(JSON.stringify(patch)) as JsonObject[]);
}

it('joins the annotations that are there', () => {
  expect(written(makePatchChange(), { annotations: { team: 'traps' } })).toMatchObject({
    metadata: { annotations: { team: 'traps', 'headroom/plan': planId } },
  });
});

it('takes the place of the plan before', () => {
  const metadata = { annotations: { 'headroom/plan': 'p-older' } };
  expect(written(makePatchChange(), metadata)).toMatchObject({
    metadata: { annotations: { 'headroom/plan': planId } },
  });
});

it('is the first one where there are none, on the condition that this is still so', () => {
  const change = makeAutoscalerChange();
  const state = makeClusterState({ objects: [makeSeenAutoscaler([])] });
  expect(clusterWrite(change, '1', markOf(change, planId, state)).patch.slice(-2)).toEqual([
    { op: 'test', path: '/metadata/annotations', value: null },
    { op: 'add', path: '/metadata/annotations', value: { 'headroom/plan': planId } },
  ]);
});

it('an undo leaves everything as it was but for the annotation', () => {
  const metadata = { annotations: { team: 'traps' } };
  const state = seenWith(metadata);
  const changed = written(makePatchChange(), metadata);
  const undo = undoOf(makePatchChange());
  const mark = { planId, annotated: true };
  const patch = JSON.parse(JSON.stringify(clusterWrite(undo, '1', mark).patch)) as JsonObject[];
  expect(applyJsonPatch(changed, patch)).toEqual({
    ...Object(state.objects[0]?.value),
    metadata: { annotations: { team: 'traps', 'headroom/plan': planId } },
  });
});

it('cannot travel with a scale, and what was not seen is not marked', () => {
  expect(markOf(makeScaleChange(), planId, makeClusterState())).toBeUndefined();
  expect(markOf(makePatchChange(), planId, makeClusterState())).toBeUndefined();
});

it('is in what a plan makes, so that its undo takes that away again and nothing else', () => {
  const create: CreateChange = {
    kind: 'create',
    workload: makePatchChange().workload,
    object: { ...makePatchChange().object, kind: 'ConfigMap', name: 'settings' },
    fields: { data: { workers: '8' } },
    rollout: false,
    floor: false,
    undo: 'exact',
  };
  const write = clusterWrite(create, '', markOf(create, planId, makeClusterState()));
  if (write.how !== 'apply') throw new Error('a creation is applied');
  expect(write.body['metadata']).toEqual({
    name: 'settings',
    namespace: 'greenlang-gl008',
    annotations: { 'headroom/plan': planId },
  });
  const object = { kind: 'ConfigMap', name: 'settings', resourceVersion: '7', writers: [] };
  const state = makeClusterState({ objects: [{ ...object, value: write.body }] });
  expect(compareChange(removalOf(create, planId), state).kind).toBe('unchanged');
  expect(compareChange(removalOf(create, 'p-other'), state).kind).toBe('drifted');
});
