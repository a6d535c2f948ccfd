// Who would put a field back, held against what a real server recorded of its owners, and against made objects for every keeper.

import { describe, expect, it } from 'vitest';
import { readObject, seenObject } from '../../src/adapters/kubernetes-state.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import { keptBy } from '../../src/change/keeper.ts';
import { makeSeenDeployment } from '../make.ts';
import { readScenario } from '../sandbox/cluster/scenario.ts';

const namespace = 'greenlang-gl008';
const template = '/spec/template';
const container = `${template}/spec/containers/0`;
const replicas = '/spec/replicas';
const memoryLimit = `${container}/resources/limits/memory`;
const cpuRequest = `${container}/resources/requests/cpu`;
const restartedAt = `${template}/metadata/annotations/kubectl.kubernetes.io~1restartedAt`;
const variable = (index: number) => `${container}/env/${index}/value`;

describe('the recorded Deployment that Argo CD, people and controllers wrote', async () => {
  const { steps } = await readScenario('gitops-managers');
  const at = (step: number) => seenObject('Deployment', readObject(steps[step]?.response.body));
  const how = (step: number, pointer: string) => {
    const [kept] = keptBy(at(step), namespace, [pointer]);
    if (kept === undefined) return 'not kept';
    return kept.holds.length > 0 ? 'holds' : 'may hold';
  };

  it('says of each owner whether it has applied or only updated', () => {
    const applies = at(5).writers.map((writer) => [writer.manager, writer.applies === true]);
    expect(applies).toContainEqual(['argocd-controller', true]);
    expect(applies).toContainEqual(['kube-controller-manager', false]);
  });

  it('is of the application its tracking id names', () => {
    expect(keptBy(at(0), namespace, [replicas])).toEqual([
      {
        keeper: { kind: 'argo-cd', name: 'greenlang-production' },
        holds: [replicas],
        mayHold: [],
      },
    ]);
  });

  // The forced sync, step 7, is the proof: it took back replicas and the memory limit, and left the rest alone.
  // biome-ignore format: a table
  it.each([
    [0, 'replicas it has just applied',                   replicas,    'holds'],
    [2, 'replicas that kubectl scaled since',             replicas,    'may hold'],
    [5, 'replicas that an autoscaler set since',          replicas,    'may hold'],
    [7, 'replicas after a forced sync',                   replicas,    'holds'],
    [9, 'replicas it no longer states',                   replicas,    'may hold'],
    [0, 'the memory limit it has applied',                memoryLimit, 'holds'],
    [5, 'the memory limit somebody edited since',         memoryLimit, 'may hold'],
    [9, 'the memory limit after a forced sync',           memoryLimit, 'holds'],
    [5, 'a request nobody else touched',                  cpuRequest,  'holds'],
    [5, 'a variable it has applied, now in second place', variable(1), 'holds'],
    [5, 'a variable somebody added',                      variable(0), 'may hold'],
    [5, 'the mark of a restart',                          restartedAt, 'may hold'],
    [0, 'a limit that is not there',                      `${container}/resources/limits/nvidia.com~1gpu`, 'not kept'],
    [5, 'how long it may take, a default',                '/spec/progressDeadlineSeconds', 'not kept'],
  ])('after step %i: %s', (step, _, pointer, expected) => {
    expect(how(step, pointer)).toBe(expected);
  });
});

function made(
  metadata: Readonly<Record<string, unknown>>,
  writers: Readonly<Record<string, unknown>> = {},
  applies?: true,
): SeenObject {
  const deployment = makeSeenDeployment(undefined, { replicas: 5 });
  return {
    ...deployment,
    value: { ...(deployment.value as object), metadata },
    writers: Object.entries(writers).map(([manager, fields]) => ({
      manager,
      who: manager,
      fields,
      ...(applies && { applies }),
    })),
  };
}

