// Reads Kubernetes objects into what the product wants to know of a workload and its autoscaler.

import type {
  V1ContainerStatus,
  V1Deployment,
  V1ManagedFieldsEntry,
  V1ObjectMeta,
  V1PodStatus,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { SeenObject, WorkloadState } from '../change/compare.ts';
import { type AmountName, type PodShape, requestsOf, withDefaults } from '../sizing/pod-need.ts';
import { podShapeOf } from '../sizing/pod-shape.ts';
import { NotKubernetes } from './kubernetes-errors.ts';

/** A Deployment or StatefulSet; `reasons` are those of its own pods, only looked at when some are not ready. */
export function workloadState(
  object: V1Deployment | V1StatefulSet,
  reasons: readonly string[],
): WorkloadState {
  const { metadata, spec, status } = object;
  const conditions = status?.conditions ?? [];
  const stuck = conditions.find((c) => c.type === 'Progressing' && c.status === 'False');
  const failure = conditions.find((c) => c.type === 'ReplicaFailure' && c.status === 'True');
  const who = lastManager(metadata?.managedFields, 'f:replicas');
  const pod = podShapeOf(spec?.template.spec);
  const outdated = (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0);
  return {
    resourceVersion: metadata?.resourceVersion ?? '',
    replicas: spec?.replicas ?? 1,
    readyReplicas: status?.readyReplicas ?? 0,
    updatedReplicas: status?.updatedReplicas ?? 0,
    ...(outdated > 0 && { outdatedReplicas: outdated }),
    observed: (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0),
    ...(stuck && { stuck: stuck.message ?? stuck.reason ?? 'no longer progressing' }),
    notReady: [...(failure?.message === undefined ? [] : [failure.message]), ...counted(reasons)],
    ...(who !== undefined && { lastScaledBy: who }),
    ...podRequests(pod),
    ...(pod !== undefined && { pod }),
  };
}

/** All pods of a workload, as a list can be asked for them; empty where it selects none by name. */
export function podSelector({ spec }: V1Deployment | V1StatefulSet): string {
  const { matchLabels = {}, matchExpressions = [] } = spec?.selector ?? {};
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In':
      case 'NotIn':
        return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
      case 'DoesNotExist':
        return `!${key}`;
      default:
        return key;
    }
  });
  return [...labels, ...expressions].join(',');
}

/** Whether an autoscaler is for this workload. */
export function scales(
  object: V2HorizontalPodAutoscaler,
  workload: { readonly kind: string; readonly name: string },
): boolean {
  const ref = object.spec?.scaleTargetRef;
  return ref?.kind === workload.kind && ref.name === workload.name;
}

/** Who wrote a field last, from the object's managed fields: "kubectl-edit, 2026-11-22 03:12 UTC". */
export function lastManager(
  fields: readonly V1ManagedFieldsEntry[] | undefined,
  field: string,
): string | undefined {
  return writersOf(fields).find((writer) => {
    const spec: unknown = (writer.fields as Record<string, unknown> | undefined)?.['f:spec'];
    return typeof spec === 'object' && spec !== null && field in spec;
  })?.who;
}

/** An object of any kind, as the client's models or the server's own JSON have it. */
interface AnyObject {
  readonly metadata?: V1ObjectMeta;
  readonly spec?: unknown;
  readonly data?: unknown;
  /** Of a ConfigMap that can never change. */
  readonly immutable?: unknown;
  readonly status?: unknown;
}

const anyObject = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    resourceVersion: z.string(),
    managedFields: z
      .array(
        z.looseObject({
          manager: z.string().optional(),
          time: z.coerce.date().optional(),
          fieldsV1: z.unknown(),
        }),
      )
      .optional(),
  }),
});

/**
 * What the server said of an object, as its own JSON.
 * @throws NotKubernetes for anything that is no object of a cluster.
 */
export function readObject(value: unknown): AnyObject {
  const read = anyObject.safeParse(value);
  if (!read.success) throw new NotKubernetes();
  return read.data as AnyObject;
}

