// Whose workload an autoscaler scales: only what the cluster lists counts, and a system that names a workload keeps it.

import { expect, it } from 'vitest';
import { ownerOfAutoscaler } from '../../src/alert/owner-of-autoscaler.ts';
import type { AutoscalerRoute } from '../../src/alert/route-to-autoscaler.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import { makeSystem } from '../make.ts';

const namespace = 'greenlang-gl008';
const traps = makeSystem();
const rest = makeSystem({ id: 'rest', profile: emptyProfile, wholeNamespace: namespace });
const listed = [
  { autoscaler: 'worker-hpa', kind: 'Deployment', workload: 'worker' },
  { autoscaler: 'web-hpa', kind: 'Deployment', workload: 'web' },
  { autoscaler: 'store-hpa', kind: 'StatefulSet', workload: 'store' },
  { autoscaler: 'canary-hpa', kind: 'Rollout', workload: 'canary' },
  { autoscaler: 'odd-hpa', kind: 'StatefulSet', workload: 'odd' },
];

function owner(by: AutoscalerRoute['by'], among = [traps, rest]) {
  const route: AutoscalerRoute = {
    kind: 'autoscaler',
    cluster: 'production',
    namespace,
    by,
    among,
  };
  return ownerOfAutoscaler(route, listed, [traps, rest]);
}

// biome-ignore format: a table
it.each([
  ['a component of a profile belongs to that system',  { autoscaler: 'worker-hpa' }, 'steam-traps', 'worker', 'Deployment', 'worker'],
  ['any other workload to the system of the namespace', { autoscaler: 'web-hpa' },   'rest',        'web',    'Deployment', 'web'],
  ['a StatefulSet too',                                { autoscaler: 'store-hpa' },  'rest',        'store',  'StatefulSet', 'store'],
  ['a Deployment is found by its own name',            { deployment: 'web' },        'rest',        'web',    'Deployment', 'web'],
])('%s', (_, by, system, component, kind, name) => {
  expect(owner(by)).toMatchObject({
    kind: 'owned',
    system: { id: system },
    component,
    workload: { cluster: 'production', namespace, kind, name },
  });
});

// biome-ignore format: a table
it.each([
  ['is not listed',                         { autoscaler: 'worker' }, [traps, rest], 'cluster production has no autoscaler of that name in namespace greenlang-gl008'],
  ['scales nothing of that name',           { deployment: 'api' },    [traps, rest], 'in namespace greenlang-gl008 of cluster production no autoscaler scales a Deployment of that name'],
  ['scales a StatefulSet of that name',     { deployment: 'odd' },    [traps, rest], 'in namespace greenlang-gl008 of cluster production no autoscaler scales a Deployment of that name'],
  ['scales something else',                 { autoscaler: 'canary-hpa' }, [traps, rest], 'autoscaler canary-hpa scales a Rollout, which Headroom does not know'],
  ['scales what no system looks after',     { autoscaler: 'web-hpa' }, [traps],      'no system in headroom.yaml looks after Deployment web of greenlang-gl008'],
  ['scales what another system names',      { autoscaler: 'worker-hpa' }, [rest],    'Deployment worker is worker of system steam-traps'],
])('an autoscaler that %s is nobody\'s', (_, by, among, because) => {
  expect(owner(by, among)).toEqual({ kind: 'unowned', because });
});

it('the same name in another cluster is another workload', () => {
  const other = {
    ...traps,
    workloads: new Map([
      [
        'worker',
        {
          cluster: 'staging',
          namespace,
          kind: 'Deployment',
          name: 'worker',
          container: 'c',
        } as const,
      ],
    ]),
  };
  const route: AutoscalerRoute = {
    kind: 'autoscaler',
    cluster: 'production',
    namespace,
    by: { autoscaler: 'worker-hpa' },
    among: [rest],
  };
  expect(ownerOfAutoscaler(route, listed, [other, rest])).toMatchObject({ system: { id: 'rest' } });
});
