// The conditional patch: its exact body, what counts as moved, who is named, and that its undo takes it back.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { applyJsonPatch } from '../../sandbox/cluster/patch/json-patch.ts';
import { isDecrease, type PatchField, undoOf } from '../../src/change/change.ts';
import {
  asCommand,
  clusterWrite,
  type JsonPatchOperation,
} from '../../src/change/cluster-write.ts';
import { compareChange } from '../../src/change/compare.ts';
import { makeClusterState, makePatchChange, makeSeenDeployment } from '../make.ts';

const here = '/spec/template/spec/containers/0';
const request = `${here}/resources/requests/cpu`;

/** The operations as the API server would read them. */
function sent(patch: readonly JsonPatchOperation[]): JsonObject[] {
  return JSON.parse(JSON.stringify(patch)) as JsonObject[];
}

describe('the write of a patch', () => {
  it('tests its guards and every old value, then writes', () => {
    expect(clusterWrite(makePatchChange(), 'unused')).toEqual({
      how: 'patch',
      object: {
        cluster: 'production',
        namespace: 'greenlang-gl008',
        kind: 'Deployment',
        name: 'worker',
      },
      patch: [
        { op: 'test', path: `${here}/name`, value: 'worker' },
        { op: 'test', path: request, value: '2' },
        { op: 'replace', path: request, value: '2500m' },
      ],
    });
  });

  it('tests for nothing where nothing stands, adds it, and its undo removes it', () => {
    const limits = `${here}/resources/limits`;
    const change = makePatchChange({
      fields: [{ pointer: limits, what: 'limits', after: { cpu: '5' } }],
    });
    expect(clusterWrite(change, '').patch.slice(1)).toEqual([
      { op: 'test', path: limits, value: null },
      { op: 'add', path: limits, value: { cpu: '5' } },
    ]);
    expect(clusterWrite(undoOf(change), '').patch.slice(1)).toEqual([
      { op: 'test', path: limits, value: { cpu: '5' } },
      { op: 'remove', path: limits },
    ]);
  });

  it('goes to the autoscaler where that is the object', () => {
    const change = makePatchChange({
      object: {
        ...makePatchChange().object,
        kind: 'HorizontalPodAutoscaler',
        name: 'worker-hpa',
      },
    });
    expect(clusterWrite(change, '')).toMatchObject({
      object: { kind: 'HorizontalPodAutoscaler', name: 'worker-hpa' },
    });
    expect(asCommand(change)).toMatch(/^kubectl patch hpa worker-hpa --namespace greenlang-gl008 /);
  });

  it('is the same as a command', () => {
    const [command, patch, rest] = asCommand(makePatchChange()).split("'");
    expect(command).toBe(
      'kubectl patch deployment worker --namespace greenlang-gl008 --type=json --patch=',
    );
    expect([JSON.parse(patch ?? ''), rest]).toEqual([
      clusterWrite(makePatchChange(), '').patch,
      '',
    ]);
  });
});

describe('a patch and what is there now', () => {
  const at = (resources: Readonly<Record<string, unknown>>, over = {}) =>
    makeClusterState({ objects: [{ ...makeSeenDeployment(resources), ...over }] });

  // biome-ignore format: a table
  it.each([
    // cpu request now, comparison
    ['2',     'unchanged'],
    ['2500m', 'reached'],
    ['2.5',   'reached'],
    ['2000m', 'drifted'], // The same amount, but the server would test the text.
    ['2200m', 'drifted'],
    [undefined, 'drifted'],
  ])('a request of %s', (cpu, kind) => {
    const requests = { ...(cpu !== undefined && { cpu }), memory: '9Gi' };
    expect(compareChange(makePatchChange(), at({ requests })).kind).toBe(kind);
  });

  it('names who moved the field, not who touched another one', () => {
    const writers = [
      { who: 'churn', fields: { 'f:spec': { 'f:replicas': {} } } },
      {
        who: 'argocd, 2026-11-22 03:12 UTC',
        fields: {
          'f:spec': {
            'f:template': {
              'f:spec': {
                'f:containers': {
                  'k:{"name":"other"}': { 'f:resources': {} },
                  'k:{"name":"worker"}': { 'f:resources': { 'f:requests': { 'f:cpu': {} } } },
                },
              },
            },
          },
        },
      },
    ];
    expect(
      compareChange(makePatchChange(), at({ requests: { cpu: '2200m' } }, { writers })),
    ).toEqual({
      kind: 'drifted',
      because:
        'Deployment worker has cpu request 2200m, the plan saw 2 (changed by argocd, 2026-11-22 03:12 UTC)',
    });
  });

  it('has drifted when another container stands in its place, or the object is gone', () => {
    const change = makePatchChange({ guards: [{ pointer: `${here}/name`, equals: 'proxy' }] });
    expect(compareChange(change, at({ requests: { cpu: '2' } }))).toMatchObject({
      because: `Deployment worker has worker at ${here}/name, the plan saw proxy`,
    });
    expect(compareChange(change, makeClusterState())).toEqual({
      kind: 'drifted',
      because: 'Deployment worker is no longer there',
    });
  });

  it('has drifted when a vertical autoscaler appeared', () => {
    const vertical = { kind: 'seen', name: 'worker-vpa', mode: 'Auto' } as const;
    const now = { ...at({ requests: { cpu: '2' } }), vertical };
    expect(compareChange(makePatchChange(), now)).toMatchObject({
      because: expect.stringContaining('vertical autoscaler worker-vpa (mode Auto)'),
    });
  });
});

