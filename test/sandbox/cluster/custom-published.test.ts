// The published definitions that lie beside the checkout, where there are any: the sandbox must serve them as they are.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { isObject, objects, text } from '../../../sandbox/cluster/json.ts';
import { adminToken, type Cluster, startCluster } from '../../../sandbox/cluster/server.ts';
import { clientOf } from './ask.ts';
import { HandClock } from './hand-clock.ts';

const folder = resolve(import.meta.dirname, '../../../../shared/crds');

function definitionsIn(file: string): JsonObject[] {
  return parseAllDocuments(readFileSync(resolve(folder, file), 'utf8'))
    .map((document): Json => document.toJS())
    .filter(isObject);
}

const definitions = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith('.yaml'))
      .flatMap(definitionsIn)
  : [];

const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };

/** Of each kind one object that is right, and a change that is not, with the words it is refused with. */
const samples: Readonly<Record<string, { right: JsonObject; wrong: JsonObject; words: string }>> = {
  Cluster: {
    right: {
      instances: 3,
      storage: { size: '100Gi' },
      postgresql: { parameters: { max_connections: '400' } },
    },
    wrong: { instances: 0 },
    words: 'spec.instances in body should be greater than or equal to 1',
  },
  ScaledObject: {
    right: {
      scaleTargetRef: { name: 'web' },
      minReplicaCount: 2,
      maxReplicaCount: 20,
      triggers: [{ type: 'prometheus', metadata: { query: 'up', threshold: '5' } }],
    },
    wrong: { triggers: [{ type: 'prometheus', metadata: { threshold: 5 } }] },
    words: 'must be of type string: "integer"',
  },
  VerticalPodAutoscaler: {
    right: {
      targetRef: target,
      updatePolicy: { updateMode: 'Off' },
      resourcePolicy: {
        containerPolicies: [{ containerName: '*', maxAllowed: { cpu: 4, memory: '16Gi' } }],
      },
    },
    wrong: { updatePolicy: { updateMode: 'Sometimes' } },
    words: 'Unsupported value: "Sometimes"',
  },
  RedisCluster: {
    right: { clusterSize: 3, kubernetesConfig: { image: 'redis:7' } },
    wrong: { clusterSize: 'three' },
    words: 'spec.clusterSize in body must be of type integer: "string"',
  },
  PrometheusRule: {
    right: { groups: [{ name: 'a', rules: [{ expr: 'up == 0', alert: 'Down', for: '5m' }] }] },
    wrong: { groups: [{ name: 'a' }, { name: 'a' }] },
    words: 'Duplicate value: {"name":"a"}',
  },
  ServiceMonitor: {
    right: { selector: { matchLabels: { app: 'web' } }, endpoints: [{ port: 'http' }] },
    wrong: { endpoints: [{ port: 'http', scheme: 'ftp' }] },
    words: 'Unsupported value: "ftp"',
  },
};

describe.skipIf(definitions.length === 0)('the published definition', () => {
  let cluster: Cluster;
  let admin: ReturnType<typeof clientOf>;
  beforeAll(async () => {
    cluster = await startCluster({ autoTick: false, clock: new HandClock() });
    admin = clientOf(cluster, adminToken);
    cluster.control.ensureNamespace('shop');
  });
  afterAll(async () => {
    await cluster.stop();
  });

  test.each(definitions.map((item) => [text(item, 'metadata', 'name'), item] as const))(
    '%s is accepted, and its objects are',
    async (name, made) => {
      const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
      const accepted = await admin('POST', path, { body: made });
      expect([accepted.status, accepted.body['message']]).toEqual([201, undefined]);
      cluster.control.settle();
      const kind = text(made, 'spec', 'names', 'kind');
      const sample = samples[kind];
      if (sample === undefined) return;
      const version = objects(made, 'spec', 'versions').find((item) => item['storage'] === true);
      const apiVersion = `${text(made, 'spec', 'group')}/${text(version, 'name')}`;
      const own = `/apis/${apiVersion}/namespaces/shop/${name.split('.')[0] ?? ''}`;
      const body = { apiVersion, kind, metadata: { name: 'a' }, spec: sample.right };
      const created = await admin('POST', `${own}?fieldValidation=Strict`, { body });
      expect([created.status, created.body['message']]).toEqual([201, undefined]);
      expect(created.body['spec']).toMatchObject(sample.right);
      const refused = await admin('PATCH', `${own}/a`, { body: { spec: sample.wrong } });
      expect(refused.status).toBe(422);
      expect(text(refused.body, 'message')).toContain(sample.words);
    },
  );
});
