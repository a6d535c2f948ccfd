// The smaller parts of a pod: where its values come from, how it is watched over and where it may run.
import type { Schema } from '../schema.ts';
import * as s from '../schema.ts';

type Fields = Readonly<Record<string, Schema>>;

const each =
  (schema: Schema) =>
  (...names: readonly string[]): Fields =>
    Object.fromEntries(names.map((name) => [name, schema]));
/** Texts left out when empty. */
export const texts = each(s.string);
/** Texts that are always there. */
export const stated = each(s.always(s.string));
/** Flags left out when false. */
export const flags = each(s.bool);
/** Flags that may also be missing. */
export const optional = each(s.pointer(s.bool));

/** The list of expressions and labels that picks objects; owned as a whole. */
export const labelSelector = s.struct(
  'LabelSelector',
  {
    matchLabels: s.map(s.string),
    matchExpressions: s.list(
      s.struct('LabelSelectorRequirement', {
        ...stated('key', 'operator'),
        values: s.list(s.string),
      }),
    ),
  },
  { atomic: true },
);

/** The name of an object in the same namespace. */
export const localReference = s.struct('LocalObjectReference', texts('name'), { atomic: true });

export const fieldSelector = s.struct(
  'ObjectFieldSelector',
  { ...texts('apiVersion'), ...stated('fieldPath') },
  { atomic: true },
);
export const resourceSelector = s.struct(
  'ResourceFieldSelector',
  { ...texts('containerName'), ...stated('resource'), divisor: s.quantity },
  { atomic: true },
);
const keySelector = (name: string) =>
  s.struct(name, { ...texts('name'), ...stated('key'), ...optional('optional') }, { atomic: true });

/** One variable of a container. */
export const envVar = s.struct('EnvVar', {
  name: s.always(s.string),
  value: s.string,
  valueFrom: s.struct('EnvVarSource', {
    fieldRef: fieldSelector,
    resourceFieldRef: resourceSelector,
    configMapKeyRef: keySelector('ConfigMapKeySelector'),
    secretKeyRef: keySelector('SecretKeySelector'),
    fileKeyRef: s.struct(
      'FileKeySelector',
      { ...stated('volumeName', 'path', 'key'), ...optional('optional') },
      { atomic: true },
    ),
  }),
});

const wholeSource = (name: string) => s.struct(name, { ...texts('name'), ...optional('optional') });

/** All variables of a ConfigMap or Secret. */
export const envFrom = s.struct('EnvFromSource', {
  ...texts('prefix'),
  configMapRef: wholeSource('ConfigMapEnvSource'),
  secretRef: wholeSource('SecretEnvSource'),
});

const exec = s.struct('ExecAction', { command: s.list(s.string) });
const httpGet = s.struct('HTTPGetAction', {
  ...texts('path', 'host', 'scheme'),
  port: s.intOrString,
  httpHeaders: s.list(s.struct('HTTPHeader', stated('name', 'value'))),
});
const tcpSocket = s.struct('TCPSocketAction', { port: s.intOrString, ...texts('host') });

/** How a container is asked whether it is well. */
export const probe = s.struct('Probe', {
  exec,
  httpGet,
  tcpSocket,
  grpc: s.struct('GRPCAction', { port: s.always(s.int32), service: s.pointer(s.string) }),
  initialDelaySeconds: s.int32,
  timeoutSeconds: s.int32,
  periodSeconds: s.int32,
  successThreshold: s.int32,
  failureThreshold: s.int32,
  terminationGracePeriodSeconds: s.pointer(s.int64),
});

const handler = s.struct('LifecycleHandler', {
  exec,
  httpGet,
  tcpSocket,
  sleep: s.struct('SleepAction', { seconds: s.always(s.int64) }),
});

/** What is done when a container starts and stops. */
export const lifecycle = s.struct('Lifecycle', {
  postStart: handler,
  preStop: handler,
  stopSignal: s.pointer(s.string),
});

