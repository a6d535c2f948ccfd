// Which writes an admission policy means: by kind, verb, name, labels and namespace.

import type { JsonObject } from './json.ts';
import { isObject, list, object, objects, show, text } from './json.ts';
import type { PendingWrite } from './pending-write.ts';
import { namespace as namespaceResource } from './resources/core.ts';
import { matchesSelector } from './selector.ts';
import type { Store } from './store.ts';

const includes = (rule: JsonObject, key: string, wanted: string) => {
  const values = list(rule, key);
  return values.includes('*') || values.includes(wanted);
};

function resourceMatches(rule: JsonObject, { resource, subresource }: PendingWrite): boolean {
  return list(rule, 'resources').some((item) => {
    const [plural = '', sub = ''] = show(item).split('/');
    return (plural === '*' || plural === resource.plural) && (sub === '*' || sub === subresource);
  });
}

function ruleMatches(rule: JsonObject, write: PendingWrite, isExact: boolean): boolean {
  const { resource, operation, name } = write;
  const names = list(rule, 'resourceNames');
  const scope = text(rule, 'scope');
  return (
    includes(rule, 'operations', operation) &&
    includes(rule, 'apiGroups', resource.group) &&
    (!isExact || includes(rule, 'apiVersions', resource.version)) &&
    resourceMatches(rule, write) &&
    (scope === '*' || scope === '' || (scope === 'Namespaced') === resource.namespaced) &&
    (names.length === 0 || names.includes(name))
  );
}

/** The namespace a write happens in; for a namespace itself, that one. */
export function namespaceOfWrite(store: Store, write: PendingWrite): JsonObject | undefined {
  if (write.resource === namespaceResource) return write.next ?? write.old;
  return write.namespace === '' ? undefined : store.get(namespaceResource, '', write.namespace);
}

const labelsOf = (held: JsonObject | undefined) => object(held, 'metadata', 'labels');

function selectorsMatch(store: Store, match: JsonObject, write: PendingWrite): boolean {
  const isAboutNamespace = write.resource.namespaced || write.resource === namespaceResource;
  const inNamespace =
    !isAboutNamespace ||
    matchesSelector(object(match, 'namespaceSelector'), labelsOf(namespaceOfWrite(store, write)));
  const selector = object(match, 'objectSelector');
  return (
    inNamespace &&
    [write.next, write.old].some(
      (held) => held !== undefined && matchesSelector(selector, labelsOf(held)),
    )
  );
}

/** Whether `matchConstraints` or `matchResources` mean a write; without any they mean all. */
export function meansWrite(store: Store, match: unknown, write: PendingWrite): boolean {
  if (!isObject(match)) return true;
  const isExact = text(match, 'matchPolicy') === 'Exact';
  const rules = objects(match, 'resourceRules');
  return (
    selectorsMatch(store, match, write) &&
    !objects(match, 'excludeResourceRules').some((rule) => ruleMatches(rule, write, isExact)) &&
    (rules.length === 0 || rules.some((rule) => ruleMatches(rule, write, isExact)))
  );
}
