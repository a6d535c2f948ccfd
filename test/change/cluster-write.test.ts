// The exact write of every change, and that its opposite takes it back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AutoscalerChange,
  isDecrease,
  type ScaleChange,
  targetKey,
} from '../../src/change/change.ts';
import {
  asCommand,
  clusterWrite,
  type JsonPatchOperation,
} from '../../src/change/cluster-write.ts';
import { makeAutoscalerChange, makeScaleChange, makeWorkload } from '../make.ts';

describe('the write of a change', () => {
  it('scales a Deployment when it still has as many replicas as the plan saw', () => {
    expect(clusterWrite(makeScaleChange(), '1041')).toEqual({
      how: 'patch',
      object: {
        cluster: 'production',
        namespace: 'greenlang-gl008',
        kind: 'Deployment',
        name: 'worker',
      },
      subresource: 'scale',
      patch: [
        { op: 'test', path: '/spec/replicas', value: 5 },
        { op: 'add', path: '/spec/replicas', value: 8 },
      ],
    });
  });

  it('scales a StatefulSet through its own scale', () => {
    const workload = makeWorkload({ kind: 'StatefulSet', name: 'store' });
    expect(clusterWrite(makeScaleChange({ workload }), '1')).toMatchObject({
      object: { kind: 'StatefulSet', name: 'store' },
      subresource: 'scale',
    });
  });

  it('tests the resourceVersion where zero replicas leave no old value to test', () => {
    const change = makeScaleChange({ before: { replicas: 0 }, after: { replicas: 3 } });
    expect(clusterWrite(change, '1041').patch).toEqual([
      { op: 'test', path: '/metadata/resourceVersion', value: '1041' },
      { op: 'add', path: '/spec/replicas', value: 3 },
    ]);
  });

  it('moves only the limit of an autoscaler that changes', () => {
    expect(clusterWrite(makeAutoscalerChange(), '1')).toEqual({
      how: 'patch',
      object: {
        cluster: 'production',
        namespace: 'greenlang-gl008',
        kind: 'HorizontalPodAutoscaler',
        name: 'worker-hpa',
      },
      patch: [
        { op: 'test', path: '/spec/minReplicas', value: 4 },
        { op: 'replace', path: '/spec/minReplicas', value: 8 },
      ],
    });
    const raised = makeAutoscalerChange({ after: { minReplicas: 4, maxReplicas: 24 } });
    expect(clusterWrite(raised, '1').patch).toEqual([
      { op: 'test', path: '/spec/maxReplicas', value: 20 },
      { op: 'replace', path: '/spec/maxReplicas', value: 24 },
    ]);
  });

  it('moves both limits of an autoscaler in one patch', () => {
    const change = makeAutoscalerChange({ after: { minReplicas: 22, maxReplicas: 24 } });
    expect(clusterWrite(change, '1').patch).toEqual([
      { op: 'test', path: '/spec/minReplicas', value: 4 },
      { op: 'replace', path: '/spec/minReplicas', value: 22 },
      { op: 'test', path: '/spec/maxReplicas', value: 20 },
      { op: 'replace', path: '/spec/maxReplicas', value: 24 },
    ]);
  });
});

const count = fc.integer({ min: 0, max: 1_000 });
const limits = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 500 }))
  .map(([minReplicas, more]) => ({ minReplicas, maxReplicas: minReplicas + more }));
const changes: fc.Arbitrary<ScaleChange | AutoscalerChange> = fc.oneof(
  fc
    .record({ before: count, after: count, floor: fc.boolean() })
    .map(({ before, after, floor }) =>
      makeScaleChange({ before: { replicas: before }, after: { replicas: after }, floor }),
    ),
  fc.record({ before: limits, after: limits }).map((over) => makeAutoscalerChange(over)),
);

