// The admission policies in the sandbox cluster: what plans write passes, and what an account with the same rights could do beside is denied.

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../sandbox/cluster/json.ts';
import { text } from '../../sandbox/cluster/json.ts';
import { adminToken } from '../../sandbox/cluster/server.ts';
import { admissionPolicies } from '../../src/rights/admission-policy.ts';
import { clientOf } from '../sandbox/cluster/ask.ts';
import {
  type LimitedCluster,
  objectsIn,
  rbacFolder,
  shipped,
  shippedSystem,
  startLimited,
} from './limited-cluster.ts';

const namespace = 'greenlang-gl008';
const worker = `/apis/apps/v1/namespaces/${namespace}/deployments/worker`;
const autoscaler = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/steam-trap-inspector-hpa`;
const spec = '/spec/template/spec';
const json = 'application/json-patch+json';
const apply = 'application/apply-patch+yaml';

let limited: LimitedCluster;
let ask: ReturnType<typeof clientOf>;
let admin: ReturnType<typeof clientOf>;

beforeAll(async () => {
  // Rights to everything: only the policies say no.
  const all: JsonObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'too-much' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'headroom', namespace: 'headroom' }],
  };
  const policies = objectsIn(join(rbacFolder, 'admission-policy.yaml'));
  limited = await startLimited(shippedSystem('gl-008'), [all, ...policies]);
  ask = clientOf(limited.cluster, limited.token);
  admin = clientOf(limited.cluster, adminToken);
});
afterAll(async () => {
  await limited.stop();
});

const patch = (path: string, body: Json, who = ask) =>
  who('PATCH', `${path}?dryRun=All`, { type: json, body });
const add = (pointer: string, value: Json) => [{ op: 'add', path: pointer, value }];
const container = `${spec}/containers/0`;

describe('of a workload the account may change', () => {
  it.each([
    ['requests', add(`${container}/resources`, { requests: { cpu: '3' }, limits: { cpu: '4' } })],
    ['the environment', add(`${container}/env`, [{ name: 'POOL', value: '20' }])],
    ['affinity', add(`${spec}/affinity`, { nodeAffinity: {} })],
    ['tolerations', add(`${spec}/tolerations`, [{ key: 'spot', operator: 'Exists' }])],
    ['the node selector', add(`${spec}/nodeSelector`, { pool: 'spot' })],
    [
      'spread',
      add(`${spec}/topologySpreadConstraints`, [
        { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
      ]),
    ],
    ['the time to stop', add(`${spec}/terminationGracePeriodSeconds`, 120)],
    [
      'when pods start anew',
      add('/spec/template/metadata/annotations', {
        'kubectl.kubernetes.io/restartedAt': '2026-11-22T03:00:00Z',
      }),
    ],
    ['the mark of the plan', add('/metadata/annotations/headroom~1plan', 'p1')],
  ])('%s', async (_, body) => {
    expect(await patch(worker, body)).toMatchObject({ status: 200 });
  });

  it('replicas through scale', async () => {
    expect(await patch(`${worker}/scale`, add('/spec/replicas', 9))).toMatchObject({ status: 200 });
  });
});

describe('of a workload the account may not change', () => {
  const secret = { name: 'DB', valueFrom: { secretKeyRef: { name: 'other', key: 'password' } } };
  it.each([
    ['the image', add(`${container}/image`, 'evil.example/miner:1'), 'never its image'],
    ['the command', add(`${container}/command`, ['sh']), 'never its image or command'],
    ['ports', add(`${container}/ports`, [{ containerPort: 22 }]), 'never its image'],
    [
      'what a container may do',
      add(`${container}/securityContext`, { privileged: true }),
      'never its image',
    ],
    [
      'the number of containers',
      add(`${spec}/containers/-`, { name: 'more', image: 'x:1' }),
      'add and remove no container',
    ],
    [
      'what runs first',
      add(`${spec}/initContainers`, [{ name: 'first', image: 'x:1' }]),
      'of pods only their placement',
    ],
    ['which secrets it reads', add(`${container}/env`, [secret]), 'another Secret'],
    ['whom pods run as', add(`${spec}/serviceAccountName`, 'cluster-admin'), 'of pods only'],
    ['the network of the node', add(`${spec}/hostNetwork`, true), 'of pods only'],
    ['volumes', add(`${spec}/volumes`, [{ name: 'x', hostPath: { path: '/' } }]), 'of pods only'],
    ['the fences of pods', add(`${spec}/securityContext`, { runAsUser: 0 }), 'of pods only'],
    ['replicas in the object', add('/spec/replicas', 50), 'replicas only through scale'],
    [
      'how it rolls out',
      add('/spec/strategy', { type: 'Recreate' }),
      'nothing of a workload but its pod template',
    ],
    ['pause', add('/spec/paused', true), 'nothing of a workload but its pod template'],
    ['labels', add('/metadata/labels/team', 'mine'), 'labels, owners or finalizers'],
    ['labels of pods', add('/spec/template/metadata/labels/team', 'mine'), 'labels of pods'],
    ['owners', add('/metadata/finalizers', ['example.com/never']), 'labels, owners or finalizers'],
    ['other annotations', add('/metadata/annotations', { note: 'x' }), 'no annotation but'],
    [
      'other annotations of pods',
      add('/spec/template/metadata/annotations', { 'sidecar.istio.io/inject': 'x' }),
      'no annotation of pods but',
    ],
  ])('%s', async (_, body, message) => {
    const answer = await patch(worker, body);
    expect(answer.status).toBe(422);
    expect(text(answer.body, 'message')).toContain(message);
    // Nobody else notices the policies.
    const allowed = await patch(worker, body, admin);
    expect(text(allowed.body, 'message')).not.toContain('ValidatingAdmissionPolicy');
  });

  it('one that it may scale, under the name of something it makes', async () => {
    const spot = worker.replace('worker', 'worker-spot');
    const { body } = await admin('GET', worker);
    const whole = { ...body, metadata: { name: 'worker-spot', namespace }, status: {} };
    expect(
      await admin('POST', `/apis/apps/v1/namespaces/${namespace}/deployments`, { body: whole }),
    ).toMatchObject({ status: 201 });
    expect((await patch(spot, add(`${container}/image`, 'x:1'))).status).toBe(422);
    limited.cluster.control.remove('Deployment', namespace, 'worker-spot');
  });
});

describe('of an autoscaler', () => {
  it('limits, metrics and behaviour may change', async () => {
    expect(await patch(autoscaler, add('/spec/maxReplicas', 60))).toMatchObject({ status: 200 });
    expect(
      await patch(
        autoscaler,
        add('/spec/behavior', { scaleDown: { stabilizationWindowSeconds: 60 } }),
      ),
    ).toMatchObject({ status: 200 });
  });

  it('what it scales may not', async () => {
    const answer = await patch(autoscaler, add('/spec/scaleTargetRef/name', 'worker'));
    expect(text(answer.body, 'message')).toContain(
      'only behavior, maxReplicas, metrics, minReplicas',
    );
  });

  it('nothing may, where it scales somebody else’s workload', async () => {
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'theirs' };
    limited.cluster.control.seed([
      {
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'theirs', namespace },
        spec: { scaleTargetRef: target, maxReplicas: 3 },
      },
    ]);
    const answer = await patch(
      autoscaler.replace('steam-trap-inspector-hpa', 'theirs'),
      add('/spec/maxReplicas', 5),
    );
    expect(text(answer.body, 'message')).toContain('workloads it looks after');
  });
});

describe('of a ScaledObject that no procedure names', () => {
  const scaledObject = (name: string) =>
    `/apis/keda.sh/v1alpha1/namespaces/${namespace}/scaledobjects/${name}`;
  beforeAll(() => {
    limited.cluster.control.seed(
      [
        ['ours', { name: 'worker' }],
        ['theirs', { name: 'theirs' }],
        ['a-set', { kind: 'StatefulSet', name: 'worker' }],
      ].map(([name = '', scaleTargetRef = {}]) => ({
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name, namespace },
        spec: { scaleTargetRef, triggers: [{ type: 'cron' }] },
      })),
    );
  });

  it('limits may change where it scales one of ours', async () => {
    for (const field of ['minReplicaCount', 'maxReplicaCount']) {
      expect(await patch(scaledObject('ours'), add(`/spec/${field}`, 6)), field).toMatchObject({
        status: 200,
      });
    }
  });

  it.each([
    [
      'by what it scales',
      'ours',
      add('/spec/triggers', []),
      'no procedure names only maxReplicaCount, minReplicaCount',
    ],
    ['whom it scales', 'ours', add('/spec/scaleTargetRef/name', 'api'), 'no procedure names only'],
    ['those of somebody else', 'theirs', add('/spec/maxReplicaCount', 6), 'it looks after'],
    ['those of another kind', 'a-set', add('/spec/maxReplicaCount', 6), 'it looks after'],
  ])('but not %s', async (_, name, body, message) => {
    const answer = await patch(scaledObject(name), body);
    expect(answer.status).toBe(422);
    expect(text(answer.body, 'message')).toContain(message);
  });

  it.each(shipped)('is held to that by the policies of %s alone, too', (id) => {
    const account = { namespace: 'headroom', name: 'headroom' };
    const updates = admissionPolicies([shippedSystem(id)], account).filter(({ content }) =>
      JSON.stringify(content).includes('"operations":["UPDATE"],"resources":["scaledobjects"]'),
    );
    expect(updates).toHaveLength(1);
    expect(JSON.stringify(updates)).toContain('workloads it looks after');
  });
});

describe('what the account makes', () => {
  const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const made = (name: string, pod: JsonObject = {}): JsonObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, annotations: { 'headroom/plan': 'p1' } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'worker', image: 'greenlang/worker:v2.4.2' }], ...pod },
      },
    },
  });
  const make = (name: string, pod: JsonObject = {}) =>
    ask('PATCH', `${deployments}/${name}?fieldManager=headroom`, {
      type: apply,
      body: made(name, pod),
    });
  afterEach(() => {
    limited.cluster.control.remove('Deployment', namespace, 'worker-spot');
  });

  it('has a name of a profile, may be changed whole, and may be taken back', async () => {
    expect(await make('worker-spot')).toMatchObject({ status: 201 });
    expect(
      await patch(
        `${deployments}/worker-spot`,
        add(`${container}/image`, 'greenlang/worker:v2.4.3'),
      ),
    ).toMatchObject({ status: 200 });
    expect(await ask('DELETE', `${deployments}/worker-spot`)).toMatchObject({ status: 200 });
  });

  it('has no other name', async () => {
    const answer = await make('miner');
    expect(answer.status).toBe(422);
    expect(text(answer.body, 'message')).toContain('that the procedures of its profiles name');
  });

  it.each([
    [
      'the account of something else',
      { serviceAccountName: 'cluster-admin' },
      'no service account',
    ],
    ['the network of the node', { hostNetwork: true }, 'stay away from'],
    ['files of the node', { volumes: [{ name: 'x', hostPath: { path: '/' } }] }, 'stay away from'],
    [
      'privileges',
      { containers: [{ name: 'x', image: 'x:1', securityContext: { privileged: true } }] },
      'not privileged',
    ],
  ])('has pods without %s', async (_, pod, message) => {
    const answer = await make('worker-spot', pod);
    expect(answer.status).toBe(422);
    expect(text(answer.body, 'message')).toContain(message);
  });

  it('is all that it may delete: neither workloads of the profile nor what somebody else made', async () => {
    expect((await patch(worker, add('/metadata/annotations/headroom~1plan', 'p1'))).status).toBe(
      200,
    );
    expect((await ask('DELETE', `${worker}?dryRun=All`)).status).toBe(422);
    limited.cluster.control.seed([made('worker-spot')]);
    const answer = await ask('DELETE', `${deployments}/worker-spot`);
    expect(text(answer.body, 'message')).toContain('only delete what it has made itself');
  });
});

describe('of a ConfigMap', () => {
  const path = (name: string) => `/api/v1/namespaces/greenlang/configmaps/${name}`;
  it('only those that procedures name change, and of them the keys', async () => {
    limited.cluster.control.seed(
      ['gl-001-config', 'theirs'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name, namespace: 'greenlang' },
        data: { POOL: '10' },
      })),
    );
    expect(await patch(path('gl-001-config'), add('/data/POOL', '20'))).toMatchObject({
      status: 200,
    });
    const immutable = await patch(path('gl-001-config'), add('/immutable', true));
    expect(text(immutable.body, 'message')).toContain('nothing of configmaps but their data');
    const theirs = await patch(path('theirs'), add('/data/POOL', '20'));
    expect(text(theirs.body, 'message')).toContain('that the procedures of its profiles name');
  });
});
