// Nodes: where pods run, how much of each there is, and what keeps pods away.

import type { JsonObject } from '../json.ts';
import { object, objects, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { notSupported, required } from '../status.ts';
import type { Resource } from './resource.ts';
import { objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

function validateNode(given: JsonObject): FieldError[] {
  return objects(given, 'spec', 'taints').flatMap((taint, index) => {
    const field = `spec.taints[${index}]`;
    const effect = text(taint, 'effect');
    return [
      ...(text(taint, 'key') === '' ? [required(`${field}.key`)] : []),
      ...(effects.includes(effect) ? [] : [notSupported(`${field}.effect`, effect, effects)]),
    ];
  });
}

/** Nodes. */
export const node: Resource = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  storageVersionHash: 'XwShjMxG9Fs=',
  namespaced: false,
  generation: 'none',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  schema: s.struct('Node', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('NodeSpec', {
        podCIDR: s.string,
        podCIDRs: s.set(s.string),
        providerID: s.string,
        unschedulable: s.bool,
        configSource: s.any,
        externalID: s.string,
        taints: s.list(
          s.struct('Taint', {
            key: s.always(s.string),
            value: s.string,
            effect: s.always(s.string),
            timeAdded: s.time,
          }),
        ),
      }),
    ),
    status: s.always(
      s.struct('NodeStatus', {
        capacity: s.map(s.quantity),
        allocatable: s.map(s.quantity),
        phase: s.string,
        conditions: s.keyed(s.any, ['type']),
        addresses: s.keyed(s.any, ['type']),
        daemonEndpoints: s.any,
        nodeInfo: s.any,
        images: s.list(s.any),
        volumesInUse: s.list(s.string),
        volumesAttached: s.list(s.any),
        config: s.any,
        runtimeHandlers: s.list(s.any),
        features: s.any,
        declaredFeatures: s.list(s.string),
      }),
    ),
  }),
  applyDefaults: (given) => {
    // Without a statement of its own a node offers all it has.
    const status = object(given, 'status');
    const { capacity } = status;
    if (capacity !== undefined) setDefault(status, 'allocatable', capacity);
  },
  validate: validateNode,
};
