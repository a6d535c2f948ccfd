// What a metrics server behind the API server says: what pods and nodes use, as far as the control has said how busy they are.
import { timestamp } from './clock.ts';
import { workloadOfPod } from './controllers/pod-facts.ts';
import type { JsonObject } from './json.ts';
import { nameOf, namespaceOf, object, objects, text } from './json.ts';
import { printAmount } from './pod-amounts.ts';
import { quantityNanos } from './quantity.ts';
import { pod } from './resources/core.ts';
import { node } from './resources/node.ts';
import { parseLabelSelector } from './selector.ts';
import type { ClusterState } from './state.ts';
import { workloadKey } from './state.ts';
import { failure, methodNotAllowed } from './status.ts';

const root = '/apis/metrics.k8s.io/v1beta1';
const apiVersion = 'metrics.k8s.io/v1beta1';
const names = ['cpu', 'memory'] as const;
type Usage = Readonly<Record<(typeof names)[number], bigint>>;
/** Shares of a percent that still count. */
const fine = 100_000;

/** What a container uses: the share of its requests the control has said; undefined when it has said nothing. */
function usageOf(state: ClusterState, held: JsonObject, container: JsonObject): Usage | undefined {
  const key = workloadKey(namespaceOf(held), workloadOfPod(held));
  const share = state.utilization.get(key);
  if (share === undefined) return undefined;
  const part = (name: 'cpu' | 'memory') => {
    const asked = quantityNanos(text(container, 'resources', 'requests', name)) ?? 0n;
    return (asked * BigInt(Math.round((share[name] ?? 0) * fine))) / BigInt(100 * fine);
  };
  return { cpu: part('cpu'), memory: part('memory') };
}

const printed = (usage: Usage): JsonObject =>
  Object.fromEntries(names.map((name) => [name, printAmount(name, usage[name])]));

/** Pods that run are measured, others are not in the list. */
function podMetrics(state: ClusterState, held: JsonObject): JsonObject | undefined {
  if (text(held, 'status', 'phase') !== 'Running') return undefined;
  const containers = objects(held, 'spec', 'containers').flatMap((container) => {
    const usage = usageOf(state, held, container);
    return usage === undefined ? [] : [{ name: text(container, 'name'), usage: printed(usage) }];
  });
  if (containers.length === 0) return undefined;
  const now = timestamp(state.clock.now());
  const { labels } = object(held, 'metadata');
  return {
    kind: 'PodMetrics',
    apiVersion,
    metadata: {
      name: nameOf(held),
      namespace: namespaceOf(held),
      ...(labels === undefined ? {} : { labels }),
      creationTimestamp: now,
    },
    timestamp: now,
    window: '15s',
    containers,
  };
}

function nodeMetrics(state: ClusterState, held: JsonObject): JsonObject {
  const now = timestamp(state.clock.now());
  let [cpu, memory] = [0n, 0n];
  for (const each of state.store.list(pod)) {
    if (text(each, 'spec', 'nodeName') !== nameOf(held)) continue;
    for (const container of objects(each, 'spec', 'containers')) {
      const usage = usageOf(state, each, container);
      cpu += usage?.cpu ?? 0n;
      memory += usage?.memory ?? 0n;
    }
  }
  return {
    kind: 'NodeMetrics',
    apiVersion,
    metadata: { name: nameOf(held), creationTimestamp: now },
    timestamp: now,
    window: '15s',
    usage: printed({ cpu, memory }),
  };
}

const resourceList: JsonObject = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: apiVersion,
  resources: [
    {
      name: 'nodes',
      singularName: '',
      namespaced: false,
      kind: 'NodeMetrics',
      verbs: ['get', 'list'],
    },
    {
      name: 'pods',
      singularName: '',
      namespaced: true,
      kind: 'PodMetrics',
      verbs: ['get', 'list'],
    },
  ],
};

/** The answer about metrics; undefined for other paths. Throws 404 for what is not measured. */
export function answerMetrics(
  state: ClusterState,
  { method, path, query }: { method: string; path: string; query: URLSearchParams },
): JsonObject | undefined {
  if (path !== root && !path.startsWith(`${root}/`)) return undefined;
  if (method !== 'GET') throw methodNotAllowed();
  if (path === root) return resourceList;
  const [, namespace = '', plural = '', name = ''] =
    /^(?:\/namespaces\/([^/]+))?\/(pods|nodes)(?:\/([^/]+))?$/.exec(path.slice(root.length)) ?? [];
  const matches = parseLabelSelector(query.get('labelSelector') ?? '');
  if (plural === '' || (plural === 'nodes' && namespace !== '')) {
    throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
  }
  const kept = state.store.list(plural === 'pods' ? pod : node, namespace).filter(matches);
  const measured = kept.flatMap((held): JsonObject[] => {
    const metrics = plural === 'pods' ? podMetrics(state, held) : nodeMetrics(state, held);
    return metrics === undefined ? [] : [metrics];
  });
  if (name !== '') {
    const found = measured.find((item) => nameOf(item) === name);
    if (found !== undefined) return found;
    const shown = namespace === '' ? name : `${namespace}/${name}`;
    const kind = plural === 'pods' ? 'podmetrics' : 'nodemetrics';
    throw failure(404, 'NotFound', `${kind}.metrics.k8s.io "${shown}" not found`, {
      name: shown,
      group: 'metrics.k8s.io',
      kind,
    });
  }
  const kind = plural === 'pods' ? 'PodMetricsList' : 'NodeMetricsList';
  return { kind, apiVersion, metadata: {}, items: measured };
}