describe('for any change', () => {
  it('forward and then its opposite leaves the object as it was', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const before = objectOf(change);
        const changed = patched(
          before,
          clusterWrite(change, before.metadata.resourceVersion).patch,
        );
        const back = opposite(change);
        const after = patched(changed, clusterWrite(back, changed.metadata.resourceVersion).patch);
        expect(after.spec).toEqual(before.spec);
      }),
    );
  });

  it('the write is refused by the object when what it changes has moved', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: 1, max: 9 }), (change, more) => {
        const write = clusterWrite(change, 'seen');
        fc.pre(write.patch.length > 0);
        const { spec } = objectOf(change);
        const moved = Object.fromEntries(
          ['replicas', 'minReplicas', 'maxReplicas'].map((key) => [key, (spec[key] ?? 0) + more]),
        );
        const object = { metadata: { resourceVersion: 'later' }, spec: moved };
        expect(() => patched(object, write.patch)).toThrow(/test failed/);
      }),
    );
  });

  it('a decrease is what leaves fewer replicas or a lower limit', () => {
    fc.assert(
      fc.property(count, count, (before, after) => {
        const change = makeScaleChange({
          before: { replicas: before },
          after: { replicas: after },
        });
        expect(isDecrease(change)).toBe(after < before);
      }),
    );
    expect(isDecrease(makeAutoscalerChange())).toBe(false);
    expect(isDecrease(makeAutoscalerChange({ after: { minReplicas: 3, maxReplicas: 20 } }))).toBe(
      true,
    );
    expect(isDecrease(makeAutoscalerChange({ after: { minReplicas: 8, maxReplicas: 19 } }))).toBe(
      true,
    );
  });
});

describe('the command a person can run', () => {
  // biome-ignore format: a table
  it.each([
    [makeScaleChange(),
     'kubectl scale deployment/worker --namespace greenlang-gl008 --current-replicas=5 --replicas=8'],
    [makeScaleChange({ workload: makeWorkload({ kind: 'StatefulSet', name: 'store' }) }),
     'kubectl scale statefulset/store --namespace greenlang-gl008 --current-replicas=5 --replicas=8'],
    [makeScaleChange({ before: { replicas: 0 } }),
     'kubectl scale deployment/worker --namespace greenlang-gl008 --current-replicas=0 --replicas=8'],
    [makeAutoscalerChange(),
     `kubectl patch hpa worker-hpa --namespace greenlang-gl008 --type=json --patch='[{"op":"test","path":"/spec/minReplicas","value":4},{"op":"replace","path":"/spec/minReplicas","value":8}]'`],
  ])('of %#', (change, command) => {
    expect(asCommand(change)).toBe(command);
  });

  it('has the write itself between its quotes, and nothing else a shell would read', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const command = asCommand(change);
        const [outside, patch, rest] = command.split("'");
        expect(outside).toMatch(/^[a-z0-9 /=.-]+$/);
        if (change.kind === 'scale') {
          expect(patch).toBeUndefined();
        } else {
          expect(rest).toBe('');
          expect(JSON.parse(patch ?? '')).toEqual(clusterWrite(change, '').patch);
        }
      }),
    );
  });
});

it('a target is named by cluster, namespace, kind and name', () => {
  expect(targetKey(makeWorkload())).toBe('production/greenlang-gl008/Deployment/worker');
  const others = [
    makeWorkload({ cluster: 'staging' }),
    makeWorkload({ namespace: 'other' }),
    makeWorkload({ kind: 'StatefulSet' }),
    makeWorkload({ name: 'api' }),
  ];
  expect(new Set([makeWorkload(), ...others].map(targetKey)).size).toBe(5);
});

interface LittleObject {
  readonly metadata: { readonly resourceVersion: string };
  /** As the server shows it: a Scale at zero has no replicas. */
  readonly spec: Readonly<Record<string, number>>;
}

function objectOf(change: ScaleChange | AutoscalerChange): LittleObject {
  const resource = { metadata: { resourceVersion: '1' } };
  if (change.kind === 'scale') return { ...resource, spec: shown(change.before) };
  const { minReplicas, maxReplicas } = change.before;
  return { ...resource, spec: { minReplicas, maxReplicas } };
}

function opposite(change: ScaleChange | AutoscalerChange): ScaleChange | AutoscalerChange {
  return change.kind === 'scale'
    ? { ...change, before: change.after, after: change.before, floor: false }
    : { ...change, before: change.after, after: change.before, floor: false };
}

function shown(spec: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(spec).filter(([key, value]) => key !== 'replicas' || value !== 0),
  );
}

function patched(object: LittleObject, patch: readonly JsonPatchOperation[]): LittleObject {
  const spec: Record<string, number> = { ...object.spec };
  for (const operation of patch) {
    if (operation.op === 'remove') throw new Error('these changes remove nothing');
    const { op, path, value } = operation;
    const key = path.replace('/spec/', '');
    const there =
      path === '/metadata/resourceVersion' ? object.metadata.resourceVersion : spec[key];
    if (op === 'test' && there !== value) throw new Error(`test failed: ${path} is ${there}`);
    if (op === 'replace' && there === undefined) throw new Error(`nothing to replace: ${path}`);
    if (op !== 'test') spec[key] = Number(value);
  }
  const resourceVersion = String(Number(object.metadata.resourceVersion) + 1);
  return { metadata: { resourceVersion }, spec: shown(spec) };
}
