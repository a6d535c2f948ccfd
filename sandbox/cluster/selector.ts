// Label and field selectors: who a list, a watch or a workload means.

import type { JsonObject } from './json.ts';
import { at, list, object, show, text } from './json.ts';
import type { Resource } from './resources/resource.ts';
import { badRequest } from './status.ts';

type Labels = Readonly<Record<string, unknown>>;

/** Whether labels satisfy a `LabelSelector` object. An empty selector matches everything. */
export function matchesSelector(selector: JsonObject, labels: Labels): boolean {
  const wanted = Object.entries(object(selector, 'matchLabels'));
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    list(selector, 'matchExpressions').every((item) => {
      const key = text(item, 'key');
      const values = list(item, 'values');
      const own = labels[key];
      switch (text(item, 'operator')) {
        case 'In':
          return typeof own === 'string' && values.includes(own);
        case 'NotIn':
          return typeof own !== 'string' || !values.includes(own);
        case 'Exists':
          return own !== undefined;
        case 'DoesNotExist':
          return own === undefined;
        default:
          return false;
      }
    })
  );
}

type LabelRule = (labels: Labels) => boolean;

/** Splits at commas outside parentheses. */
function splitTerms(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}

function labelRule(term: string): LabelRule {
  const inSet = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(term);
  if (inSet !== null) {
    const [, key = '', operator, body = ''] = inSet;
    const values = new Set(body.split(',').map((value) => value.trim()));
    return (labels) => {
      const own = labels[key];
      const inside = typeof own === 'string' && values.has(own);
      return operator === 'in' ? inside : !inside;
    };
  }
  const pair = /^([^=!\s]+)\s*(==|!=|=)\s*([^=!\s]*)$/.exec(term);
  if (pair !== null) {
    const [, key = '', operator, value = ''] = pair;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const exists = /^(!?)([\w./-]+)$/.exec(term);
  if (exists !== null) {
    const [, not, key = ''] = exists;
    return (labels) => (labels[key] === undefined) === (not === '!');
  }
  const open = /\([^)]*$/.test(term);
  throw badRequest(
    `unable to parse requirement: ${open ? "found '', expected: ',' or ')'" : `found '${term}'`}`,
  );
}

/** A test for `labelSelector` of a request. Throws a 400 for a broken one. */
export function parseLabelSelector(selector: string): (object: JsonObject) => boolean {
  const rules = splitTerms(selector).map(labelRule);
  return (candidate) => {
    const labels = object(candidate, 'metadata', 'labels');
    return rules.every((rule) => rule(labels));
  };
}

const eventFields = [
  'involvedObject.kind',
  'involvedObject.namespace',
  'involvedObject.name',
  'involvedObject.uid',
  'involvedObject.apiVersion',
  'involvedObject.resourceVersion',
  'involvedObject.fieldPath',
  'reason',
  'reportingComponent',
  'source',
  'type',
];
const podFields = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
];
const extraFields: Readonly<Record<string, readonly string[]>> = {
  events: eventFields,
  pods: podFields,
  replicasets: ['status.replicas'],
  namespaces: ['status.phase'],
  nodes: ['spec.unschedulable'],
};

function fieldRule(term: string, resource: Resource): (candidate: JsonObject) => boolean {
  const pair = /^([^=!]+)(==|!=|=)(.*)$/.exec(term);
  if (pair === null) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, key = '', operator, value = ''] = pair;
  const { group, plural, custom } = resource;
  const more = custom?.selectable ?? extraFields[plural] ?? [];
  const known = ['metadata.name', 'metadata.namespace', ...more];
  if (!known.includes(key)) {
    if (group === '' || custom !== undefined) throw badRequest(`field label not supported: ${key}`);
    const names = known.map((name) => `"${name}"`).join(', ');
    throw badRequest(`"${key}" is not a known field selector: only ${names}`);
  }
  const path = key === 'source' ? ['source', 'component'] : key.split('.');
  return (candidate) => {
    const own = at(candidate, ...path) ?? (key === 'spec.unschedulable' ? false : '');
    return (show(own) === value) === (operator !== '!=');
  };
}

/** A test for `fieldSelector` of a request. Throws a 400 for a broken one or an unknown field. */
export function parseFieldSelector(
  selector: string,
  resource: Resource,
): (object: JsonObject) => boolean {
  const rules = splitTerms(selector).map((term) => fieldRule(term, resource));
  return (candidate) => rules.every((rule) => rule(candidate));
}