const seLinuxOptions = s.struct('SELinuxOptions', texts('user', 'role', 'type', 'level'));
const windowsOptions = s.struct('WindowsSecurityContextOptions', {
  gmsaCredentialSpecName: s.pointer(s.string),
  gmsaCredentialSpec: s.pointer(s.string),
  runAsUserName: s.pointer(s.string),
  hostProcess: s.pointer(s.bool),
});
const profile = (name: string) =>
  s.struct(name, { ...stated('type'), localhostProfile: s.pointer(s.string) });
const runAs = {
  runAsUser: s.pointer(s.int64),
  runAsGroup: s.pointer(s.int64),
  runAsNonRoot: s.pointer(s.bool),
  seLinuxOptions,
  windowsOptions,
  seccompProfile: profile('SeccompProfile'),
  appArmorProfile: profile('AppArmorProfile'),
};

/** What a container may do. */
export const securityContext = s.struct('SecurityContext', {
  capabilities: s.struct('Capabilities', { add: s.list(s.string), drop: s.list(s.string) }),
  ...optional('privileged', 'readOnlyRootFilesystem', 'allowPrivilegeEscalation'),
  ...runAs,
  procMount: s.pointer(s.string),
});

/** What all containers of a pod may do. */
export const podSecurityContext = s.struct('PodSecurityContext', {
  ...runAs,
  supplementalGroups: s.list(s.int64),
  supplementalGroupsPolicy: s.pointer(s.string),
  fsGroup: s.pointer(s.int64),
  sysctls: s.list(s.struct('Sysctl', stated('name', 'value'))),
  fsGroupChangePolicy: s.pointer(s.string),
  seLinuxChangePolicy: s.pointer(s.string),
});

const nodeRequirement = s.struct('NodeSelectorRequirement', {
  ...stated('key', 'operator'),
  values: s.list(s.string),
});
const nodeTerm = s.struct(
  'NodeSelectorTerm',
  { matchExpressions: s.list(nodeRequirement), matchFields: s.list(nodeRequirement) },
  { atomic: true },
);
/** Which nodes are meant. */
export const nodeSelector = s.struct(
  'NodeSelector',
  { nodeSelectorTerms: s.always(s.list(nodeTerm)) },
  { atomic: true },
);
const podTerm = s.struct('PodAffinityTerm', {
  labelSelector,
  namespaces: s.list(s.string),
  ...stated('topologyKey'),
  namespaceSelector: labelSelector,
  matchLabelKeys: s.list(s.string),
  mismatchLabelKeys: s.list(s.string),
});
const [preferred, needed] = [
  'preferredDuringSchedulingIgnoredDuringExecution',
  'requiredDuringSchedulingIgnoredDuringExecution',
] as const;
const podTerms = (name: string) =>
  s.struct(name, {
    [needed]: s.list(podTerm),
    [preferred]: s.list(
      s.struct('WeightedPodAffinityTerm', {
        weight: s.always(s.int32),
        podAffinityTerm: s.always(podTerm),
      }),
    ),
  });

/** Which nodes and neighbours a pod wants. */
export const affinity = s.struct('Affinity', {
  nodeAffinity: s.struct('NodeAffinity', {
    [needed]: nodeSelector,
    [preferred]: s.list(
      s.struct('PreferredSchedulingTerm', {
        weight: s.always(s.int32),
        preference: s.always(nodeTerm),
      }),
    ),
  }),
  podAffinity: podTerms('PodAffinity'),
  podAntiAffinity: podTerms('PodAntiAffinity'),
});

/** A taint a pod puts up with. */
export const toleration = s.struct('Toleration', {
  ...texts('key', 'operator', 'value', 'effect'),
  tolerationSeconds: s.pointer(s.int64),
});

/** How evenly pods are spread. */
export const spread = s.struct('TopologySpreadConstraint', {
  maxSkew: s.always(s.int32),
  ...stated('topologyKey', 'whenUnsatisfiable'),
  labelSelector,
  minDomains: s.pointer(s.int32),
  nodeAffinityPolicy: s.pointer(s.string),
  nodeTaintsPolicy: s.pointer(s.string),
  matchLabelKeys: s.list(s.string),
});