const amount = fc.constantFrom('100m', '750m', '1', '2', '512Mi', '2Gi');
const keys = ['cpu', 'memory', 'nvidia.com~1gpu'] as const;
const fields = fc.uniqueArray(
  fc.record(
    {
      pointer: fc
        .tuple(fc.constantFrom('requests', 'limits'), fc.constantFrom(...keys))
        .map(([part, key]) => `${here}/resources/${part}/${key}`),
      what: fc.constant('an amount'),
      before: amount,
      after: amount,
    },
    { requiredKeys: ['pointer', 'what', 'after'] },
  ),
  { selector: ({ pointer }) => pointer, minLength: 1 },
);

/** A Deployment in which each field has its old value. */
function deploymentOf(list: readonly PatchField[]): JsonObject {
  const maps: { requests: JsonObject; limits: JsonObject } = { requests: {}, limits: {} };
  for (const { pointer, before } of list) {
    const [key = '', part] = pointer.split('/').toReversed();
    const map = part === 'limits' ? maps.limits : maps.requests;
    if (typeof before === 'string') map[key.replaceAll('~1', '/')] = before;
  }
  const containers = [{ name: 'worker', resources: maps }];
  return { spec: { template: { spec: { containers } } } };
}

it('two texts are one amount only where amounts stand', () => {
  const env = [{ name: 'SAMPLE_RATE', value: '1.0' }];
  const spec = { template: { spec: { containers: [{ name: 'worker', env }] } } };
  const now = makeClusterState({ objects: [makeSeenDeployment({}, spec)] });
  const field = { what: 'SAMPLE_RATE', before: '1.0', after: '1' };
  const change = makePatchChange({ fields: [{ pointer: `${here}/env/0/value`, ...field }] });
  expect(compareChange(change, now).kind).toBe('unchanged');
});

describe('for any patch', () => {
  it('forward and then its undo leaves the object as it was', () => {
    fc.assert(
      fc.property(fields, (list) => {
        const change = makePatchChange({ fields: list });
        const before = deploymentOf(list);
        const changed = applyJsonPatch(before, sent(clusterWrite(change, '').patch));
        const seen = { ...makeSeenDeployment(), value: changed };
        expect(compareChange(change, makeClusterState({ objects: [seen] })).kind).toBe('reached');
        const back = applyJsonPatch(changed, sent(clusterWrite(undoOf(change), '').patch));
        expect(back).toEqual(before);
        expect(undoOf(undoOf(change))).toEqual({ ...change, decrease: expect.any(Boolean) });
      }),
    );
  });

  it('the server refuses it when a field it writes has moved', () => {
    fc.assert(
      fc.property(fields, fc.nat(), (list, which) => {
        const change = makePatchChange({ fields: list });
        const moved = list.map((field, index) =>
          index === which % list.length ? { ...field, before: '77m' } : field,
        );
        expect(() =>
          applyJsonPatch(deploymentOf(moved), sent(clusterWrite(change, '').patch)),
        ).toThrow();
      }),
    );
  });
});

it('a patch takes away what it was drawn to take away', () => {
  expect(isDecrease(makePatchChange())).toBe(false);
  expect(isDecrease(makePatchChange({ decrease: true }))).toBe(true);
});
