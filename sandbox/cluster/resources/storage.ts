// Claims for storage, the volumes they get and the classes that say what may be done with them.
import type { Json, JsonObject } from '../json.ts';
import { clone, equal, list, object, show, text } from '../json.ts';
import { quantityNanos } from '../quantity.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue, notSupported, required } from '../status.ts';
import { goDifference } from './go-difference.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const shared = {
  version: 'v1',
  generation: 'none',
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'object',
} as const satisfies Partial<Resource>;

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const storageField = 'spec.resources[storage]';

/** The storage a claim asks for or has, in billionths of a byte. */
const sizeOf = (held: Json | undefined, ...path: readonly string[]) =>
  quantityNanos(text(held, ...path, 'storage')) ?? 0n;

function validateModes(spec: JsonObject): FieldError[] {
  const modes = list(spec, 'accessModes').map(show);
  if (modes.length === 0) {
    return [required('spec.accessModes', 'at least 1 access mode is required')];
  }
  return modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, accessModes));
}

/** A claim's spec with the names its fields have inside the server, as refusals quote it. */
function goSpec(spec: JsonObject): JsonObject {
  const resources = object(spec, 'resources');
  const part = (key: string) => resources[key] ?? null;
  return {
    AccessModes: spec['accessModes'] ?? null,
    Selector: spec['selector'] ?? null,
    Resources: { Limits: part('limits'), Requests: part('requests') },
    VolumeName: text(spec, 'volumeName'),
    StorageClassName: spec['storageClassName'] ?? null,
    VolumeMode: spec['volumeMode'] ?? null,
    DataSource: spec['dataSource'] ?? null,
    DataSourceRef: spec['dataSourceRef'] ?? null,
    VolumeAttributesClassName: spec['volumeAttributesClassName'] ?? null,
  };
}

function validateChange(given: JsonObject, old: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const allowed = clone(object(given, 'spec'));
  const before = object(old, 'spec');
  if (text(before, 'volumeName') === '') allowed['volumeName'] = before['volumeName'] ?? '';
  if (allowed['volumeName'] === '') delete allowed['volumeName'];
  const isBound = text(old, 'status', 'phase') === 'Bound';
  const asked = sizeOf(given, 'spec', 'resources', 'requests');
  if (isBound) {
    const requests = clone(object(before, 'resources', 'requests'));
    allowed['resources'] = { ...object(allowed, 'resources'), requests };
    const attributes = before['volumeAttributesClassName'];
    if (attributes === undefined) delete allowed['volumeAttributesClassName'];
    else allowed['volumeAttributesClassName'] = attributes;
  }
  if (!equal(allowed, before)) {
    const difference = goDifference(goSpec(before), goSpec(allowed));
    const because =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
    return [forbidden('spec', `${because}\n${difference}`)];
  }
  const isSmaller = asked < sizeOf(before, 'resources', 'requests');
  if (isSmaller && asked <= sizeOf(old, 'status', 'capacity')) {
    const because = 'field can not be less than status.capacity';
    errors.push(forbidden('spec.resources.requests.storage', because));
  }
  return errors;
}

function validateClaim(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(given, 'spec');
  const errors = validateModes(spec);
  const written = object(spec, 'resources', 'requests')['storage'];
  if (written === undefined) errors.push(required(storageField));
  else if (sizeOf(spec, 'resources', 'requests') <= 0n) {
    errors.push(invalidValue(storageField, written, 'must be greater than zero'));
  }
  return old === undefined ? errors : [...errors, ...validateChange(given, old)];
}

const conditions = s.keyed(
  s.struct('PersistentVolumeClaimCondition', {
    type: s.always(s.string),
    status: s.always(s.string),
    lastProbeTime: s.time,
    lastTransitionTime: s.time,
    reason: s.string,
    message: s.string,
  }),
  ['type'],
);

