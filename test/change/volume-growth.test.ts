// How far a volume is that was asked to grow, by what its claim says: every state that Kubernetes names.

import { describe, expect, it } from 'vitest';
import type { SeenObject } from '../../src/change/compare.ts';
import { claimsOf, growthOf } from '../../src/change/volume-growth.ts';

const place = { cluster: 'main', namespace: 'shop' } as const;
const field = { what: 'size', before: '100Gi', after: '200Gi' } as const;
const ofClaim = {
  object: { ...place, kind: 'PersistentVolumeClaim', name: 'data' },
  fields: [{ ...field, pointer: '/spec/resources/requests/storage' }],
} as const;
const ofCluster = {
  object: { ...place, kind: 'Cluster', name: 'main' },
  fields: [{ ...field, pointer: '/spec/storage/size' }],
} as const;

const seen = (kind: string, name: string, status: object): SeenObject => ({
  kind,
  name,
  resourceVersion: '1',
  value: { status },
  writers: [],
});
const claim = (status: object, name = 'data') =>
  seen('PersistentVolumeClaim', name, { capacity: { storage: '100Gi' }, ...status });
const condition = (type: string, more: object = {}) => ({
  conditions: [{ type, status: 'True', ...more }],
});
const resource = (storage: string) => ({ allocatedResourceStatuses: { storage } });
const growth = (status: object) => growthOf(ofClaim, { objects: [claim(status)] });

describe('a claim', () => {
  it.each([
    ['of the size asked', { capacity: { storage: '200Gi' } }],
    ['of the same size in other words', { capacity: { storage: '204800Mi' } }],
    ['of more, because storage comes in steps', { capacity: { storage: '201Gi' } }],
  ])('%s is ready', (_what, status) => {
    expect(growth(status)).toEqual({ kind: 'ready' });
  });

  it.each([
    ['nothing yet', {}, 'its storage has not begun yet'],
    ['that it is resized', condition('Resizing'), 'it is being made larger'],
    ['that a node is at it', resource('NodeResizeInProgress'), 'it is being made larger'],
    ['that a pod must start', condition('FileSystemResizePending'), 'must be restarted'],
    ['the same in the newer field', resource('NodeResizePending'), 'must be restarted'],
    [
      'that an attempt failed',
      condition('NodeResizeError', { message: 'busy' }),
      'the last attempt failed and is made again (NodeResizeError: busy)',
    ],
    ['what held once', condition('Resizing', { status: 'False' }), 'has not begun yet'],
  ])('that says %s is on its way, with both sizes', (_what, status, says) => {
    const progress = expect.stringMatching(
      new RegExp(`^claim data asked 200Gi, has 100Gi: .*${says.replaceAll(/[()]/g, '.')}`),
    );
    expect(growth(status)).toEqual({ kind: 'on-its-way', progress });
  });

  it.each([
    'ControllerResizeInfeasible',
    'NodeResizeInfeasible',
    'ControllerResizeFailed',
    'NodeResizeFailed',
  ])('whose storage says %s has failed, with what to look at', (status) => {
    expect(growth(resource(status))).toEqual({
      kind: 'failed',
      because: `claim data asked 200Gi, has 100Gi: its storage cannot grow it (${status}); kubectl describe pvc data says more`,
    });
  });
});

describe('a Cluster of CloudNativePG', () => {
  const cluster = seen('Cluster', 'main', { instanceNames: ['main-1', 'main-2'] });

  it('is ready when the claims of all its instances are', () => {
    expect(claimsOf(ofCluster, cluster.value)).toEqual(['main-1', 'main-2']);
    const grown = claim({ capacity: { storage: '200Gi' } }, 'main-1');
    const both = [cluster, grown, claim(condition('FileSystemResizePending'), 'main-2')];
    expect(growthOf(ofCluster, { objects: both })).toMatchObject({
      progress: expect.stringContaining('claim main-2 asked 200Gi, has 100Gi: file system'),
    });
    const other = claim({ capacity: { storage: '200Gi' } }, 'main-2');
    expect(growthOf(ofCluster, { objects: [cluster, grown, other] })).toEqual({ kind: 'ready' });
  });

  it('whose claims may not be read is believed when it says that one still grows', () => {
    expect(growthOf(ofCluster, { objects: [cluster] })).toEqual({ kind: 'ready' });
    const status = { instanceNames: ['main-1', 'main-2'], resizingPVC: ['main-2'] };
    expect(growthOf(ofCluster, { objects: [seen('Cluster', 'main', status)] })).toEqual({
      kind: 'on-its-way',
      progress: 'claim main-2 is being made larger',
    });
  });
});

it('a change of anything else makes no volume larger', () => {
  const labels = { ...ofClaim, fields: [{ ...field, pointer: '/metadata/labels/a' }] };
  expect([claimsOf(labels, {}), growthOf(labels, { objects: [] })]).toEqual([
    [],
    { kind: 'ready' },
  ]);
});
