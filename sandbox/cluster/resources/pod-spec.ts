// Defaults and rules of pod templates, shared by every workload kind.

import type { Json, JsonObject } from '../json.ts';
import { at, isObject, list, object, objects, show, text } from '../json.ts';
import { quantityNanos } from '../quantity.ts';
import type { FieldError } from '../status.ts';
import { duplicate, invalidValue, notSupported, required } from '../status.ts';
import { validatePlacement } from './placement-rules.ts';

const standardResources = ['cpu', 'memory', 'ephemeral-storage'];

function setDefault(target: JsonObject, key: string, value: Json): void {
  if (target[key] === undefined) target[key] = value;
}

function pullPolicy(image: string): string {
  const last = image.split('/').at(-1) ?? '';
  const tagged = last.includes(':') || image.includes('@');
  return !tagged || last.endsWith(':latest') ? 'Always' : 'IfNotPresent';
}

function defaultHandler(handler: JsonObject): void {
  const httpGet = handler['httpGet'];
  if (isObject(httpGet)) {
    setDefault(httpGet, 'path', '/');
    setDefault(httpGet, 'scheme', 'HTTP');
  }
  const grpc = handler['grpc'];
  if (isObject(grpc)) setDefault(grpc, 'service', '');
}

/** The source of a variable or of a file that shows a field of the pod. */
function defaultSource(source: JsonObject): void {
  const field = source['fieldRef'];
  if (isObject(field)) setDefault(field, 'apiVersion', 'v1');
  const amount = source['resourceFieldRef'];
  if (isObject(amount)) setDefault(amount, 'divisor', '0');
}

const usualMode = 0o644;
/** What a token of a service account lasts, in seconds. */
const tokenSeconds = 3600;

function defaultVolume(volume: JsonObject): void {
  for (const kind of ['configMap', 'secret', 'downwardAPI', 'projected']) {
    const source = volume[kind];
    if (isObject(source)) setDefault(source, 'defaultMode', usualMode);
  }
  const projections = objects(volume, 'projected', 'sources');
  for (const { serviceAccountToken } of projections) {
    if (isObject(serviceAccountToken)) {
      setDefault(serviceAccountToken, 'expirationSeconds', tokenSeconds);
    }
  }
  for (const holder of [volume, ...projections]) {
    for (const item of objects(holder, 'downwardAPI', 'items')) defaultSource(item);
  }
  const path = volume['hostPath'];
  if (isObject(path)) setDefault(path, 'type', '');
  if (Object.keys(volume).length === 1) volume['emptyDir'] = {};
}

function defaultContainer(container: JsonObject): void {
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  setDefault(container, 'imagePullPolicy', pullPolicy(text(container, 'image')));
  for (const port of objects(container, 'ports')) setDefault(port, 'protocol', 'TCP');
  for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const found = container[probe];
    if (!isObject(found)) continue;
    setDefault(found, 'timeoutSeconds', 1);
    setDefault(found, 'periodSeconds', 10);
    setDefault(found, 'successThreshold', 1);
    setDefault(found, 'failureThreshold', 3);
    defaultHandler(found);
  }
  for (const when of ['postStart', 'preStop']) defaultHandler(object(container, 'lifecycle', when));
  for (const variable of objects(container, 'env')) defaultSource(object(variable, 'valueFrom'));
  const resources = object(container, 'resources');
  const limits = object(resources, 'limits');
  if (Object.keys(limits).length > 0) {
    const requests = { ...limits, ...object(resources, 'requests') };
    resources['requests'] = Object.fromEntries(
      Object.entries(requests).toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }
}

/** Fills in what the server fills in for a pod spec inside a template. */
export function defaultPodSpec(spec: JsonObject): void {
  for (const container of [...objects(spec, 'initContainers'), ...objects(spec, 'containers')]) {
    defaultContainer(container);
  }
  for (const volume of objects(spec, 'volumes')) defaultVolume(volume);
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'securityContext', {});
  setDefault(spec, 'schedulerName', 'default-scheduler');
  const account = spec['serviceAccountName'];
  if (account !== undefined) spec['serviceAccount'] = account;
}

function validateAmount(field: string, name: string, value: Json): FieldError[] {
  const path = `${field}[${name}]`;
  const errors: FieldError[] = [];
  if (!name.includes('/') && !standardResources.includes(name) && !name.startsWith('hugepages-')) {
    errors.push(
      invalidValue(path, name, 'must be a standard resource type or fully qualified'),
      invalidValue(path, name, 'must be a standard resource for containers'),
    );
  }
  const nanos = typeof value === 'string' ? quantityNanos(value) : undefined;
  if (nanos !== undefined && nanos < 0n) {
    errors.push(invalidValue(path, value, 'must be greater than or equal to 0'));
  }
  return errors;
}

