// The difference to commit: valid YAML before and after, containers by name, and nothing but what the change writes.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { gitDifference } from '../../src/change/git-difference.ts';
import { makeAutoscalerChange, makePatchChange, makeScaleChange } from '../make.ts';

const here = '/spec/template/spec/containers/0';

describe('the difference', () => {
  it('of replicas', () => {
    expect(gitDifference(makeScaleChange()).join('\n')).toBe(
      `--- Deployment greenlang-gl008/worker
+++ Deployment greenlang-gl008/worker
@@ -1,7 +1,7 @@
 apiVersion: apps/v1
 kind: Deployment
 metadata:
   name: worker
   namespace: greenlang-gl008
 spec:
-  replicas: 5
+  replicas: 8`,
    );
  });

  it('of requests stands at the container of that name', () => {
    const change = makePatchChange({
      fields: [
        ...makePatchChange().fields,
        { pointer: `${here}/resources/limits`, what: 'limits', after: { cpu: '5' } },
      ],
    });
    expect(gitDifference(change).slice(2).join('\n')).toBe(
      `@@ -1,13 +1,15 @@
 apiVersion: apps/v1
 kind: Deployment
 metadata:
   name: worker
   namespace: greenlang-gl008
 spec:
   template:
     spec:
       containers:
         - name: worker
           resources:
             requests:
-              cpu: "2"
+              cpu: 2500m
+            limits:
+              cpu: "5"`,
    );
  });

  it('of a ScaledObject is in its own words', () => {
    const lines = gitDifference(makeAutoscalerChange({ scaledObject: 'queue' }));
    expect(lines).toContain(' kind: ScaledObject');
    expect(lines.filter((line) => /^[-+] /.test(line))).toEqual([
      '-  minReplicaCount: 4',
      '+  minReplicaCount: 8',
    ]);
  });

  it('of a target of an autoscaler says which metric', () => {
    const change = makePatchChange({
      object: { ...makePatchChange().object, kind: 'HorizontalPodAutoscaler', name: 'worker-hpa' },
      guards: [{ pointer: '/spec/metrics/1/resource/name', equals: 'cpu' }],
      fields: [
        {
          pointer: '/spec/metrics/1/resource/target/averageUtilization',
          what: 'cpu target in percent',
          before: 70,
          after: 56,
        },
      ],
    });
    expect(parse(side(gitDifference(change), '+'))).toMatchObject({
      spec: { metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 56 } } }] },
    });
  });

  it('of a ConfigMap takes a key that is a number for a key', () => {
    const change = makePatchChange({
      object: { ...makePatchChange().object, kind: 'ConfigMap', name: 'shards' },
      guards: [],
      fields: [
        { pointer: '/data/0', what: 'key 0', before: 'a: 1\nb: 2\n', after: 'a: 1\nb: 3\n' },
      ],
    });
    expect(parse(side(gitDifference(change), '+'))).toMatchObject({ data: { 0: 'a: 1\nb: 3\n' } });
  });

  it('of something new is all of it', () => {
    const lines = gitDifference({
      kind: 'create',
      workload: makePatchChange().workload,
      object: { ...makePatchChange().object, kind: 'PodDisruptionBudget', name: 'worker' },
      fields: { spec: { maxUnavailable: 1 } },
      rollout: false,
      floor: false,
      undo: 'exact',
    });
    expect(lines.slice(0, 3)).toEqual([
      '--- /dev/null',
      '+++ PodDisruptionBudget greenlang-gl008/worker',
      '@@ -0,0 +1,7 @@',
    ]);
    expect(parse(side(lines, '+'))).toEqual({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'worker', namespace: 'greenlang-gl008' },
      spec: { maxUnavailable: 1 },
    });
  });

  it('has, for any values, both sides as YAML with exactly these values, and the right counts', () => {
    const value = fc.oneof(fc.string(), fc.integer(), fc.dictionary(fc.string(), fc.string()));
    fc.assert(
      fc.property(value, fc.option(value, { nil: undefined }), (after, before) => {
        const pointer = '/data/settings';
        const change = makePatchChange({
          object: { ...makePatchChange().object, kind: 'ConfigMap', name: 'settings' },
          guards: [],
          fields: [{ pointer, what: 'settings', after, ...(before !== undefined && { before }) }],
        });
        const lines = gitDifference(change);
        const [was, is] = (['-', '+'] as const).map((sign) => side(lines, sign));
        expect(parse(is ?? '').data).toEqual({ settings: after });
        expect(parse(was ?? '').data).toEqual(
          before === undefined ? undefined : { settings: before },
        );
        const count = (text = '') => text.split('\n').length;
        expect(lines[2]).toBe(`@@ -1,${count(was)} +1,${count(is)} @@`);
      }),
    );
  });
});

/** The text of one side: what is common and what only it has. */
function side(lines: readonly string[], sign: '-' | '+'): string {
  return lines
    .slice(3)
    .filter((line) => line.startsWith(' ') || line.startsWith(sign))
    .map((line) => line.slice(1))
    .join('\n');
}
