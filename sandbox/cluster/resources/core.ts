// The plainer kinds: ConfigMaps, Events, Namespaces, Leases and Pods.

import type { JsonObject } from '../json.ts';
import { at, equal, object, show, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue } from '../status.ts';
import { validateMounts } from './placement-rules.ts';
import { admitPod } from './pod-admission.ts';
import { stated, texts } from './pod-parts.ts';
import { defaultPodSpec, endingPolicies, validatePodSpec } from './pod-spec.ts';
import { validatePodUpdate } from './pod-update.ts';
import type { Resource } from './resource.ts';
import { conditions, objectMeta, podSpec, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const plain = {
  version: 'v1',
  namespaced: true,
  generation: 'none',
  statusSubresource: false,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  applyDefaults: () => undefined,
  validate: () => [],
} as const satisfies Partial<Resource>;

const configKey = /^[-._a-zA-Z0-9]+$/;
const configKeyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
/** The server refuses ConfigMaps above this size (bytes of keys and values). */
const configMapBytesMax = 1_048_576;

function validateConfigMap(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors: FieldError[] = [];
  const binary = object(given, 'binaryData');
  let bytes = 0;
  for (const [key, value] of Object.entries(object(given, 'data'))) {
    if (!configKey.test(key)) errors.push(invalidValue(`data[${key}]`, key, configKeyRule));
    if (Object.hasOwn(binary, key)) {
      errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    bytes += Buffer.byteLength(show(value));
  }
  if (bytes > configMapBytesMax) {
    errors.push({
      reason: 'FieldValueTooLong',
      field: '[]',
      message: `Too long: may not be more than ${configMapBytesMax} bytes`,
    });
  }
  if (old?.['immutable'] === true) {
    const frozen = 'field is immutable when `immutable` is set';
    if (given['immutable'] !== true) errors.push(forbidden('immutable', frozen));
    for (const key of ['data', 'binaryData']) {
      if (!equal(given[key], old[key])) errors.push(forbidden(key, frozen));
    }
  }
  return errors;
}

/** ConfigMaps. */
export const configMap: Resource = {
  ...plain,
  group: '',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  storageVersionHash: 'qFsyl6wFWjQ=',
  schema: s.struct('ConfigMap', {
    ...typeMeta,
    metadata: objectMeta,
    immutable: s.pointer(s.bool),
    data: s.map(s.string),
    binaryData: s.map(s.bytes),
  }),
  validate: validateConfigMap,
};

/** Core events, written by controllers and read by people. */
export const event: Resource = {
  ...plain,
  group: '',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  storageVersionHash: 'r2yiGXH7wu8=',
  schema: s.struct('Event', {
    ...typeMeta,
    metadata: objectMeta,
    involvedObject: s.always(
      s.struct(
        'ObjectReference',
        texts('kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'),
        { atomic: true },
      ),
    ),
    reason: s.string,
    message: s.string,
    source: s.always(s.struct('EventSource', { component: s.string, host: s.string })),
    firstTimestamp: s.always(s.time),
    lastTimestamp: s.always(s.time),
    count: s.int32,
    type: s.string,
    eventTime: s.always(s.microTime),
    series: s.any,
    action: s.string,
    related: s.any,
    reportingComponent: s.always(s.string),
    reportingInstance: s.always(s.string),
  }),
  validate: (given) =>
    text(given, 'involvedObject', 'namespace') !== '' &&
    text(given, 'involvedObject', 'namespace') !== text(given, 'metadata', 'namespace')
      ? [
          invalidValue(
            'involvedObject.namespace',
            text(given, 'involvedObject', 'namespace'),
            'does not match event.namespace',
          ),
        ]
      : [],
};

/** Namespaces. */
export const namespace: Resource = {
  ...plain,
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  storageVersionHash: 'Q3oi5N2YM8M=',
  namespaced: false,
  statusSubresource: true,
  nameRule: 'label',
  deleteAnswers: 'object',
  schema: s.struct('Namespace', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(s.struct('NamespaceSpec', { finalizers: s.list(s.string) })),
    status: s.always(s.struct('NamespaceStatus', { phase: s.string, conditions })),
  }),
  applyDefaults: (given) => {
    setDefault(object(given, 'spec'), 'finalizers', ['kubernetes']);
    setDefault(object(given, 'status'), 'phase', 'Active');
    const metadata = object(given, 'metadata');
    const name = text(metadata, 'name');
    if (name !== '') {
      metadata['labels'] = { ...object(metadata, 'labels'), 'kubernetes.io/metadata.name': name };
    }
  },
};

function validateLease(given: JsonObject): FieldError[] {
  const duration = at(given, 'spec', 'leaseDurationSeconds');
  return typeof duration === 'number' && duration <= 0
    ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
    : [];
}

/** Leases, for leader election. */
export const lease: Resource = {
  ...plain,
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  shortNames: [],
  storageVersionHash: 'gqkMMb/YqFM=',
  unconditionalUpdate: false,
  schema: s.struct('Lease', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('LeaseSpec', {
        holderIdentity: s.pointer(s.string),
        leaseDurationSeconds: s.pointer(s.int32),
        acquireTime: s.microTime,
        renewTime: s.microTime,
        leaseTransitions: s.pointer(s.int32),
        strategy: s.pointer(s.string),
        preferredHolder: s.pointer(s.string),
      }),
    ),
  }),
  validate: validateLease,
};

function validatePod(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(given, 'spec');
  if (old === undefined) {
    return [...validatePodSpec(spec, 'spec', endingPolicies), ...validateMounts(spec, 'spec')];
  }
  return equal(spec, old['spec']) ? [] : validatePodUpdate(given, old);
}

const address = s.struct('PodIP', stated('ip'));

/** Pods. */
export const pod: Resource = {
  ...plain,
  group: '',
  kind: 'Pod',
  plural: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  storageVersionHash: 'xPOwRZ+Yhw8=',
  generation: 'spec',
  statusSubresource: true,
  deleteAnswers: 'object',
  schema: s.struct('Pod', {
    ...typeMeta,
    metadata: objectMeta,
    spec: podSpec,
    status: s.always(
      s.struct('PodStatus', {
        observedGeneration: s.int64,
        phase: s.string,
        conditions: s.keyed(s.any, ['type']),
        message: s.string,
        reason: s.string,
        nominatedNodeName: s.string,
        hostIP: s.string,
        hostIPs: { ...s.list(address), mergeKey: 'ip' },
        podIP: s.string,
        podIPs: s.keyed(address, ['ip']),
        startTime: s.time,
        initContainerStatuses: s.list(s.any),
        containerStatuses: s.list(s.any),
        qosClass: s.string,
        ephemeralContainerStatuses: s.list(s.any),
        resize: s.string,
        resourceClaimStatuses: s.keyed(s.any, ['name']),
        extendedResourceClaimStatus: s.any,
        nodeAllocatableResourceClaimStatuses: s.list(s.any),
        allocatedResources: s.map(s.quantity),
        resources: s.any,
      }),
    ),
  }),
  applyDefaults: (given) => {
    const spec = object(given, 'spec');
    defaultPodSpec(spec);
    setDefault(spec, 'enableServiceLinks', true);
    setDefault(object(given, 'status'), 'phase', 'Pending');
  },
  validate: validatePod,
  complete: admitPod,
};
