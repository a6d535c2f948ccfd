// Shapes shared by several kinds: metadata, pod templates and selectors.
import * as s from '../schema.ts';
import {
  affinity,
  envFrom,
  envVar,
  lifecycle,
  localReference,
  podSecurityContext,
  probe,
  securityContext,
  spread,
  toleration,
} from './pod-parts.ts';
import { podVolume, volumeMount } from './pod-volumes.ts';

const ownerReference = s.struct(
  'OwnerReference',
  {
    apiVersion: s.always(s.string),
    kind: s.always(s.string),
    name: s.always(s.string),
    uid: s.always(s.string),
    controller: s.pointer(s.bool),
    blockOwnerDeletion: s.pointer(s.bool),
  },
  { atomic: true },
);

/** `metadata` of every object. */
export const objectMeta = s.always(
  s.struct('ObjectMeta', {
    name: s.string,
    generateName: s.string,
    namespace: s.string,
    selfLink: s.string,
    uid: s.string,
    resourceVersion: s.string,
    generation: s.int64,
    creationTimestamp: s.time,
    deletionTimestamp: s.time,
    deletionGracePeriodSeconds: s.pointer(s.int64),
    labels: s.map(s.string),
    annotations: s.map(s.string),
    ownerReferences: s.keyed(ownerReference, ['uid']),
    finalizers: s.set(s.string),
    managedFields: s.list(s.any),
  }),
);

const podResources = s.struct('ResourceRequirements', {
  limits: s.map(s.quantity),
  requests: s.map(s.quantity),
  claims: s.told(s.struct('ResourceClaim', { name: s.always(s.string), request: s.string }), [
    'name',
  ]),
});
const resources = s.always(podResources);

const containerPort = s.struct('ContainerPort', {
  name: s.string,
  hostPort: s.int32,
  containerPort: s.always(s.int32),
  protocol: s.string,
  hostIP: s.string,
});

const container = s.struct('Container', {
  name: s.always(s.string),
  image: s.string,
  command: s.list(s.string),
  args: s.list(s.string),
  workingDir: s.string,
  ports: s.keyed(containerPort, ['containerPort', 'protocol'], 'containerPort'),
  envFrom: s.list(envFrom),
  env: s.keyed(envVar, ['name']),
  resources,
  resizePolicy: s.list(
    s.struct('ContainerResizePolicy', {
      resourceName: s.always(s.string),
      restartPolicy: s.always(s.string),
    }),
  ),
  restartPolicy: s.pointer(s.string),
  restartPolicyRules: s.list(s.any),
  volumeMounts: s.keyed(volumeMount, ['mountPath']),
  volumeDevices: s.keyed(
    s.struct('VolumeDevice', { name: s.always(s.string), devicePath: s.always(s.string) }),
    ['devicePath'],
  ),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle,
  terminationMessagePath: s.string,
  terminationMessagePolicy: s.string,
  imagePullPolicy: s.string,
  securityContext,
  stdin: s.bool,
  stdinOnce: s.bool,
  tty: s.bool,
});

/** `spec` of a pod. */
export const podSpec = s.always(
  s.struct('PodSpec', {
    volumes: s.keyed(podVolume, ['name']),
    initContainers: s.keyed(container, ['name']),
    containers: s.always(s.keyed(container, ['name'])),
    ephemeralContainers: s.keyed(s.any, ['name']),
    restartPolicy: s.string,
    terminationGracePeriodSeconds: s.pointer(s.int64),
    activeDeadlineSeconds: s.pointer(s.int64),
    dnsPolicy: s.string,
    nodeSelector: s.atomicMap(s.string),
    serviceAccountName: s.string,
    serviceAccount: s.string,
    automountServiceAccountToken: s.pointer(s.bool),
    nodeName: s.string,
    hostNetwork: s.bool,
    hostPID: s.bool,
    hostIPC: s.bool,
    shareProcessNamespace: s.pointer(s.bool),
    securityContext: podSecurityContext,
    imagePullSecrets: s.keyed(localReference, ['name']),
    hostname: s.string,
    subdomain: s.string,
    affinity,
    schedulerName: s.string,
    tolerations: s.list(toleration),
    hostAliases: s.keyed(
      s.struct('HostAlias', { ip: s.always(s.string), hostnames: s.list(s.string) }),
      ['ip'],
    ),
    priorityClassName: s.string,
    priority: s.pointer(s.int32),
    dnsConfig: s.struct('PodDNSConfig', {
      nameservers: s.list(s.string),
      searches: s.list(s.string),
      options: s.list(
        s.struct('PodDNSConfigOption', { name: s.string, value: s.pointer(s.string) }),
      ),
    }),
    readinessGates: s.list(s.struct('PodReadinessGate', { conditionType: s.always(s.string) })),
    runtimeClassName: s.pointer(s.string),
    enableServiceLinks: s.pointer(s.bool),
    preemptionPolicy: s.pointer(s.string),
    overhead: s.map(s.quantity),
    topologySpreadConstraints: s.keyed(spread, ['topologyKey', 'whenUnsatisfiable'], 'topologyKey'),
    setHostnameAsFQDN: s.pointer(s.bool),
    os: s.struct('PodOS', { name: s.always(s.string) }),
    hostUsers: s.pointer(s.bool),
    schedulingGates: s.keyed(s.struct('PodSchedulingGate', { name: s.always(s.string) }), ['name']),
    resourceClaims: s.keyed(s.any, ['name']),
    resources: podResources,
    hostnameOverride: s.pointer(s.string),
    schedulingGroup: s.any,
  }),
);

/** `spec.template` of a workload. */
export const podTemplate = s.always(
  s.struct('PodTemplateSpec', { metadata: objectMeta, spec: podSpec }),
);

const condition = {
  type: s.always(s.string),
  status: s.always(s.string),
  lastTransitionTime: s.time,
  reason: s.string,
  message: s.string,
};

/** `status.conditions` of most kinds. */
export const conditions = s.keyed(s.struct('Condition', condition), ['type']);

/** `status.conditions` of newer kinds, in which nothing may be missing. */
export const standardConditions = s.keyed(
  s.struct('Condition', {
    type: s.always(s.string),
    status: s.always(s.string),
    observedGeneration: s.int64,
    lastTransitionTime: s.always(s.time),
    reason: s.always(s.string),
    message: s.always(s.string),
  }),
  ['type'],
);

/** `status.conditions` of Deployments, which also tell when they last looked. */
export const updatedConditions = s.keyed(
  s.struct('DeploymentCondition', { ...condition, lastUpdateTime: s.time }),
  ['type'],
);

/** `kind` and `apiVersion`. */
export const typeMeta = { kind: s.string, apiVersion: s.string };
