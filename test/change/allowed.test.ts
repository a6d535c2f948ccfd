// What may be written in a cluster: both the namespace and the kind must be allowed there, and the words say which is not.

import { expect, it } from 'vitest';
import { whyNotAllowed } from '../../src/change/allowed.ts';
import type { ObjectRef } from '../../src/change/kinds.ts';

const allowed = new Map([
  ['production', { namespaces: ['shop', 'batch'], kinds: ['Deployment', 'ConfigMap'] as const }],
]);
const object: ObjectRef = {
  cluster: 'production',
  namespace: 'shop',
  kind: 'Deployment',
  name: 'api',
};

it('lets objects of allowed kinds in allowed namespaces be written', () => {
  expect(whyNotAllowed(object, allowed)).toBeUndefined();
  expect(
    whyNotAllowed({ ...object, namespace: 'batch', kind: 'ConfigMap' }, allowed),
  ).toBeUndefined();
});

// biome-ignore format: a table
it.each([
  ['another namespace',    { namespace: 'kube-system' },                 'Deployment kube-system/api may not be changed: namespace kube-system is not among clusters.production.allow.namespaces of headroom.yaml'],
  ['another kind',         { kind: 'Service' },                          'Service shop/api may not be changed: Service is not among clusters.production.allow.kinds of headroom.yaml'],
  ['an unknown cluster',   { cluster: 'staging' },                       'cluster staging is not in headroom.yaml'],
] as const)('refuses %s in words', (_, over, because) => {
  expect(whyNotAllowed({ ...object, ...over }, allowed)).toBe(because);
});
