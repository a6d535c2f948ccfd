// The roles every cluster comes with, as far as the sandbox serves what they allow, and the binding that lets Headroom do everything in the demo.
import type { JsonObject } from './json.ts';
import { rbacGroup } from './resources/rbac.ts';

const version = { apiVersion: `${rbacGroup}/v1` };
const metadata = (name: string): JsonObject => ({
  name,
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});

const statusPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/'];
const keyPaths = [
  '/.well-known/openid-configuration',
  '/.well-known/openid-configuration/',
  '/openid/v1/jwks',
  '/openid/v1/jwks/',
];
const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

interface DefaultRole {
  readonly name: string;
  readonly rules: readonly JsonObject[];
  readonly groups: readonly string[];
}

const roles: readonly DefaultRole[] = [
  {
    name: 'cluster-admin',
    rules: [
      { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
      { verbs: ['*'], nonResourceURLs: ['*'] },
    ],
    groups: ['system:masters'],
  },
  {
    name: 'system:basic-user',
    rules: [
      {
        verbs: ['create'],
        apiGroups: ['authorization.k8s.io'],
        resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
      },
      {
        verbs: ['create'],
        apiGroups: ['authentication.k8s.io'],
        resources: ['selfsubjectreviews'],
      },
    ],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:discovery',
    rules: [{ verbs: ['get'], nonResourceURLs: discoveryPaths }],
    groups: ['system:authenticated'],
  },
  {
    name: 'system:public-info-viewer',
    rules: [{ verbs: ['get'], nonResourceURLs: statusPaths }],
    groups: ['system:authenticated', 'system:unauthenticated'],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [{ verbs: ['get'], nonResourceURLs: keyPaths }],
    groups: ['system:serviceaccounts'],
  },
];

/** The name of the binding that lets Headroom's account do everything until a test takes it away. */
export const everythingBinding = 'headroom-may-do-everything';

const clusterAdmin = { apiGroup: rbacGroup, kind: 'ClusterRole', name: 'cluster-admin' };

/** Default ClusterRoles and their bindings, and the one for Headroom. */
export function defaultRoles(headroom: {
  readonly namespace: string;
  readonly name: string;
}): JsonObject[] {
  return [
    ...roles.flatMap(({ name, rules, groups }): JsonObject[] => [
      { ...version, kind: 'ClusterRole', metadata: metadata(name), rules },
      {
        ...version,
        kind: 'ClusterRoleBinding',
        metadata: metadata(name),
        subjects: groups.map((group) => ({ kind: 'Group', apiGroup: rbacGroup, name: group })),
        roleRef: { ...clusterAdmin, name },
      },
    ]),
    {
      ...version,
      kind: 'ClusterRoleBinding',
      metadata: { name: everythingBinding },
      subjects: [{ kind: 'ServiceAccount', ...headroom }],
      roleRef: clusterAdmin,
    },
  ];
}
