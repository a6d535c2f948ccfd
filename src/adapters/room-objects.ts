// The objects of a cluster that room depends on, as far as they are looked at; anything that does not fit is a bad answer.

import { z } from 'zod';
import { parseQuantity } from '../profile/quantity.ts';
import { type LimitRange, requestsOf } from '../sizing/pod-need.ts';
import { podSpec, statedAmounts } from '../sizing/pod-shape.ts';
import type { Quota, QuotaResource } from '../sizing/quota.ts';
import type { HeldPod, RoomNode } from '../sizing/room.ts';

const words = z.record(z.string(), z.string()).optional();
const amount = z.string().transform((text, context) => {
  const value = parseQuantity(text);
  if (value !== undefined) return value;
  context.addIssue({ code: 'custom', message: `"${text}" is no amount` });
  return z.NEVER;
});
const amounts = z.record(z.string(), amount).optional();

/** A hair more than a millicore short of the next is still that one: 0.3 cores are 299.999… in binary. */
const hair = 1e-6;

/** Labels and annotations that whatever adds nodes leaves on them. */
const autoscalerMarks = ['karpenter.sh/nodepool', 'cluster-autoscaler.kubernetes.io/'];

const taint = z
  .object({ key: z.string(), value: z.string().optional(), effect: z.string() })
  .transform(({ value = '', ...rest }) => ({ ...rest, value }));

/** A node, and whether it bears the mark of something that adds nodes. What it offers is rounded down. */
export const nodeSeen = z
  .object({
    metadata: z.object({ name: z.string(), labels: words, annotations: words }),
    spec: z
      .object({ unschedulable: z.boolean().optional(), taints: z.array(taint).optional() })
      .optional(),
    status: z.object({
      allocatable: amounts,
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).optional(),
    }),
  })
  .transform(({ metadata, spec, status }): RoomNode & { readonly grows: boolean } => {
    const { name, labels = {}, annotations = {} } = metadata;
    const { cpu = 0, memory = 0, pods = 0 } = status.allocatable ?? {};
    const taints = spec?.taints ?? [];
    const named = [...Object.keys(labels), ...Object.keys(annotations)];
    return {
      name,
      allocatable: {
        cpuMillicores: Math.floor(cpu * 1000 + hair),
        memoryBytes: Math.floor(memory),
        pods: Math.floor(pods),
      },
      cordoned: spec?.unschedulable === true,
      ready:
        status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true,
      taints,
      labels,
      grows:
        named.some((key) => autoscalerMarks.some((mark) => key.startsWith(mark))) ||
        taints.some(({ key }) => key.endsWith('ClusterAutoscaler')),
    };
  });

const hashLabel = 'pod-template-hash';
const owner = z.object({ kind: z.string(), name: z.string(), controller: z.boolean().optional() });

/** A pod with what it requests; one that waits for a place also with where it may go. */
export const heldPod = z
  .object({
    metadata: z.object({
      namespace: z.string(),
      labels: words,
      ownerReferences: z.array(owner).optional(),
      deletionTimestamp: z.string().optional(),
    }),
    spec: z.intersection(z.object({ nodeName: z.string().optional() }), podSpec),
  })
  .transform(({ metadata, spec }): HeldPod => {
    const { nodeName: node, tolerations, nodeSelector } = spec;
    const owned = metadata.deletionTimestamp === undefined ? ownerOf(metadata) : undefined;
    return {
      namespace: metadata.namespace,
      ...(owned !== undefined && { owner: owned }),
      ...(node === undefined || node === ''
        ? { placement: { tolerations, nodeSelector } }
        : { node }),
      requests: requestsOf(spec),
    };
  });

/** The Deployment behind its ReplicaSet, or the StatefulSet. */
function ownerOf({
  labels = {},
  ownerReferences = [],
}: {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly z.output<typeof owner>[] | undefined;
}): string | undefined {
  const controller = ownerReferences.find((each) => each.controller === true);
  if (controller?.kind === 'StatefulSet') return `StatefulSet/${controller.name}`;
  const suffix = `-${labels[hashLabel] ?? ''}`;
  return controller?.kind === 'ReplicaSet' && suffix !== '-' && controller.name.endsWith(suffix)
    ? `Deployment/${controller.name.slice(0, -suffix.length)}`
    : undefined;
}

/** What is looked at of all that a quota may count. */
const counted: Readonly<Record<string, QuotaResource>> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'requests.cpu': 'requests.cpu',
  'requests.memory': 'requests.memory',
  'limits.cpu': 'limits.cpu',
  'limits.memory': 'limits.memory',
  pods: 'pods',
  'count/pods': 'pods',
};

/** A quota as its controller counts it. */
export const quota = z
  .object({
    metadata: z.object({ name: z.string() }),
    spec: z
      .object({
        hard: amounts,
        scopes: z.array(z.string()).optional(),
        scopeSelector: z
          .object({ matchExpressions: z.array(z.object({ scopeName: z.string() })).optional() })
          .optional(),
      })
      .optional(),
    status: z.object({ hard: amounts, used: amounts }).optional(),
  })
  .transform(({ metadata: { name }, spec, status }): Quota => {
    const selected = spec?.scopeSelector?.matchExpressions?.map(({ scopeName }) => scopeName) ?? [];
    return {
      name,
      scopes: [...(spec?.scopes ?? []), ...selected],
      lines: Object.entries({ ...spec?.hard, ...status?.hard }).flatMap(([key, hard]) => {
        const resource = counted[key];
        if (resource === undefined) return [];
        const counts = (value: number) =>
          resource.endsWith('cpu') ? Math.round(value * 1000) : value;
        return [{ resource, hard: counts(hard), used: counts(status?.used?.[key] ?? 0) }];
      }),
    };
  });

/** The rules of a LimitRange about containers and pods. */
export const limitRanges = z
  .object({
    metadata: z.object({ name: z.string() }),
    spec: z
      .object({
        limits: z
          .array(
            z.object({
              type: z.string(),
              max: statedAmounts,
              min: statedAmounts,
              maxLimitRequestRatio: amounts,
              default: statedAmounts,
              defaultRequest: statedAmounts,
            }),
          )
          .optional(),
      })
      .optional(),
  })
  .transform(({ metadata: { name }, spec }): readonly LimitRange[] =>
    (spec?.limits ?? []).flatMap(
      ({ type, default: defaultLimit, maxLimitRequestRatio, ...rest }) => {
        if (type !== 'Container' && type !== 'Pod') return [];
        const { cpu, memory } = maxLimitRequestRatio ?? {};
        const ratio = {
          ...(cpu !== undefined && { cpuMillicores: cpu }),
          ...(memory !== undefined && { memoryBytes: memory }),
        };
        return [{ name, type, ...rest, defaultLimit, ratio }];
      },
    ),
  );
