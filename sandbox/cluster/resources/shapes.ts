// Shapes shared by several kinds: metadata, pod templates and selectors.
import * as s from '../schema.ts';

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

/** The list of expressions and labels that picks pods; owned as a whole. */
export const labelSelector = s.struct(
  'LabelSelector',
  {
    matchLabels: s.map(s.string),
    matchExpressions: s.list(
      s.struct('LabelSelectorRequirement', {
        key: s.always(s.string),
        operator: s.always(s.string),
        values: s.list(s.string),
      }),
    ),
  },
  { atomic: true },
);

const resources = s.always(
  s.struct('ResourceRequirements', {
    limits: s.map(s.quantity),
    requests: s.map(s.quantity),
    claims: s.list(s.any),
  }),
);

const envVar = s.struct('EnvVar', {
  name: s.always(s.string),
  value: s.string,
  valueFrom: s.any,
});

const containerPort = s.struct('ContainerPort', {
  name: s.string,
  hostPort: s.int32,
  containerPort: s.always(s.int32),
  protocol: s.string,
  hostIP: s.string,
});

const probe = s.struct('Probe', {
  exec: s.any,
  httpGet: s.any,
  tcpSocket: s.any,
  grpc: s.any,
  initialDelaySeconds: s.int32,
  timeoutSeconds: s.int32,
  periodSeconds: s.int32,
  successThreshold: s.int32,
  failureThreshold: s.int32,
  terminationGracePeriodSeconds: s.pointer(s.int64),
});

const container = s.struct('Container', {
  name: s.always(s.string),
  image: s.string,
  command: s.list(s.string),
  args: s.list(s.string),
  workingDir: s.string,
  ports: s.keyed(containerPort, ['containerPort', 'protocol'], 'containerPort'),
  envFrom: s.list(s.any),
  env: s.keyed(envVar, ['name']),
  resources,
  resizePolicy: s.list(s.any),
  restartPolicy: s.string,
  volumeMounts: s.keyed(s.any, ['mountPath']),
  volumeDevices: s.keyed(s.any, ['devicePath']),
  livenessProbe: probe,
  readinessProbe: probe,
  startupProbe: probe,
  lifecycle: s.any,
  terminationMessagePath: s.string,
  terminationMessagePolicy: s.string,
  imagePullPolicy: s.string,
  securityContext: s.any,
  stdin: s.bool,
  stdinOnce: s.bool,
  tty: s.bool,
});

/** `spec` of a pod. */
export const podSpec = s.always(
  s.struct('PodSpec', {
    volumes: s.keyed(s.any, ['name']),
    initContainers: s.keyed(container, ['name']),
    containers: s.always(s.keyed(container, ['name'])),
    ephemeralContainers: s.keyed(s.any, ['name']),
    restartPolicy: s.string,
    terminationGracePeriodSeconds: s.pointer(s.int64),
    activeDeadlineSeconds: s.pointer(s.int64),
    dnsPolicy: s.string,
    nodeSelector: s.map(s.string),
    serviceAccountName: s.string,
    serviceAccount: s.string,
    automountServiceAccountToken: s.pointer(s.bool),
    nodeName: s.string,
    hostNetwork: s.bool,
    hostPID: s.bool,
    hostIPC: s.bool,
    shareProcessNamespace: s.pointer(s.bool),
    securityContext: s.struct('PodSecurityContext', {
      runAsUser: s.pointer(s.int64),
      runAsGroup: s.pointer(s.int64),
      runAsNonRoot: s.pointer(s.bool),
      fsGroup: s.pointer(s.int64),
      seccompProfile: s.any,
      supplementalGroups: s.any,
      sysctls: s.any,
      seLinuxOptions: s.any,
      fsGroupChangePolicy: s.any,
    }),
    imagePullSecrets: s.keyed(s.any, ['name']),
    hostname: s.string,
    subdomain: s.string,
    affinity: s.any,
    schedulerName: s.string,
    tolerations: s.list(s.any),
    hostAliases: s.list(s.any),
    priorityClassName: s.string,
    priority: s.pointer(s.int32),
    dnsConfig: s.any,
    readinessGates: s.list(s.any),
    runtimeClassName: s.pointer(s.string),
    enableServiceLinks: s.pointer(s.bool),
    preemptionPolicy: s.pointer(s.string),
    overhead: s.map(s.quantity),
    topologySpreadConstraints: s.keyed(s.any, ['topologyKey', 'whenUnsatisfiable'], 'topologyKey'),
    os: s.any,
    resources: s.any,
  }),
);

/** `spec.template` of a workload. */
export const podTemplate = s.always(
  s.struct('PodTemplateSpec', { metadata: objectMeta, spec: podSpec }),
);

/** One entry of `status.conditions` of Deployments, ReplicaSets and StatefulSets. */
export const workloadConditions = s.keyed(
  s.struct('Condition', {
    type: s.always(s.string),
    status: s.always(s.string),
    lastUpdateTime: s.time,
    lastTransitionTime: s.time,
    reason: s.string,
    message: s.string,
  }),
  ['type'],
);

/** `kind` and `apiVersion`. */
export const typeMeta = { kind: s.string, apiVersion: s.string };
