// What is said of pods that are not ready: the reason that somebody can mend, whichever container has it.

import { expect, it } from 'vitest';
import { clusterState } from '../../src/adapters/cluster-state.ts';
import { podReason } from '../../src/adapters/kubernetes-state.ts';

const state = (name: string, is: object, last = {}) => ({
  name,
  image: 'worker:1',
  imageID: '',
  ready: false,
  restartCount: 0,
  state: is,
  lastState: last,
});
const waiting = (name: string, reason: string) => state(name, { waiting: { reason } });
const ended = (reason: string) => ({ terminated: { reason, exitCode: 137 } });

it.each([
  ['an image before it starts', 'ImagePullBackOff', [waiting('init', 'ImagePullBackOff')], []],
  ['a program before it starts', 'Error', [state('init', ended('Error'))], []],
  ['nothing but that it starts', 'PodInitializing', [state('init', { running: {} })], []],
  ['a sidecar', 'CrashLoopBackOff', [waiting('proxy', 'CrashLoopBackOff')], []],
  [
    'too little memory',
    'CrashLoopBackOff (OOMKilled)',
    [],
    [state('main', { waiting: { reason: 'CrashLoopBackOff' } }, ended('OOMKilled'))],
  ],
  ['a program that ended just now', 'OOMKilled', [], [state('main', ended('OOMKilled'))]],
] as const)('a pod that waits for %s says %s', (_, says, init, main) => {
  const beside = main.length === 0 ? [waiting('main', 'PodInitializing')] : [...main];
  const status = { initContainerStatuses: [...init], containerStatuses: beside, phase: 'Pending' };
  expect(podReason({ status })).toBe(says);
});

it('a pod that its node has sent away says so, and one on its way out says nothing', () => {
  expect(podReason({ status: { phase: 'Failed', reason: 'Evicted' } })).toBe('Evicted');
  const metadata = { deletionTimestamp: new Date('2026-11-22T03:12:00Z') };
  expect(podReason({ metadata, status: { phase: 'Running' } })).toBeUndefined();
});

it('a workload that is being deleted is no longer there', () => {
  const spec = { replicas: 2, selector: {}, template: {} };
  const workload = { metadata: { name: 'worker', resourceVersion: '7' }, spec };
  const seen = (metadata: object) =>
    clusterState(
      { kind: 'Deployment' },
      { object: { ...workload, metadata }, scaling: [], reasons: [] },
    ).workload;
  expect(seen(workload.metadata)).toMatchObject({ replicas: 2 });
  // It waits for its pods to end: `kubectl delete --cascade=foreground`.
  const deletionTimestamp = new Date('2026-11-22T03:12:00Z');
  expect(seen({ ...workload.metadata, deletionTimestamp })).toBeUndefined();
});
