// Nobody gives away rights they do not hold: what is checked when roles and bindings are written.

import type { Caller } from './auth.ts';
import { masters } from './auth.ts';
import type { Json, JsonObject } from './json.ts';
import { list, object, show, text } from './json.ts';
import type { PendingWrite } from './pending-write.ts';
import type { Authorizer } from './rbac.ts';
import { clusterRole, clusterRoleBinding, rbacGroup, role, roleBinding } from './resources/rbac.ts';
import { byPlural } from './resources/resource.ts';
import { detailsOf, failure, notFound } from './status.ts';

const words = (rule: JsonObject, key: string) => list(rule, key).map(show);

/** A rule as one rule for each verb, group, resource and name. */
function breakDown(rule: JsonObject): JsonObject[] {
  const names = words(rule, 'resourceNames');
  return words(rule, 'verbs').flatMap((verb) => [
    ...words(rule, 'apiGroups').flatMap((group) =>
      words(rule, 'resources').flatMap((resource): JsonObject[] => {
        const single = { verbs: [verb], apiGroups: [group], resources: [resource] };
        if (names.length === 0) return [single];
        return names.map((name) => ({ ...single, resourceNames: [name] }));
      }),
    ),
    ...words(rule, 'nonResourceURLs').map(
      (url): JsonObject => ({ verbs: [verb], nonResourceURLs: [url] }),
    ),
  ]);
}

const holds = (owned: readonly string[], wanted: readonly string[]) =>
  owned.includes('*') || wanted.every((item) => owned.includes(item));

const holdsResource = (owned: readonly string[], wanted: string) => {
  const [, subresource] = wanted.split('/');
  return (
    owned.includes('*') ||
    owned.includes(wanted) ||
    (subresource !== undefined && owned.includes(`*/${subresource}`))
  );
};

const holdsUrl = (owned: readonly string[], wanted: string) =>
  owned.some(
    (pattern) =>
      pattern === wanted || (pattern.endsWith('*') && wanted.startsWith(pattern.slice(0, -1))),
  );

function covers(owner: JsonObject, single: JsonObject): boolean {
  if (!holds(words(owner, 'verbs'), words(single, 'verbs'))) return false;
  const [url] = words(single, 'nonResourceURLs');
  if (url !== undefined) return holdsUrl(words(owner, 'nonResourceURLs'), url);
  const [resource = ''] = words(single, 'resources');
  const ownNames = words(owner, 'resourceNames');
  const names = words(single, 'resourceNames');
  return (
    holds(words(owner, 'apiGroups'), words(single, 'apiGroups')) &&
    holdsResource(words(owner, 'resources'), resource) &&
    (ownNames.length === 0 || (names.length > 0 && names.every((name) => ownNames.includes(name))))
  );
}

/** Joins the verbs of rules about the same thing. */
function compact(singles: readonly JsonObject[]): JsonObject[] {
  const byThing = new Map<string, JsonObject>();
  for (const single of singles) {
    const { verbs: _verbs, ...thing } = single;
    const key = JSON.stringify(thing);
    const verbs: Json[] = [...list(byThing.get(key) ?? {}, 'verbs'), ...list(single, 'verbs')];
    byThing.set(key, { ...thing, verbs });
  }
  return [...byThing.values()];
}

function printRule(rule: JsonObject): string {
  const parts = [
    ['APIGroups', 'apiGroups'],
    ['Resources', 'resources'],
    ['NonResourceURLs', 'nonResourceURLs'],
    ['ResourceNames', 'resourceNames'],
    ['Verbs', 'verbs'],
  ].flatMap(([title = '', key = '']) => {
    const values = words(rule, key);
    return values.length === 0 ? [] : [`${title}:${quoted(values)}`];
  });
  return `{${parts.join(', ')}}`;
}

const quoted = (values: readonly string[]) =>
  `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;

/** The rules a write would give away; undefined when it may give anything away. */
function rulesGiven(
  write: PendingWrite,
  authorizer: Authorizer,
  caller: Caller,
): readonly JsonObject[] | undefined {
  const { resource, namespace, name, next } = write;
  if (next === undefined) return undefined;
  const may = (verb: string, plural: string, of: string) =>
    authorizer.decide({
      caller,
      verb,
      group: rbacGroup,
      resource: plural,
      subresource: '',
      namespace,
      name: of,
    }).allowed;
  if (resource === role || resource === clusterRole) {
    if (may('escalate', resource.plural, name)) return undefined;
    return list(next, 'rules').flatMap((rule) => breakDown(object(rule)));
  }
  const reference = object(next, 'roleRef');
  const referred = text(reference, 'kind') === 'Role' ? role : clusterRole;
  if (may('bind', referred.plural, text(reference, 'name'))) return undefined;
  const rules = authorizer.rulesOf(reference, namespace);
  if (rules === undefined) throw notFound(byPlural(referred, text(reference, 'name')));
  return rules.flatMap(breakDown);
}

/** Throws 403 when a write of a role or binding gives away more than the caller may do. */
export function refuseEscalation(
  write: PendingWrite,
  authorizer: Authorizer,
  caller: Caller,
): void {
  const { resource, namespace, name } = write;
  if (write.operation === 'CREATE') requireCreate(write, authorizer, caller);
  const isAboutRights = [role, clusterRole, roleBinding, clusterRoleBinding].includes(resource);
  if (!isAboutRights || caller.groups.includes(masters)) return;
  const given = rulesGiven(write, authorizer, caller);
  if (given === undefined) return;
  const { rules, problems } = authorizer.rightsOf(caller, namespace);
  const missing = given.filter((single) => !rules.some((owner) => covers(owner, single)));
  if (missing.length === 0) return;
  const lines = compact(missing).map(printRule).toSorted();
  const trouble = problems.length === 0 ? '' : `; resolution errors: [${problems.join(', ')}]`;
  const subject = byPlural(resource, name);
  throw failure(
    403,
    'Forbidden',
    `${resource.plural}.${rbacGroup} "${name}" is forbidden: user "${caller.name}" (groups=${quoted(caller.groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}${trouble}`,
    detailsOf(subject),
  );
}

/** An apply of what is not there needs the right to create it too; its name is known, so a rule may name it. */
function requireCreate(
  { resource, subresource, namespace, name }: PendingWrite,
  authorizer: Authorizer,
  caller: Caller,
): void {
  const { group, plural } = resource;
  const access = { caller, verb: 'create', group, resource: plural, subresource, namespace };
  const isMade = authorizer.decide({ ...access, name: '' }).allowed;
  if (isMade || authorizer.decide({ ...access, name }).allowed) return;
  const subject = byPlural(resource, name);
  const full = group === '' ? plural : `${plural}.${group}`;
  throw failure(403, 'Forbidden', `${full} "${name}" is forbidden: `, detailsOf(subject));
}
