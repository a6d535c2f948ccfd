// A sandbox cluster in which Headroom's account may do what the files of deploy/rbac give it, and nothing more.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { Json, JsonObject } from '../../sandbox/cluster/json.ts';
import { isObject, text } from '../../sandbox/cluster/json.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { profileObjects } from '../../sandbox/profile-objects.ts';
import { objectKinds } from '../../src/change/kinds.ts';
import { systemOfProfile } from '../../src/cli/target.ts';
import type { System } from '../../src/plan/system.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { writtenObjects } from '../../src/rights/written-objects.ts';

export const root = resolve(import.meta.dirname, '../..');
export const rbacFolder = join(root, 'deploy/rbac');

/** The profiles that ship, as systems under their own names in the cluster `any`. */
export function shippedSystem(id: string): System {
  const path = join(root, 'profiles', `${id}.yaml`);
  const parsed = parseProfile(readFileSync(path, 'utf8'), path);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  return systemOfProfile({ id, title: parsed.value.title, profile: parsed.value });
}

export const shipped = ['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010'] as const;

/** All objects in a file. */
export function objectsIn(file: string): readonly JsonObject[] {
  return parseAllDocuments(readFileSync(file, 'utf8'))
    .map((document): Json => document.toJS())
    .filter(isObject);
}

const kustomization = z.strictObject({
  apiVersion: z.literal('kustomize.config.k8s.io/v1beta1'),
  kind: z.literal('Kustomization'),
  resources: z.array(z.string()),
});

/** What `kubectl apply -k` would apply. Throws where Kustomize would: an object twice, a folder above itself. */
export function built(folder: string): readonly JsonObject[] {
  const { resources } = kustomization.parse(
    parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')),
  );
  const objects = resources.flatMap((resource) => {
    const path = resolve(folder, resource);
    if (resource.endsWith('.yaml')) {
      if (dirname(path) !== folder) throw new Error(`${resource} is outside ${folder}`);
      return objectsIn(path);
    }
    if (`${folder}/`.startsWith(`${path}/`)) throw new Error(`${resource} is above ${folder}`);
    return built(path);
  });
  const ids = objects.map((object) =>
    ['kind', 'namespace', 'name']
      .map((key) => text(object, ...(key === 'kind' ? [key] : ['metadata', key])))
      .join('/'),
  );
  if (new Set(ids).size < ids.length) throw new Error(`an object twice: ${ids.join(' ')}`);
  return objects;
}

/** Definitions of the custom kinds that take any fields: what they hold does not matter here. */
export const customKinds: readonly JsonObject[] = Object.entries(objectKinds).flatMap(
  ([kind, { apiVersion, plural }]) => {
    const [group = '', name = ''] = apiVersion.split('/');
    if (!group.includes('.')) return [];
    const schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
    return [
      {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: {
          name: `${plural}.${group}`,
          // Groups of Kubernetes' own name are only served with the approval of its people.
          annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' },
        },
        spec: {
          group,
          scope: 'Namespaced',
          names: { plural, kind, singular: kind.toLowerCase(), listKind: `${kind}List` },
          versions: [{ name, served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      },
    ];
  },
);

export interface LimitedCluster {
  readonly cluster: Cluster;
  /** The kubeconfig of the limited account. */
  readonly kubeconfig: string;
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** The objects of a system, and the account with the roles of a tier. */
export async function startLimited(
  system: System,
  roles: readonly JsonObject[],
): Promise<LimitedCluster> {
  const cluster = await startCluster({
    autoTick: false,
    timings: { startMs: 0, readyMs: 0, stopMs: 0 },
  });
  const directory = await mkdtemp(join(tmpdir(), 'headroom-rights-'));
  const kubeconfig = join(directory, 'kubeconfig');
  cluster.control.seed(customKinds);
  cluster.control.settle();
  cluster.control.seed(profileObjects(system.profile));
  cluster.control.settle();
  // What plans make is not there yet.
  for (const { kind, namespace, name, deed } of writtenObjects(system)) {
    const isSeeded = kind === 'HorizontalPodAutoscaler' || kind === 'Deployment';
    if (deed === 'make' && name.kind === 'known' && isSeeded) {
      cluster.control.remove(kind, namespace, name.name);
    }
  }
  cluster.control.seed(
    roles.filter(({ kind }) => kind !== 'Namespace' && kind !== 'ServiceAccount'),
  );
  const token = cluster.control.accountToken('headroom', 'headroom');
  cluster.control.limitHeadroom();
  await writeFile(kubeconfig, cluster.kubeconfig(token));
  return {
    cluster,
    kubeconfig,
    url: cluster.url,
    token,
    async stop() {
      await cluster.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