/** PersistentVolumeClaims. */
export const claim: Resource = {
  ...shared,
  group: '',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  storageVersionHash: 'QWTyNDq0dC4=',
  namespaced: true,
  statusSubresource: true,
  protection: 'kubernetes.io/pvc-protection',
  schema: s.struct('PersistentVolumeClaim', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('PersistentVolumeClaimSpec', {
        accessModes: s.list(s.string),
        selector: labelSelector,
        resources: s.always(
          s.struct('VolumeResourceRequirements', {
            limits: s.map(s.quantity),
            requests: s.map(s.quantity),
          }),
        ),
        volumeName: s.string,
        storageClassName: s.pointer(s.string),
        volumeMode: s.pointer(s.string),
        dataSource: s.any,
        dataSourceRef: s.any,
        volumeAttributesClassName: s.pointer(s.string),
      }),
    ),
    status: s.always(
      s.struct('PersistentVolumeClaimStatus', {
        phase: s.string,
        accessModes: s.list(s.string),
        capacity: s.map(s.quantity),
        conditions,
        allocatedResources: s.map(s.quantity),
        allocatedResourceStatuses: s.map(s.string),
        currentVolumeAttributesClassName: s.pointer(s.string),
        modifyVolumeStatus: s.any,
      }),
    ),
  }),
  applyDefaults: (given) => {
    setDefault(object(given, 'spec'), 'volumeMode', 'Filesystem');
    setDefault(object(given, 'status'), 'phase', 'Pending');
  },
  validate: validateClaim,
};

const sources = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'csi',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'glusterfs',
  'hostPath',
  'iscsi',
  'local',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
];

function validateVolume(given: JsonObject): FieldError[] {
  const spec = object(given, 'spec');
  const errors = validateModes(spec);
  const capacity = object(spec, 'capacity')['storage'];
  if (capacity === undefined) errors.push(required('spec.capacity'));
  else if (sizeOf(spec, 'capacity') <= 0n) {
    errors.push(invalidValue('spec.capacity[storage]', capacity, 'must be greater than zero'));
  }
  if (!sources.some((name) => spec[name] !== undefined)) {
    errors.push(required('spec', 'must specify a volume type'));
  }
  return errors;
}

/** PersistentVolumes. */
export const volume: Resource = {
  ...shared,
  group: '',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  storageVersionHash: 'HN/zwEC+JgM=',
  namespaced: false,
  statusSubresource: true,
  protection: 'kubernetes.io/pv-protection',
  schema: s.struct('PersistentVolume', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('PersistentVolumeSpec', {
        capacity: s.map(s.quantity),
        ...Object.fromEntries(sources.map((name) => [name, s.any])),
        accessModes: s.list(s.string),
        claimRef: s.struct('ObjectReference', {
          kind: s.string,
          namespace: s.string,
          name: s.string,
          uid: s.string,
          apiVersion: s.string,
          resourceVersion: s.string,
          fieldPath: s.string,
        }),
        persistentVolumeReclaimPolicy: s.string,
        storageClassName: s.string,
        mountOptions: s.list(s.string),
        volumeMode: s.pointer(s.string),
        nodeAffinity: s.any,
        volumeAttributesClassName: s.pointer(s.string),
      }),
    ),
    status: s.always(
      s.struct('PersistentVolumeStatus', {
        phase: s.string,
        message: s.string,
        reason: s.string,
        lastPhaseTransitionTime: s.time,
      }),
    ),
  }),
  applyDefaults: (given) => {
    const spec = object(given, 'spec');
    setDefault(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    setDefault(spec, 'volumeMode', 'Filesystem');
    const status = object(given, 'status');
    setDefault(status, 'phase', 'Pending');
    setDefault(status, 'lastPhaseTransitionTime', text(given, 'metadata', 'creationTimestamp'));
  },
  validate: validateVolume,
};

const immutable = ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'];

function validateClass(given: JsonObject, old: JsonObject | undefined): FieldError[] {
  const errors = text(given, 'provisioner') === '' ? [required('provisioner')] : [];
  if (old === undefined) return errors;
  const changed = immutable.filter((key) => !equal(given[key], old[key]));
  return [
    ...errors,
    ...changed.map((key) => invalidValue(key, given[key] ?? null, 'field is immutable')),
  ];
}

/** StorageClasses. */
export const storageClass: Resource = {
  ...shared,
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  storageVersionHash: 'K+m6uJwbjGY=',
  namespaced: false,
  statusSubresource: false,
  schema: s.struct('StorageClass', {
    ...typeMeta,
    metadata: objectMeta,
    provisioner: s.always(s.string),
    parameters: s.map(s.string),
    reclaimPolicy: s.pointer(s.string),
    mountOptions: s.list(s.string),
    allowVolumeExpansion: s.pointer(s.bool),
    volumeBindingMode: s.pointer(s.string),
    allowedTopologies: s.list(s.any),
  }),
  applyDefaults: (given) => {
    setDefault(given, 'reclaimPolicy', 'Delete');
    setDefault(given, 'volumeBindingMode', 'Immediate');
  },
  validate: validateClass,
};
