// Where the volumes of pods come from; kinds nobody uses any more are taken as they are.
import type { Schema } from '../schema.ts';
import * as s from '../schema.ts';
import {
  fieldSelector,
  flags,
  localReference,
  optional,
  resourceSelector,
  stated,
  texts,
} from './pod-parts.ts';

const items = s.list(s.struct('KeyToPath', { ...stated('key', 'path'), mode: s.pointer(s.int32) }));
const defaultMode = s.pointer(s.int32);
const downwardItems = s.list(
  s.struct('DownwardAPIVolumeFile', {
    ...stated('path'),
    fieldRef: fieldSelector,
    resourceFieldRef: resourceSelector,
    mode: s.pointer(s.int32),
  }),
);

const projection = s.struct('VolumeProjection', {
  secret: s.struct('SecretProjection', { ...texts('name'), items, ...optional('optional') }),
  downwardAPI: s.struct('DownwardAPIProjection', { items: downwardItems }),
  configMap: s.struct('ConfigMapProjection', { ...texts('name'), items, ...optional('optional') }),
  serviceAccountToken: s.struct('ServiceAccountTokenProjection', {
    ...texts('audience'),
    expirationSeconds: s.pointer(s.int64),
    ...stated('path'),
  }),
  clusterTrustBundle: s.any,
  podCertificate: s.any,
});

const old: Readonly<Record<string, Schema>> = Object.fromEntries(
  [
    'awsElasticBlockStore',
    'azureDisk',
    'azureFile',
    'cephfs',
    'cinder',
    'fc',
    'flexVolume',
    'flocker',
    'gcePersistentDisk',
    'gitRepo',
    'glusterfs',
    'iscsi',
    'photonPersistentDisk',
    'portworxVolume',
    'quobyte',
    'rbd',
    'scaleIO',
    'storageos',
    'vsphereVolume',
  ].map((name) => [name, s.any]),
);

/** One volume of a pod. */
export const podVolume = s.struct('Volume', {
  name: s.always(s.string),
  ...old,
  hostPath: s.struct('HostPathVolumeSource', { ...stated('path'), type: s.pointer(s.string) }),
  emptyDir: s.struct('EmptyDirVolumeSource', {
    ...texts('medium'),
    sizeLimit: s.pointer(s.quantity),
  }),
  secret: s.struct('SecretVolumeSource', {
    ...texts('secretName'),
    items,
    defaultMode,
    ...optional('optional'),
  }),
  nfs: s.struct('NFSVolumeSource', { ...stated('server', 'path'), ...flags('readOnly') }),
  persistentVolumeClaim: s.struct('PersistentVolumeClaimVolumeSource', {
    ...stated('claimName'),
    ...flags('readOnly'),
  }),
  downwardAPI: s.struct('DownwardAPIVolumeSource', { items: downwardItems, defaultMode }),
  configMap: s.struct('ConfigMapVolumeSource', {
    ...texts('name'),
    items,
    defaultMode,
    ...optional('optional'),
  }),
  projected: s.struct('ProjectedVolumeSource', {
    sources: s.always(s.list(projection)),
    defaultMode,
  }),
  csi: s.struct('CSIVolumeSource', {
    ...stated('driver'),
    readOnly: s.pointer(s.bool),
    fsType: s.pointer(s.string),
    volumeAttributes: s.map(s.string),
    nodePublishSecretRef: localReference,
  }),
  ephemeral: s.any,
  image: s.struct('ImageVolumeSource', texts('reference', 'pullPolicy')),
});

/** Where a volume is in a container. */
export const volumeMount = s.struct('VolumeMount', {
  name: s.always(s.string),
  ...flags('readOnly'),
  recursiveReadOnly: s.pointer(s.string),
  ...stated('mountPath'),
  ...texts('subPath'),
  mountPropagation: s.pointer(s.string),
  ...texts('subPathExpr'),
});
