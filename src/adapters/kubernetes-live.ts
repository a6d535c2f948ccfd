// Reads one workload in full for the command line: containers with requests and limits, and the autoscaler with its metrics.

import type {
  V1Container,
  V1Deployment,
  V1StatefulSet,
  V2HorizontalPodAutoscaler,
  V2HPAScalingRules,
  V2MetricSpec,
} from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node';
import type { WorkloadRef } from '../change/change.ts';
import { assert } from '../errors.ts';
import type { WorkloadReader } from '../ports.ts';
import { parseCpuMillicores, parseMemoryMi, parseQuantity } from '../profile/quantity.ts';
import type {
  LiveAutoscaler,
  LiveBehaviour,
  LiveContainer,
  LiveMetric,
} from '../sizing/live-workload.ts';
import { apisOf, deadlineMsDefault } from './kubernetes.ts';
import type { ClusterAddress } from './kubernetes-config.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { orMissing } from './kubernetes-objects.ts';
import { scales } from './kubernetes-state.ts';

/** As many names as are worth comparing with a slip of the finger. */
const namesMax = 500;

/**
 * @param kubeconfig path of a kubeconfig file; without it the service account of the pod is used.
 * @throws Error at once, in words, for what `kubeconfigMistakes` finds.
 */
export function createWorkloadReader(
  address: ClusterAddress,
  kubeconfig: string | undefined,
  { deadlineMs = deadlineMsDefault }: { readonly deadlineMs?: number } = {},
): WorkloadReader {
  const { apps, autoscaling } = apisOf(address, kubeconfig, deadlineMs);
  const objectOf = ({ kind, namespace, name }: WorkloadRef) =>
    orMissing<V1Deployment | V1StatefulSet>(
      kind === 'Deployment'
        ? apps.readNamespacedDeployment({ namespace, name })
        : apps.readNamespacedStatefulSet({ namespace, name }),
    );
  const namesLike = async ({ kind, namespace }: WorkloadRef): Promise<readonly string[]> => {
    try {
      const { items } =
        kind === 'Deployment'
          ? await apps.listNamespacedDeployment({ namespace, limit: namesMax })
          : await apps.listNamespacedStatefulSet({ namespace, limit: namesMax });
      return items.flatMap(({ metadata }) => metadata?.name ?? []);
    } catch (error) {
      // Whoever may read one may still not list all; then there is no name to suggest.
      if (error instanceof ApiException) return [];
      throw error;
    }
  };
  return async (ref) => {
    try {
      const object = await objectOf(ref);
      if (object === undefined) return { kind: 'missing', names: await namesLike(ref) };
      const { items } = await autoscaling.listNamespacedHorizontalPodAutoscaler({
        namespace: ref.namespace,
      });
      const workload = {
        ref,
        replicas: object.spec?.replicas ?? 1,
        containers: (object.spec?.template.spec?.containers ?? []).map(containerOf),
        autoscalers: items.filter((item) => scales(item, ref)).map(autoscalerOf),
      };
      return { kind: 'found', workload };
    } catch (error) {
      throw readTrouble(`reading ${ref.kind} ${ref.namespace}/${ref.name}`, error);
    }
  };
}

/**
 * One reader for many clusters, each by the name it has in headroom.yaml.
 * @throws Error at once, in words, for what `kubeconfigMistakes` finds.
 */
export function createWorkloadReaders(
  addresses: readonly ClusterAddress[],
  kubeconfig: string | undefined,
): WorkloadReader {
  const readers = new Map(
    addresses.map((address) => [address.id, createWorkloadReader(address, kubeconfig)]),
  );
  return async (ref) => {
    const read = readers.get(ref.cluster);
    assert(read !== undefined, `cluster ${ref.cluster} of a system is in headroom.yaml`);
    return read(ref);
  };
}

function containerOf({ name, resources }: V1Container): LiveContainer {
  const cpu = (from: Readonly<Record<string, string>> | undefined) =>
    from?.['cpu'] === undefined ? undefined : parseCpuMillicores(from['cpu']);
  const memory = (from: Readonly<Record<string, string>> | undefined) =>
    from?.['memory'] === undefined ? undefined : parseMemoryMi(from['memory']);
  const [cpuRequest, cpuLimit] = [cpu(resources?.requests), cpu(resources?.limits)];
  const [memoryRequest, memoryLimit] = [memory(resources?.requests), memory(resources?.limits)];
  return {
    name,
    size: {
      ...(cpuRequest !== undefined && { cpuRequestMillicores: cpuRequest }),
      ...(cpuLimit !== undefined && { cpuLimitMillicores: cpuLimit }),
      ...(memoryRequest !== undefined && { memoryRequestMi: memoryRequest }),
      ...(memoryLimit !== undefined && { memoryLimitMi: memoryLimit }),
    },
  };
}

function autoscalerOf({ metadata, spec }: V2HorizontalPodAutoscaler): LiveAutoscaler {
  const { scaleUp, scaleDown } = spec?.behavior ?? {};
  return {
    name: metadata?.name ?? '',
    min: spec?.minReplicas ?? 1,
    max: spec?.maxReplicas ?? 1,
    metrics: (spec?.metrics ?? []).map(metricOf),
    ...(scaleUp && { up: behaviourOf(scaleUp) }),
    ...(scaleDown && { down: behaviourOf(scaleDown) }),
  };
}

function metricOf(metric: V2MetricSpec): LiveMetric {
  const { resource, containerResource, pods, external, object } = metric;
  const share = resource ?? containerResource;
  const percent = share?.target.averageUtilization;
  if (share !== undefined && percent !== undefined && isResource(share.name)) {
    const container = containerResource?.container;
    return {
      kind: 'share',
      resource: share.name,
      percent,
      ...(container !== undefined && { container }),
    };
  }
  const counted = pods ?? external;
  const average = counted?.target.averageValue;
  const amount = average === undefined ? undefined : parseQuantity(average);
  if (counted !== undefined && amount !== undefined) {
    const kind = pods === undefined ? 'external' : 'pods';
    return { kind, name: counted.metric.name, average: amount };
  }
  const name = share?.name ?? counted?.metric.name ?? object?.metric.name ?? 'without a name';
  const target = (share ?? counted ?? object)?.target;
  const value = target?.averageValue ?? target?.value ?? '';
  return { kind: 'other', words: `${metric.type} ${name} ${value}`.trim() };
}

function isResource(name: string): name is 'cpu' | 'memory' {
  return name === 'cpu' || name === 'memory';
}

function behaviourOf({
  policies,
  selectPolicy,
  stabilizationWindowSeconds: windowSeconds,
}: V2HPAScalingRules): LiveBehaviour {
  return {
    select: selectPolicy === 'Min' || selectPolicy === 'Disabled' ? selectPolicy : 'Max',
    ...(windowSeconds !== undefined && { windowSeconds }),
    policies: (policies ?? []).map(({ type, value, periodSeconds }) => ({
      kind: type === 'Pods' ? 'pods' : 'percent',
      value,
      periodSeconds,
    })),
  };
}
