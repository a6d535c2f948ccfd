// Services: one stable name and address for the pods a selector picks.
import type { JsonObject } from '../json.ts';
import { clone, count, list, object, objects, text, uidOf } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { duplicate, invalidValue, notSupported, required } from '../status.ts';
import { flags, optional, texts } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { objectMeta, standardConditions, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const portMax = 65_535;
/** Node ports come from this range. */
const nodePorts = { first: 30_000, count: 2768 };
const stickySeconds = 10_800;

const schema = s.struct('Service', {
  ...typeMeta,
  metadata: objectMeta,
  spec: s.always(
    s.struct('ServiceSpec', {
      ports: s.keyed(
        s.struct('ServicePort', {
          ...texts('name', 'protocol'),
          appProtocol: s.pointer(s.string),
          port: s.always(s.int32),
          targetPort: s.intOrString,
          nodePort: s.int32,
        }),
        ['port', 'protocol'],
        'port',
      ),
      selector: s.atomicMap(s.string),
      clusterIP: s.string,
      clusterIPs: s.list(s.string),
      type: s.string,
      externalIPs: s.list(s.string),
      sessionAffinity: s.string,
      loadBalancerIP: s.string,
      loadBalancerSourceRanges: s.list(s.string),
      externalName: s.string,
      externalTrafficPolicy: s.string,
      healthCheckNodePort: s.int32,
      ...flags('publishNotReadyAddresses'),
      sessionAffinityConfig: s.struct('SessionAffinityConfig', {
        clientIP: s.struct('ClientIPConfig', { timeoutSeconds: s.pointer(s.int32) }),
      }),
      ipFamilies: s.list(s.string),
      ipFamilyPolicy: s.pointer(s.string),
      ...optional('allocateLoadBalancerNodePorts'),
      loadBalancerClass: s.pointer(s.string),
      internalTrafficPolicy: s.pointer(s.string),
      trafficDistribution: s.pointer(s.string),
    }),
  ),
  status: s.always(
    s.struct('ServiceStatus', {
      loadBalancer: s.always(s.struct('LoadBalancerStatus', { ingress: s.list(s.any) })),
      conditions: standardConditions,
    }),
  ),
});

function applyDefaults(service: JsonObject): void {
  const spec = object(service, 'spec');
  setDefault(spec, 'sessionAffinity', 'None');
  setDefault(spec, 'type', 'ClusterIP');
  if (spec['sessionAffinity'] === 'ClientIP') {
    setDefault(spec, 'sessionAffinityConfig', { clientIP: { timeoutSeconds: stickySeconds } });
  }
  for (const port of objects(spec, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    setDefault(port, 'targetPort', count(port, ['port']));
  }
  if (spec['type'] === 'ExternalName') return;
  setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'ClusterIP') return;
  setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec['type'] === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
}

function validatePorts(spec: JsonObject): FieldError[] {
  const ports = objects(spec, 'ports');
  const isHeadless = spec['clusterIP'] === 'None';
  if (ports.length === 0 && !isHeadless && spec['type'] !== 'ExternalName') {
    return [required('spec.ports')];
  }
  const seen = new Set<string>();
  return ports.flatMap((port, index) => {
    const field = `spec.ports[${index}]`;
    const errors: FieldError[] = [];
    const name = text(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${field}.name`));
    if (name !== '' && seen.has(name)) errors.push(duplicate(`${field}.name`, name));
    seen.add(name);
    for (const key of ['port', 'targetPort']) {
      const value = port[key];
      const isBad = typeof value === 'number' && (value < 1 || value > portMax);
      const because = `must be between 1 and ${portMax}, inclusive`;
      if (isBad) errors.push(invalidValue(`${field}.${key}`, value, because));
    }
    const protocol = text(port, 'protocol');
    if (!protocols.includes(protocol)) {
      errors.push(notSupported(`${field}.protocol`, protocol, protocols));
    }
    return errors;
  });
}

function validate(service: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(service, 'spec');
  const errors = validatePorts(spec);
  const type = text(spec, 'type');
  if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  const affinity = text(spec, 'sessionAffinity');
  if (!['ClientIP', 'None'].includes(affinity)) {
    errors.push(notSupported('spec.sessionAffinity', affinity, ['ClientIP', 'None']));
  }
  if (type === 'ExternalName' && text(spec, 'externalName') === '') {
    errors.push(required('spec.externalName'));
  }
  const before = text(old, 'spec', 'clusterIP');
  const now = text(spec, 'clusterIP');
  if (before !== '' && now !== before && type !== 'ExternalName') {
    errors.push(invalidValue('spec.clusterIPs[0]', now, 'may not change once set'));
  }
  return errors;
}

/** A number that looks random and is the same for the same Service. */
const numberOf = (service: JsonObject, digits: number) =>
  Number.parseInt(uidOf(service).replaceAll('-', '').slice(0, digits), 16);

/** Gives a new Service its address and ports on the nodes. */
function allocate(service: JsonObject): void {
  const spec = object(service, 'spec');
  const type = text(spec, 'type');
  if (type === 'ExternalName') return;
  const number = numberOf(service, 4);
  setDefault(spec, 'clusterIP', `10.96.${number >> 8}.${number & 255}`);
  setDefault(spec, 'clusterIPs', [spec['clusterIP'] ?? '']);
  setDefault(spec, 'ipFamilies', ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
  if (type === 'ClusterIP' || spec['allocateLoadBalancerNodePorts'] === false) return;
  objects(spec, 'ports').forEach((port, index) => {
    const free = (numberOf(service, 6) + index) % nodePorts.count;
    setDefault(port, 'nodePort', nodePorts.first + free);
  });
}

/** Who replaces a Service need not know its address. */
function keepAddress(next: JsonObject, old: JsonObject): void {
  const [spec, before] = [object(next, 'spec'), object(old, 'spec')];
  if (text(spec, 'type') === 'ExternalName' || text(before, 'clusterIP') === '') return;
  if (text(spec, 'clusterIP') === '') spec['clusterIP'] = text(before, 'clusterIP');
  for (const key of ['clusterIPs', 'ipFamilies']) {
    if (list(spec, key).length === 0) spec[key] = clone(list(before, key));
  }
  setDefault(spec, 'ipFamilyPolicy', before['ipFamilyPolicy'] ?? 'SingleStack');
}

/** Services. */
export const service: Resource = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  storageVersionHash: '0/CO1lhkEBI=',
  namespaced: true,
  schema,
  generation: 'none',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'label',
  deleteAnswers: 'object',
  applyDefaults,
  validate,
  complete: allocate,
  carryOver: keepAddress,
};
