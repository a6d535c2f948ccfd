// ValidatingAdmissionPolicies and their bindings: rules of an administrator that every write must pass.

import { isObject, object, objects } from '../json.ts';
import * as s from '../schema.ts';
import { validateBinding, validatePolicy } from './admission-policy-rules.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

/** The API group of admission policies. */
export const admissionGroup = 'admissionregistration.k8s.io';

const shared = {
  group: admissionGroup,
  version: 'v1',
  shortNames: [],
  namespaced: false,
  generation: 'spec',
  scale: false,
  unconditionalUpdate: false,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
} as const satisfies Partial<Resource>;

const resourceRules = s.list(
  s.struct('NamedRuleWithOperations', {
    resourceNames: s.list(s.string),
    operations: s.list(s.string),
    apiGroups: s.list(s.string),
    apiVersions: s.list(s.string),
    resources: s.list(s.string),
    scope: s.string,
  }),
);

const matchResources = s.struct('MatchResources', {
  namespaceSelector: labelSelector,
  objectSelector: labelSelector,
  resourceRules,
  excludeResourceRules: resourceRules,
  matchPolicy: s.string,
});

const named = (name: string) =>
  s.keyed(s.struct(name, { name: s.always(s.string), expression: s.always(s.string) }), ['name']);

const policySpec = s.struct('ValidatingAdmissionPolicySpec', {
  paramKind: s.struct('ParamKind', { apiVersion: s.string, kind: s.string }, { atomic: true }),
  matchConstraints: matchResources,
  validations: s.list(
    s.struct('Validation', {
      expression: s.always(s.string),
      message: s.string,
      reason: s.string,
      messageExpression: s.string,
    }),
  ),
  failurePolicy: s.string,
  auditAnnotations: s.list(
    s.struct('AuditAnnotation', { key: s.always(s.string), valueExpression: s.always(s.string) }),
  ),
  matchConditions: named('MatchCondition'),
  variables: named('Variable'),
});

const bindingSpec = s.struct('ValidatingAdmissionPolicyBindingSpec', {
  policyName: s.string,
  paramRef: s.struct(
    'ParamRef',
    {
      name: s.string,
      namespace: s.string,
      selector: labelSelector,
      parameterNotFoundAction: s.string,
    },
    { atomic: true },
  ),
  matchResources,
  validationActions: s.list(s.string),
});

function defaultMatch(match: unknown): void {
  if (!isObject(match)) return;
  setDefault(match, 'matchPolicy', 'Equivalent');
  setDefault(match, 'namespaceSelector', {});
  setDefault(match, 'objectSelector', {});
  for (const key of ['resourceRules', 'excludeResourceRules']) {
    for (const rule of objects(match, key)) setDefault(rule, 'scope', '*');
  }
}

/** ValidatingAdmissionPolicies. What they are type-checked to be is not written into their status. */
export const admissionPolicy: Resource = {
  ...shared,
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  statusSubresource: true,
  schema: s.struct('ValidatingAdmissionPolicy', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(policySpec),
    status: s.always(
      s.struct('ValidatingAdmissionPolicyStatus', {
        observedGeneration: s.int64,
        typeChecking: s.any,
        conditions: s.keyed(s.any, ['type']),
      }),
    ),
  }),
  applyDefaults: (given) => {
    const spec = object(given, 'spec');
    setDefault(spec, 'failurePolicy', 'Fail');
    defaultMatch(spec['matchConstraints']);
  },
  validate: validatePolicy,
};

/** ValidatingAdmissionPolicyBindings: where a policy counts and what happens to what breaks it. */
export const admissionPolicyBinding: Resource = {
  ...shared,
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  statusSubresource: false,
  schema: s.struct('ValidatingAdmissionPolicyBinding', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(bindingSpec),
  }),
  applyDefaults: (given) => defaultMatch(object(given, 'spec')['matchResources']),
  validate: validateBinding,
};
