// Writes an admission policy as the two objects Kubernetes wants: what must hold, and that it is enforced.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import type { RulesDocument } from '../rules/rules-text.ts';
import { celText, mapAt, sameBut } from './cel.ts';
import type { Account } from './roles.ts';

/** What must hold, and what is said where it does not. */
export interface Validation {
  readonly expression: string;
  readonly message: string;
}

interface Variable {
  readonly name: string;
  readonly expression: string;
}

/** A map of the object that stays as it was. */
export interface Stays {
  /** What it is called in the policy. */
  readonly name: string;
  readonly path: readonly string[];
  /** The keys that may differ. */
  readonly but: readonly string[];
  /** CEL: where it holds, the map may differ. */
  readonly unless?: string;
  readonly message: string;
}

/** What one policy holds the account to, for one operation on some kinds. */
export interface Policy {
  readonly name: string;
  readonly about: string;
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly kinds: readonly ObjectKind[];
  /** For updates: maps of the object that stay as they were, but for some keys. */
  readonly stays: readonly Stays[];
  /** A write that this holds for is not looked at. */
  readonly unless?: Variable;
  readonly variables?: readonly Variable[];
  readonly validations: readonly Validation[];
}

/** The policy and its binding, as Kubernetes takes them. */
export function policyDocuments(
  { name, about, operation, kinds, stays, unless, variables: others = [], validations }: Policy,
  account: Account,
): readonly RulesDocument[] {
  const metadata = { name, labels: { 'app.kubernetes.io/part-of': 'headroom' } };
  const user = `system:serviceaccount:${account.namespace}:${account.name}`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const variables = [...stays.flatMap(variablesOf), ...others];
  return [
    {
      head: [about],
      notes: [],
      content: {
        apiVersion,
        kind: 'ValidatingAdmissionPolicy',
        metadata,
        spec: {
          failurePolicy: 'Fail',
          matchConstraints: { resourceRules: resourceRules(kinds, operation) },
          matchConditions: [
            { name: 'by-headroom', expression: `request.userInfo.username == ${celText(user)}` },
            ...(unless ? [{ name: unless.name, expression: `!(${unless.expression})` }] : []),
          ],
          ...(variables.length > 0 && { variables }),
          validations: [...stays.map(validationOf), ...validations],
        },
      },
    },
    {
      head: [],
      notes: [],
      content: {
        apiVersion,
        kind: 'ValidatingAdmissionPolicyBinding',
        metadata,
        spec: { policyName: name, validationActions: ['Deny'] },
      },
    },
  ];
}

function variablesOf({ name, path }: Stays): readonly Variable[] {
  return [
    { name, expression: mapAt('object', path) },
    { name: `${name}Before`, expression: mapAt('oldObject', path) },
  ];
}

function validationOf({ name, but, unless, message }: Stays): Validation {
  const same = sameBut(`variables.${name}`, `variables.${name}Before`, but);
  return { expression: unless === undefined ? same : `${unless} || (${same})`, message };
}

/** One rule for each version of a group. */
function resourceRules(kinds: readonly ObjectKind[], operation: string) {
  const versions = [...new Set(kinds.map((kind) => objectKinds[kind].apiVersion))].toSorted();
  return versions.map((apiVersion) => {
    const parts = apiVersion.split('/');
    const [group = '', version = ''] = parts.length === 1 ? ['', ...parts] : parts;
    return {
      apiGroups: [group],
      apiVersions: [version],
      operations: [operation],
      resources: kinds
        .filter((kind) => objectKinds[kind].apiVersion === apiVersion)
        .map((kind) => objectKinds[kind].plural)
        .toSorted(),
    };
  });
}
