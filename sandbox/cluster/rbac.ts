// Decides who may do what from the stored roles and bindings, with the reasons the server gives.

import type { Access, Caller, Prohibition } from './auth.ts';
import { fullResource, isProhibited, masters } from './auth.ts';
import type { JsonObject } from './json.ts';
import { list, nameOf, namespaceOf, object, objects, show, text } from './json.ts';
import { clusterRole, clusterRoleBinding, rbacGroup, role, roleBinding } from './resources/rbac.ts';
import type { Store } from './store.ts';

/** What the authorizer says; the reason names the binding that allows it, or what was broken. */
export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** One binding that gives a caller a rule. */
interface Grant {
  readonly rule: JsonObject;
  readonly because: string;
}

/** Everything a caller may do somewhere, and which referenced roles are missing. */
export interface Rights {
  readonly rules: readonly JsonObject[];
  readonly problems: readonly string[];
}

const has = (rule: JsonObject, key: string, wanted: string) => {
  const values = list(rule, key);
  return values.includes('*') || values.includes(wanted);
};

const urlMatches = (pattern: string, path: string) =>
  pattern === '*' ||
  pattern === path ||
  (pattern.endsWith('*') && path.startsWith(pattern.replace(/\*+$/, '')));

function resourceMatches(rule: JsonObject, access: Access): boolean {
  const { subresource } = access;
  return (
    has(rule, 'resources', fullResource(access)) ||
    (subresource !== '' && list(rule, 'resources').includes(`*/${subresource}`))
  );
}

function ruleAllows(rule: JsonObject, access: Access): boolean {
  const { path, verb, group, name } = access;
  if (!has(rule, 'verbs', verb)) return false;
  if (path !== undefined) {
    return list(rule, 'nonResourceURLs').some((pattern) => urlMatches(show(pattern), path));
  }
  const names = list(rule, 'resourceNames');
  return (
    has(rule, 'apiGroups', group) &&
    resourceMatches(rule, access) &&
    (names.length === 0 || names.includes(name))
  );
}

/** Who of the subjects of a binding the caller is, as reasons name it; undefined: none of them. */
function subjectOf(binding: JsonObject, caller: Caller): string | undefined {
  for (const subject of objects(binding, 'subjects')) {
    const name = text(subject, 'name');
    switch (text(subject, 'kind')) {
      case 'User':
        if (name === caller.name) return `User "${name}"`;
        break;
      case 'Group':
        if (caller.groups.includes(name)) return `Group "${name}"`;
        break;
      case 'ServiceAccount': {
        const namespace = text(subject, 'namespace') || namespaceOf(binding);
        if (caller.name === `system:serviceaccount:${namespace}:${name}`) {
          return `ServiceAccount "${name}/${namespace}"`;
        }
        break;
      }
      default:
        break;
    }
  }
  return undefined;
}

/** Answers whether an access is allowed. */
export class Authorizer {
  private readonly store: Store;
  private readonly prohibitions: readonly Prohibition[];

  constructor(store: Store, prohibitions: readonly Prohibition[]) {
    this.store = store;
    this.prohibitions = prohibitions;
  }

  /** The rules of the role a binding refers to; undefined when there is no such role. */
  rulesOf(roleRef: JsonObject, namespace: string): readonly JsonObject[] | undefined {
    const name = text(roleRef, 'name');
    const found =
      text(roleRef, 'kind') === 'Role'
        ? this.store.get(role, namespace, name)
        : this.store.get(clusterRole, '', name);
    return found === undefined ? undefined : objects(found, 'rules');
  }

  private grants(caller: Caller, namespace: string, problems: string[]): Grant[] {
    const bindings: [string, JsonObject][] = [
      ...this.store
        .list(clusterRoleBinding)
        .map((held): [string, JsonObject] => [`ClusterRoleBinding "${nameOf(held)}"`, held]),
      ...(namespace === '' ? [] : this.store.list(roleBinding, namespace)).map(
        (held): [string, JsonObject] => [
          `RoleBinding "${nameOf(held)}/${namespaceOf(held)}"`,
          held,
        ],
      ),
    ];
    return bindings.flatMap(([title, binding]) => {
      const subject = subjectOf(binding, caller);
      if (subject === undefined) return [];
      const reference = object(binding, 'roleRef');
      const kind = text(reference, 'kind');
      const name = text(reference, 'name');
      const rules = this.rulesOf(reference, namespaceOf(binding));
      if (rules === undefined) {
        problems.push(`${kind.toLowerCase()}.${rbacGroup} "${name}" not found`);
        return [];
      }
      const because = `RBAC: allowed by ${title} of ${kind} "${name}" to ${subject}`;
      return rules.map((rule) => ({ rule, because }));
    });
  }

  /** Whether an access is allowed, and why. */
  decide(access: Access): Decision {
    if (isProhibited(access, this.prohibitions)) return { allowed: false, reason: '' };
    if (access.caller.groups.includes(masters)) return { allowed: true, reason: '' };
    const problems: string[] = [];
    const grants = this.grants(access.caller, access.namespace, problems);
    const found = grants.find(({ rule }) => ruleAllows(rule, access));
    if (found !== undefined) return { allowed: true, reason: found.because };
    return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${together(problems)}` };
  }

  /** All a caller may do in a namespace; without one, in the whole cluster. */
  rightsOf(caller: Caller, namespace: string): Rights {
    const problems: string[] = [];
    const own = caller.groups.includes(masters)
      ? [
          { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
          { verbs: ['*'], nonResourceURLs: ['*'] },
        ]
      : [];
    const granted = this.grants(caller, namespace, problems).map(({ rule }) => rule);
    return { rules: [...own, ...granted], problems };
  }
}

/** Several mistakes in one text, as Go joins them. */
const together = (problems: readonly string[]) => {
  const different = [...new Set(problems)];
  return different.length === 1 ? show(different[0]) : `[${different.join(', ')}]`;
};
