// What the server says about itself: version, groups and the resources it serves.
import type { Json, JsonObject } from './json.ts';
import { text } from './json.ts';
import { resources } from './resources/registry.ts';
import type { Resource } from './resources/resource.ts';

/** `/version`. */
export const version: JsonObject = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.2',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-08-21T00:00:00Z',
  goVersion: 'go1.26.10',
  compiler: 'gc',
  platform: 'linux/amd64',
};

interface GroupVersions {
  readonly name: string;
  readonly versions: readonly string[];
}

const groups: readonly GroupVersions[] = [
  { name: 'admissionregistration.k8s.io', versions: ['v1'] },
  { name: 'apiextensions.k8s.io', versions: ['v1'] },
  { name: 'apps', versions: ['v1'] },
  { name: 'authentication.k8s.io', versions: ['v1'] },
  { name: 'authorization.k8s.io', versions: ['v1'] },
  { name: 'autoscaling', versions: ['v2'] },
  { name: 'batch', versions: ['v1'] },
  { name: 'coordination.k8s.io', versions: ['v1'] },
  { name: 'metrics.k8s.io', versions: ['v1beta1'] },
  { name: 'policy', versions: ['v1'] },
  { name: 'storage.k8s.io', versions: ['v1'] },
  { name: 'rbac.authorization.k8s.io', versions: ['v1'] },
];

/** True for groups the server knows, whatever the version. */
export const knowsGroup = (name: string): boolean => groups.some((group) => group.name === name);

/** True for a known group and version. */
export const knowsVersion = (name: string, wanted: string): boolean =>
  name === ''
    ? wanted === 'v1'
    : groups.some((group) => group.name === name && group.versions.includes(wanted));

function groupBody({ name, versions }: GroupVersions): JsonObject {
  const entries = versions.map((item) => ({ groupVersion: `${name}/${item}`, version: item }));
  return { name, versions: entries, preferredVersion: entries[0] ?? {} };
}

const tokenEntry: JsonObject = {
  name: 'serviceaccounts/token',
  singularName: '',
  namespaced: true,
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  verbs: ['create'],
};

function entriesOf(resource: Resource): JsonObject[] {
  const { plural, singular, namespaced, kind } = resource;
  const namespaces = plural === 'namespaces';
  const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
  const main: JsonObject = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: all.filter((verb) => !(namespaces && verb === 'deletecollection')),
    ...(resource.shortNames.length > 0 ? { shortNames: [...resource.shortNames] } : {}),
    ...(resource.categories === undefined ? {} : { categories: [...resource.categories] }),
    ...(resource.storageVersionHash === undefined
      ? {}
      : { storageVersionHash: resource.storageVersionHash }),
  };
  const sub = { singularName: '', namespaced, verbs: ['get', 'patch', 'update'] };
  return [
    main,
    ...(resource.scale
      ? [{ ...sub, name: `${plural}/scale`, group: 'autoscaling', version: 'v1', kind: 'Scale' }]
      : []),
    ...(resource.statusSubresource ? [{ ...sub, name: `${plural}/status`, kind }] : []),
    ...(plural === 'serviceaccounts' ? [tokenEntry] : []),
  ];
}

/** Questions that can only be asked, not stored. */
const reviews: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  'authentication.k8s.io': [['selfsubjectreviews', 'SelfSubjectReview', false]],
  'authorization.k8s.io': [
    ['localsubjectaccessreviews', 'LocalSubjectAccessReview', true],
    ['selfsubjectaccessreviews', 'SelfSubjectAccessReview', false],
    ['selfsubjectrulesreviews', 'SelfSubjectRulesReview', false],
    ['subjectaccessreviews', 'SubjectAccessReview', false],
  ],
};

const reviewsOf = (group: string): JsonObject[] =>
  (reviews[group] ?? []).map(([name, kind, namespaced]) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced,
    kind,
    verbs: ['create'],
  }));

function resourceList(group: string, wanted: string): JsonObject {
  const served = resources.filter((item) => item.group === group && item.version === wanted);
  const entries: Json[] = [...served.flatMap(entriesOf), ...reviewsOf(group)].toSorted((a, b) =>
    text(a, 'name') < text(b, 'name') ? -1 : 1,
  );
  const groupVersion = group === '' ? wanted : `${group}/${wanted}`;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: entries,
  };
}

/** The document at a discovery path; undefined for other paths. */
export function discover(path: string, address: string): JsonObject | undefined {
  const [root, first = '', second = '', ...more] = path.split('/').filter((part) => part !== '');
  if (more.length > 0) return undefined;
  if (root === 'version' && first === '') return version;
  if (root === 'api') {
    if (first === '') {
      return {
        kind: 'APIVersions',
        versions: ['v1'],
        serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
      };
    }
    return first === 'v1' && second === '' ? resourceList('', 'v1') : undefined;
  }
  if (root !== 'apis') return undefined;
  if (first === '') {
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupBody) };
  }
  const group = groups.find((item) => item.name === first);
  if (group === undefined) return undefined;
  if (second === '') return { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
  return group.versions.includes(second) ? resourceList(first, second) : undefined;
}
