// Roles, ClusterRoles and their bindings: who may do what.

import type { JsonObject } from '../json.ts';
import { equal, list, object, objects, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, notSupported, required } from '../status.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

/** The API group of roles. */
export const rbacGroup = 'rbac.authorization.k8s.io';

const shared = {
  group: rbacGroup,
  version: 'v1',
  shortNames: [],
  generation: 'none',
  statusSubresource: false,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'path',
  deleteAnswers: 'status',
} as const satisfies Partial<Resource>;

const rules = s.always(
  s.list(
    s.struct('PolicyRule', {
      verbs: s.always(s.list(s.string)),
      apiGroups: s.list(s.string),
      resources: s.list(s.string),
      resourceNames: s.list(s.string),
      nonResourceURLs: s.list(s.string),
    }),
  ),
);

const subjects = s.list(
  s.struct('Subject', {
    kind: s.always(s.string),
    apiGroup: s.string,
    name: s.always(s.string),
    namespace: s.string,
  }),
);

const roleRef = s.always(
  s.struct(
    'RoleRef',
    { apiGroup: s.always(s.string), kind: s.always(s.string), name: s.always(s.string) },
    { atomic: true },
  ),
);

function validateRule(rule: JsonObject, field: string, isNamespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const count = (key: string) => list(rule, key).length;
  if (count('verbs') === 0) {
    errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  }
  if (count('nonResourceURLs') > 0) {
    const urls = list(rule, 'nonResourceURLs');
    if (isNamespaced) {
      const because = 'namespaced rules cannot apply to non-resource URLs';
      errors.push(invalidValue(`${field}.nonResourceURLs`, urls, because));
    }
    if (count('apiGroups') + count('resources') + count('resourceNames') > 0) {
      const because = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalidValue(`${field}.nonResourceURLs`, urls, because));
    }
    return errors;
  }
  if (count('apiGroups') === 0) {
    errors.push(
      required(`${field}.apiGroups`, 'resource rules must supply at least one api group'),
    );
  }
  if (count('resources') === 0) {
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

const validateRole =
  (isNamespaced: boolean) =>
  (given: JsonObject): FieldError[] =>
    objects(given, 'rules').flatMap((rule, index) =>
      validateRule(rule, `rules[${index}]`, isNamespaced),
    );

function validateSubject(subject: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const kind = text(subject, 'kind');
  if (text(subject, 'name') === '') errors.push(required(`${field}.name`));
  if (!['ServiceAccount', 'User', 'Group'].includes(kind)) {
    errors.push(notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group']));
    return errors;
  }
  const group = kind === 'ServiceAccount' ? '' : rbacGroup;
  if (text(subject, 'apiGroup') !== group) {
    errors.push(notSupported(`${field}.apiGroup`, text(subject, 'apiGroup'), [group]));
  }
  if (kind === 'ServiceAccount' && text(subject, 'namespace') === '') {
    errors.push(required(`${field}.namespace`));
  }
  return errors;
}

const validateBinding =
  (kinds: readonly string[]) =>
  (given: JsonObject, old: JsonObject | undefined): FieldError[] => {
    const reference = object(given, 'roleRef');
    const errors: FieldError[] = [];
    if (text(reference, 'apiGroup') !== rbacGroup) {
      errors.push(notSupported('roleRef.apiGroup', text(reference, 'apiGroup'), [rbacGroup]));
    }
    if (!kinds.includes(text(reference, 'kind'))) {
      errors.push(notSupported('roleRef.kind', text(reference, 'kind'), kinds));
    }
    if (text(reference, 'name') === '') errors.push(required('roleRef.name'));
    objects(given, 'subjects').forEach((subject, index) => {
      errors.push(...validateSubject(subject, `subjects[${index}]`));
    });
    if (old !== undefined && !equal(reference, old['roleRef'])) {
      const shown = {
        APIGroup: text(reference, 'apiGroup'),
        Kind: text(reference, 'kind'),
        Name: text(reference, 'name'),
      };
      errors.push(invalidValue('roleRef', shown, 'cannot change roleRef'));
    }
    return errors;
  };

function defaultBinding(given: JsonObject): void {
  const reference = object(given, 'roleRef');
  if (text(reference, 'apiGroup') === '') reference['apiGroup'] = rbacGroup;
  for (const subject of objects(given, 'subjects')) {
    if (text(subject, 'kind') !== 'ServiceAccount') setDefault(subject, 'apiGroup', rbacGroup);
  }
}

/** Roles. */
export const role: Resource = {
  ...shared,
  kind: 'Role',
  plural: 'roles',
  singular: 'role',
  storageVersionHash: '7FuwZcIIItM=',
  namespaced: true,
  schema: s.struct('Role', { ...typeMeta, metadata: objectMeta, rules }),
  applyDefaults: () => undefined,
  validate: validateRole(true),
};

/** ClusterRoles. The rules of aggregated ones are not gathered. */
export const clusterRole: Resource = {
  ...shared,
  kind: 'ClusterRole',
  plural: 'clusterroles',
  singular: 'clusterrole',
  storageVersionHash: 'bYE5ZWDrJ44=',
  namespaced: false,
  schema: s.struct('ClusterRole', {
    ...typeMeta,
    metadata: objectMeta,
    rules,
    aggregationRule: s.struct('AggregationRule', { clusterRoleSelectors: s.list(labelSelector) }),
  }),
  applyDefaults: () => undefined,
  validate: validateRole(false),
};

/** RoleBindings. */
export const roleBinding: Resource = {
  ...shared,
  kind: 'RoleBinding',
  plural: 'rolebindings',
  singular: 'rolebinding',
  storageVersionHash: 'eGsCzGH6b1g=',
  namespaced: true,
  schema: s.struct('RoleBinding', { ...typeMeta, metadata: objectMeta, subjects, roleRef }),
  applyDefaults: defaultBinding,
  validate: validateBinding(['Role', 'ClusterRole']),
};

/** ClusterRoleBindings. */
export const clusterRoleBinding: Resource = {
  ...shared,
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  singular: 'clusterrolebinding',
  storageVersionHash: '48tpQ8gZHFc=',
  namespaced: false,
  schema: s.struct('ClusterRoleBinding', { ...typeMeta, metadata: objectMeta, subjects, roleRef }),
  applyDefaults: defaultBinding,
  validate: validateBinding(['ClusterRole']),
};