function validateResources(resources: JsonObject, field: string): FieldError[] {
  const limits = object(resources, 'limits');
  const requests = object(resources, 'requests');
  const errors: FieldError[] = [];
  for (const [name, value] of Object.entries(limits)) {
    errors.push(...validateAmount(`${field}.limits`, name, value));
  }
  for (const [name, value] of Object.entries(requests)) {
    errors.push(...validateAmount(`${field}.requests`, name, value));
    const limit = limits[name];
    const asked = typeof value === 'string' ? quantityNanos(value) : undefined;
    const most = typeof limit === 'string' ? quantityNanos(limit) : undefined;
    if (asked !== undefined && most !== undefined && asked > most) {
      errors.push(
        invalidValue(
          `${field}.requests`,
          value,
          `must be less than or equal to ${name} limit of ${show(limit)}`,
        ),
      );
    }
  }
  return errors;
}

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

/** What may become of a pod of a Job when it ends. `Always` has a refusal of its own there. */
export const endingPolicies = ['Always', 'Never', 'OnFailure'];

/** The broken rules of a pod spec. */
export function validatePodSpec(
  spec: JsonObject,
  field: string,
  policies: readonly string[],
): FieldError[] {
  const errors: FieldError[] = [];
  const containers = list(spec, 'containers');
  if (containers.length === 0) return [required(`${field}.containers`)];
  const seen = new Set<string>();
  containers.forEach((container, index) => {
    if (!isObject(container)) return;
    const path = `${field}.containers[${index}]`;
    const name = text(container, 'name');
    if (name === '') errors.push(required(`${path}.name`));
    else if (!labelPattern.test(name)) {
      errors.push(
        invalidValue(
          `${path}.name`,
          name,
          "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        ),
      );
    } else if (seen.has(name)) errors.push(duplicate(`${path}.name`, name));
    seen.add(name);
    if (text(container, 'image') === '') errors.push(required(`${path}.image`));
    objects(container, 'env').forEach((variable, position) => {
      if (text(variable, 'name') === '') errors.push(required(`${path}.env[${position}].name`));
    });
    const resources = at(container, 'resources');
    if (isObject(resources)) errors.push(...validateResources(resources, `${path}.resources`));
  });
  const policy = spec['restartPolicy'];
  if (policy !== undefined && !policies.includes(show(policy))) {
    errors.push(notSupported(`${field}.restartPolicy`, policy, policies));
  }
  return [...errors, ...validatePlacement(spec, field)];
}

function fractionalBytes(container: JsonObject, path: string): string[] {
  return ['limits', 'requests'].flatMap((part) => {
    const value = text(container, 'resources', part, 'memory');
    const nanos = quantityNanos(value);
    return nanos !== undefined && nanos % 1_000_000_000n !== 0n
      ? [
          `${path}.resources.${part}[memory]: fractional byte value "${value}" is invalid, must be an integer`,
        ]
      : [];
  });
}

function hiddenVariables(container: JsonObject, path: string): string[] {
  const names = objects(container, 'env').map((variable) => text(variable, 'name'));
  return names.flatMap((name, position) =>
    names.indexOf(name) < position
      ? [
          `${path}.env[${position}]: hides previous definition of "${name}", which may be dropped when using apply`,
        ]
      : [],
  );
}

/** What the server warns of in a pod spec it accepts. */
export function podSpecWarnings(spec: JsonObject, field: string): string[] {
  const grace = spec['terminationGracePeriodSeconds'];
  const containers = objects(spec, 'containers').flatMap((container, index) => {
    const path = `${field}.containers[${index}]`;
    return [...fractionalBytes(container, path), ...hiddenVariables(container, path)];
  });
  const nodeLabels = ['os', 'arch'].flatMap((name) =>
    object(spec, 'nodeSelector')[`beta.kubernetes.io/${name}`] === undefined
      ? []
      : [
          `${field}.nodeSelector[beta.kubernetes.io/${name}]: deprecated since v1.14; use "kubernetes.io/${name}" instead`,
        ],
  );
  const negative =
    typeof grace === 'number' && grace < 0
      ? [
          `${field}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
        ]
      : [];
  return [...nodeLabels, ...containers, ...negative];
}