const ownsReplicas = { 'f:spec': { 'f:replicas': {} } };
const ownsLabels = { 'f:metadata': { 'f:labels': {} } };
const flux = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
};
const release = {
  'helm.toolkit.fluxcd.io/name': 'worker',
  'helm.toolkit.fluxcd.io/namespace': 'shop',
};
const tracked = (id: string) => ({ annotations: { 'argocd.argoproj.io/tracking-id': id } });
const applied = (spec: unknown) => ({
  'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec }),
});
const keepers = (object: SeenObject, pointer = replicas) =>
  keptBy(object, namespace, [pointer]).map(({ keeper, holds }) => [keeper, holds.length > 0]);

describe('the keeper', () => {
  it('is nobody for what people and controllers alone have written', () => {
    expect(keepers(made({}, { kubectl: ownsReplicas }))).toEqual([]);
    expect(keepers(made({ labels: { 'app.kubernetes.io/instance': 'worker' } }))).toEqual([]);
  });

  it('is Argo CD by tracking id, own label, or its field manager', () => {
    const id = `shop:apps/Deployment:${namespace}/worker`;
    const argo = { 'argocd-controller': ownsReplicas };
    expect(keepers(made(tracked(id), argo))).toEqual([[{ kind: 'argo-cd', name: 'shop' }, true]]);
    expect(keepers(made(tracked(`teams_${id}`), argo))).toEqual([
      [{ kind: 'argo-cd', name: 'shop', namespace: 'teams' }, true],
    ]);
    const own = { labels: { 'argocd.argoproj.io/instance': 'shop' } };
    expect(keepers(made(own, argo))).toEqual([[{ kind: 'argo-cd', name: 'shop' }, true]]);
    const common = { labels: { 'app.kubernetes.io/instance': 'shop' } };
    const older = { 'argocd-application-controller': ownsReplicas };
    expect(keepers(made(common, older))).toEqual([[{ kind: 'argo-cd', name: 'shop' }, true]]);
    expect(keepers(made({}, older))).toEqual([[{ kind: 'argo-cd' }, true]]);
  });

  it('is not Argo CD by a tracking id that speaks of another object', () => {
    const copied = tracked(`shop:apps/Deployment:${namespace}/parent`);
    expect(keepers(made(copied, { kubectl: ownsReplicas }))).toEqual([]);
  });

  it('is Argo CD for all that it applied on the client side, whoever wrote it since', () => {
    const metadata = {
      labels: { 'argocd.argoproj.io/instance': 'shop' },
      annotations: applied({ replicas: 3 }),
    };
    const writers = { kubectl: ownsReplicas, 'argocd-controller': ownsLabels };
    expect(keepers(made(metadata, writers))).toEqual([[{ kind: 'argo-cd', name: 'shop' }, true]]);
    expect(keepers(made(metadata, writers), cpuRequest)).toEqual([]);
  });

  it('is Flux by its labels, unless the object is left alone', () => {
    const apps = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' };
    const writers = { 'kustomize-controller': ownsReplicas };
    expect(keepers(made({ labels: flux }, writers))).toEqual([[apps, true]]);
    const other = { kubectl: ownsReplicas, 'kustomize-controller': ownsLabels };
    expect(keepers(made({ labels: flux }, other))).toEqual([[apps, false]]);
    // biome-ignore format: a table
    for (const [name, value, left] of [
      ['reconcile', 'disabled',     true],
      ['reconcile', 'enabled',      false],
      ['ssa',       'Ignore',       true],
      ['ssa',       'IfNotPresent', true],
      ['ssa',       'Merge',        false],
    ] as const) {
      const annotations = { [`kustomize.toolkit.fluxcd.io/${name}`]: value };
      const found = keepers(made({ labels: flux, annotations }, writers));
      expect([name, value, found.length === 0]).toEqual([name, value, left]);
    }
  });

  it('is not Flux for a field its manifest does not state', () => {
    const writers = { 'kustomize-controller': ownsLabels };
    expect(keepers(made({ labels: flux }, writers))).toEqual([]);
  });

  it('is a release of Flux or of Helm itself', () => {
    const own = { kind: 'HelmRelease', namespace: 'shop', name: 'worker' };
    const writers = { 'helm-controller': ownsReplicas };
    const chart = { 'meta.helm.sh/release-name': 'worker' };
    expect(keepers(made({ labels: release, annotations: chart }, writers))).toEqual([[own, true]]);
    const undetected = { ...chart, 'helm.toolkit.fluxcd.io/driftDetection': 'disabled' };
    const helm = { kind: 'helm', name: 'worker' };
    expect(keepers(made({ labels: release, annotations: undetected }, writers))).toEqual([
      [helm, true],
    ]);
    expect(keepers(made({ annotations: chart }, { helm: ownsReplicas }))).toEqual([[helm, true]]);
    expect(keepers(made({ annotations: chart }, { helm: ownsLabels }))).toEqual([]);
  });

  it('is a file for what kubectl applied, containers known by their names', () => {
    const by = (spec: unknown) => made({ annotations: applied(spec) }, { kubectl: ownsReplicas });
    expect(keepers(by({ replicas: 3 }))).toEqual([[{ kind: 'kubectl' }, true]]);
    expect(keepers(by({ paused: true }))).toEqual([]);
    const pod = (name: string) => ({
      template: {
        spec: {
          containers: [{ name: 'sidecar' }, { name, resources: { requests: { cpu: '2' } } }],
        },
      },
    });
    expect(keepers(by(pod('worker')), cpuRequest)).toEqual([[{ kind: 'kubectl' }, true]]);
    expect(keepers(by(pod('other')), cpuRequest)).toEqual([]);
    const broken = { 'kubectl.kubernetes.io/last-applied-configuration': '{"spec":' };
    expect(keepers(made({ annotations: broken }, { kubectl: ownsReplicas }))).toEqual([
      [{ kind: 'kubectl' }, false],
    ]);
  });

  it('is the object another one is made from, before everybody else', () => {
    const owner = { apiVersion: 'v1', kind: 'Pooler', name: 'pool', controller: true };
    const metadata = { labels: flux, ownerReferences: [{ ...owner, controller: false }, owner] };
    expect(keepers(made(metadata, { 'kustomize-controller': ownsReplicas }))).toEqual([
      [{ kind: 'owner', ownerKind: 'Pooler', name: 'pool' }, true],
    ]);
  });

  it('is whoever else applied it on the server side, and no controller that only updated it', () => {
    const applier = (manager: string) => [[{ kind: 'applier', manager }, true]];
    for (const manager of ['kubectl', 'Terraform', 'pulumi-kubernetes-1a2b', 'shop-operator']) {
      expect(keepers(made({}, { [manager]: ownsReplicas }, true))).toEqual(applier(manager));
      expect(keepers(made({}, { [manager]: ownsReplicas }))).toEqual([]);
    }
    expect(keepers(made({}, { Terraform: ownsLabels }, true))).toEqual([]);
    expect(keepers(made({}, { headroom: ownsReplicas }, true))).toEqual([]);
    const chart = { annotations: { 'meta.helm.sh/release-name': 'worker' } };
    const both = made(chart, { Terraform: ownsReplicas, helm: ownsLabels }, true);
    expect(keepers(both)).toEqual([
      [{ kind: 'helm', name: 'worker' }, false],
      ...applier('Terraform'),
    ]);
  });

  it('is not one more for what Flux applied and is told to leave alone', () => {
    const annotations = { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' };
    const writers = { 'kustomize-controller': ownsReplicas };
    expect(keepers(made({ labels: flux, annotations }, writers, true))).toEqual([]);
    expect(keepers(made({ labels: flux }, writers, true))).toEqual([
      [{ kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }, true],
    ]);
  });

  it('may hold anything where the server keeps no record of who wrote what', () => {
    expect(keepers(made({ labels: flux }))).toEqual([
      [{ kind: 'Kustomization', namespace: 'flux-system', name: 'apps' }, false],
    ]);
  });
});
