// When a change counts as in effect: by what it asked for, and not by what somebody else has begun.

import { expect, it } from 'vitest';
import { rolloutOf } from '../../src/workflow/verify-change.ts';
import {
  makeClusterState,
  makePatchChange,
  makeScaleChange,
  makeSeenDeployment,
  makeWorkloadState,
} from '../make.ts';

/** Eight pods are ready, and a rollout that is paused, or that somebody steers by hand, has replaced two. */
const workload = makeWorkloadState({
  replicas: 8,
  readyReplicas: 8,
  updatedReplicas: 2,
  outdatedReplicas: 6,
});

it('more pods are there when so many are ready, whichever template they have', () => {
  const state = makeClusterState({ workload });
  expect(rolloutOf(makeScaleChange(), state)).toEqual({ kind: 'ready' });
});

it('a new template is in place only when all pods have it', () => {
  const requests = { cpu: '2500m', memory: '4Gi' };
  const state = makeClusterState({ workload, objects: [makeSeenDeployment({ requests })] });
  expect(rolloutOf(makePatchChange(), state)).toMatchObject({
    kind: 'on-its-way',
    progress: expect.stringMatching(/^2 of 8 pods replaced/),
  });
});