/** An object as patches see it. Through its text, because the client's objects hold more than the server said. */
export function seenObject(kind: string, { metadata, ...holds }: AnyObject): SeenObject {
  const { labels, annotations, ownerReferences } = metadata ?? {};
  const { spec = {}, data, immutable, status } = holds;
  return {
    kind,
    name: metadata?.name ?? '',
    resourceVersion: metadata?.resourceVersion ?? '',
    value: JSON.parse(
      JSON.stringify({
        metadata: { labels, annotations, ownerReferences },
        ...(data === undefined ? { spec } : { data }),
        immutable,
        // What an operator writes down of a database, such as its last backup, and how large a volume is; of other kinds nobody asks here.
        ...((kind === 'Cluster' || kind === 'PersistentVolumeClaim') && { status }),
      }),
    ),
    writers: writersOf(metadata?.managedFields),
  };
}

/** Newest first. */
function writersOf(entries: readonly V1ManagedFieldsEntry[] | undefined): SeenObject['writers'] {
  return (entries ?? [])
    .toSorted((a, b) => (b.time?.getTime() ?? 0) - (a.time?.getTime() ?? 0))
    .flatMap(({ manager, time, fieldsV1, operation }) => {
      if (manager === undefined) return [];
      const at =
        time === undefined ? '' : `, ${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      const who = `${manager}${at}`;
      return [{ manager, who, fields: fieldsV1, ...(operation === 'Apply' && { applies: true }) }];
    });
}

/** Only where each container says what it asks for: a sum that leaves one out is no sum. */
function podRequests(
  pod: PodShape | undefined,
): Pick<WorkloadState, 'podCpuMillicores' | 'podMemoryMi'> {
  if (pod === undefined) return {};
  const shape = withDefaults(pod, []);
  const isStated = (name: AmountName) =>
    shape.whole.requests[name] !== undefined ||
    shape.containers.every(({ requests }) => requests[name] !== undefined);
  const { cpuMillicores, memoryBytes } = requestsOf(shape);
  return {
    ...(isStated('cpuMillicores') && cpuMillicores > 0 && { podCpuMillicores: cpuMillicores }),
    ...(isStated('memoryBytes') &&
      memoryBytes > 0 && { podMemoryMi: Math.ceil(memoryBytes / 2 ** 20) }),
  };
}

/** The words counted, the most frequent first: "3 pods ImagePullBackOff". */
function counted(reasons: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([reason, count]) => `${count} ${count === 1 ? 'pod' : 'pods'} ${reason}`);
}

/** What every pod says while it starts, whatever keeps it from going on. */
const starting = new Set(['PodInitializing', 'ContainerCreating']);

/** Why a pod is not ready; undefined when it is, and for one on its way out. */
export function podReason({
  metadata,
  status,
}: {
  readonly metadata?: { readonly deletionTimestamp?: unknown };
  readonly status?: V1PodStatus;
}): string | undefined {
  const isReady = status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True');
  if (isReady === true || metadata?.deletionTimestamp !== undefined) return undefined;
  const unscheduled = status?.conditions?.find(
    (c) => c.type === 'PodScheduled' && c.status === 'False',
  );
  if (unscheduled !== undefined)
    return `${unscheduled.reason ?? 'Unschedulable'}: ${unscheduled.message ?? ''}`.trim();
  const containers = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
  ];
  const stopped = containers.flatMap((container) => whyStopped(container) ?? []);
  const waiting = containers.flatMap(({ state }) => state?.waiting?.reason ?? []);
  return stopped[0] ?? status?.reason ?? waiting[0] ?? status?.phase ?? 'starting';
}

/** An image that cannot be had, a program that ended; too little memory is named, because that is ours to mend. */
function whyStopped({ state, lastState }: V1ContainerStatus): string | undefined {
  const ended = state?.terminated;
  if (ended !== undefined) return ended.exitCode === 0 ? undefined : (ended.reason ?? 'Error');
  const reason = state?.waiting?.reason;
  if (reason === undefined || starting.has(reason)) return undefined;
  return lastState?.terminated?.reason === 'OOMKilled' ? `${reason} (OOMKilled)` : reason;
}
