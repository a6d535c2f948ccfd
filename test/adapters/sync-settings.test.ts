// Settings of Argo CD and Flux against the sandbox cluster: read where they are, and not known in every other case.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import type { SyncSource } from '../../src/change/sync-settings.ts';
import type { Clusters } from '../../src/ports.ts';
import { applicationKind, helmReleaseKind, kustomizationKind } from '../custom-kinds.ts';

let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false });
  directory = await mkdtemp(join(tmpdir(), 'headroom-sync-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});
beforeEach(() => {
  cluster.control.reset();
  cluster.control.seed([applicationKind, kustomizationKind, helmReleaseKind]);
  cluster.control.settle();
});

const apiVersions = {
  Application: 'argoproj.io/v1alpha1',
  Kustomization: 'kustomize.toolkit.fluxcd.io/v1',
  HelmRelease: 'helm.toolkit.fluxcd.io/v2',
} as const;

function seed(kind: keyof typeof apiVersions, namespace: string, spec: JsonObject): void {
  const metadata = { name: 'shop', namespace };
  cluster.control.seed([{ apiVersion: apiVersions[kind], kind, metadata, spec }]);
}

const argo: SyncSource = { kind: 'argo-cd', name: 'shop' };
const kustomization: SyncSource = { kind: 'Kustomization', namespace: 'flux-system', name: 'shop' };
const release: SyncSource = { kind: 'HelmRelease', namespace: 'shop', name: 'shop' };
const settings = (source: SyncSource) => clusters.syncSettings('main', source);

describe('an application of Argo CD', () => {
  const manual = { kind: 'argo-cd', automated: false, selfHeal: false };

  // biome-ignore format: a table
  it.each([
    [{},                                                                  manual],
    [{ syncPolicy: {} },                                                  manual],
    [{ syncPolicy: { automated: null } },                                 manual],
    [{ syncPolicy: { automated: {} } },                                   { automated: true, selfHeal: false }],
    [{ syncPolicy: { automated: { prune: true, selfHeal: true } } },      { automated: true, selfHeal: true }],
    [{ syncPolicy: { automated: { enabled: false, selfHeal: true } } },   { automated: false }],
  ] as readonly [JsonObject, object][])('with %j', async (spec, expected) => {
    seed('Application', 'argocd', { project: 'default', ...spec });
    expect(await settings(argo)).toMatchObject(expected);
  });

  it('says what it ignores, as far as a path is plain', async () => {
    seed('Application', 'teams', {
      syncPolicy: { syncOptions: ['CreateNamespace=true', 'RespectIgnoreDifferences=true'] },
      ignoreDifferences: [
        { group: 'apps', kind: 'Deployment', name: 'worker', jsonPointers: ['/spec/replicas'] },
        {
          group: 'apps',
          kind: 'Deployment',
          jqPathExpressions: [
            '.spec.template.spec.containers[].resources',
            '.spec.template.spec.containers[] | select(.name == "a")',
          ],
        },
        { group: '*', kind: '*', managedFieldsManagers: ['headroom'] },
      ],
    });
    expect(await settings({ ...argo, namespace: 'teams' })).toMatchObject({
      respectsIgnored: true,
      ignores: [
        { kind: 'Deployment', name: 'worker', paths: ['/spec/replicas'], managers: [] },
        { kind: 'Deployment', paths: ['/spec/template/spec/containers/*/resources'] },
        { paths: [], managers: ['headroom'] },
      ],
    });
  });
});

describe('a source of Flux', () => {
  it('is corrected at its interval unless it is suspended', async () => {
    seed('Kustomization', 'flux-system', { interval: '10m', suspend: false });
    expect(await settings(kustomization)).toEqual({
      kind: 'flux',
      suspended: false,
      interval: '10m',
      corrects: true,
      ignores: [],
    });
  });

  it('of a chart is corrected only where drift is', async () => {
    seed('HelmRelease', 'shop', {
      interval: '1h',
      suspend: true,
      driftDetection: {
        mode: 'enabled',
        ignore: [{ paths: ['/spec/replicas'], target: { kind: 'Deployment' } }, 'what is this'],
      },
    });
    expect(await settings(release)).toEqual({
      kind: 'flux',
      suspended: true,
      interval: '1h',
      corrects: true,
      ignores: [{ kind: 'Deployment', paths: ['/spec/replicas'], managers: [] }],
    });
    cluster.control.patch(
      { kind: 'HelmRelease', namespace: 'shop', name: 'shop' },
      { spec: { driftDetection: { mode: 'warn' } } },
    );
    expect(await settings(release)).toMatchObject({ corrects: false });
  });
});

describe('settings are not known', () => {
  it('when there is no such application, or no Argo CD at all', async () => {
    const absent = { kind: 'unknown', because: 'Application argocd/shop is not in this cluster' };
    expect(await settings(argo)).toEqual(absent);
    cluster.control.reset();
    expect(await settings(argo)).toEqual(absent);
  });

  it('when nothing names the application', async () => {
    expect(await settings({ kind: 'argo-cd' })).toEqual({
      kind: 'unknown',
      because: 'its application is not named',
    });
  });

  it('when our account may not read them', async () => {
    seed('Kustomization', 'flux-system', { interval: '10m' });
    cluster.control.forbid({ verb: 'get', resource: 'kustomizations' });
    expect(await settings(kustomization)).toMatchObject({
      kind: 'unknown',
      because: expect.stringMatching(/^reading Kustomization flux-system\/shop: .*cannot get/),
    });
  });

  it('when they have another form than we know', async () => {
    seed('Kustomization', 'flux-system', { suspend: 'perhaps' });
    expect(await settings(kustomization)).toEqual({
      kind: 'unknown',
      because: 'Kustomization flux-system/shop has an unknown form',
    });
  });
});
