// The cluster of the load bench: workloads as large as they are, and their pods becoming ready bit by bit.

import type { ClusterControl } from '../sandbox/cluster/control.ts';
import { adminToken, type Cluster } from '../sandbox/cluster/server.ts';
import type { ClusterChange, WorkloadRef } from '../src/change/change.ts';
import { objectPath } from '../src/change/kinds.ts';

/** As the controllers would say it: some of the new pods are ready. */
export async function progress(
  { url }: Cluster,
  { workload }: Pick<ClusterChange, 'workload'>,
  share: number,
): Promise<void> {
  const path = objectPath(workload.kind, workload);
  const status = statusOf(8, 5 + Math.floor(share * 3));
  const headers = {
    authorization: `Bearer ${adminToken}`,
    'content-type': 'application/merge-patch+json',
  };
  const answer = await fetch(`${url}${path}/status`, {
    method: 'PATCH',
    headers,
    body: JSON.stringify({ status }),
  });
  if (!answer.ok) throw new Error(`${path}/status: ${await answer.text()}`);
}

function statusOf(replicas: number, readyReplicas: number) {
  return { observedGeneration: 1_000, replicas, readyReplicas, updatedReplicas: replicas };
}

export function refOf(index: number): WorkloadRef {
  const namespace = `team-${Math.floor(index / 10)}`;
  return { cluster: 'bench', namespace, kind: 'Deployment', name: `worker-${index}` };
}

export function seedWorkloads(control: ClusterControl, count: number): readonly WorkloadRef[] {
  const refs = Array.from({ length: count }, (_, index) => refOf(index));
  control.seed(refs.flatMap(objectsOf));
  control.seed(refs.flatMap(podsOf));
  control.requests.clear();
  return refs;
}

/** How many of the pods of each workload are there; those that roll out say it in their status alone. */
export const podsEach = 3;

function podsOf({ namespace, name }: WorkloadRef) {
  const requests = { cpu: '500m', memory: '512Mi' };
  return Array.from({ length: podsEach }, (_, index) => ({
    kind: 'Pod',
    metadata: { name: `${name}-${index}`, namespace, labels: { app: `${name}-db` } },
    spec: {
      nodeName: 'elsewhere',
      containers: [{ name: 'db', image: 'db:1', resources: { requests } }],
    },
  }));
}

/** A workload as large as they are, with an autoscaler of something else beside it. */
function objectsOf({ namespace, name }: WorkloadRef) {
  const labels = { app: name, 'app.kubernetes.io/part-of': namespace };
  const amounts = { cpu: '500m', memory: '512Mi' };
  const variables = Array.from({ length: 20 }, (_, index) => ({
    name: `SETTING_${index}`,
    value: `value ${index} of ${name}`,
  }));
  const container = {
    name: 'worker',
    image: `registry.example/${name}:1.0.0`,
    env: variables,
    resources: { requests: amounts, limits: amounts },
  };
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec: {
        replicas: 5,
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels }, spec: { containers: [container] } },
      },
      status: statusOf(5, 5),
    },
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: `${name}-db`, namespace },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: `${name}-db` },
        maxReplicas: 5,
      },
    },
  ];
}
