// Every procedure that ships with what it must be told, and a sandbox cluster as its guide leaves it.

import type { JsonObject } from '../../sandbox/cluster/json.ts';
import type { Cluster } from '../../sandbox/cluster/server.ts';
import { profileObjects } from '../../sandbox/profile-objects.ts';
import { valueAt } from '../../src/change/pointer.ts';
import type { ClusterStep } from '../../src/plan/step-changes.ts';
import type { Profile } from '../../src/profile/profile.ts';
import type { StepChange } from '../../src/sizing/planned-step.ts';
import { listProcedures } from '../../src/sizing/procedure-list.ts';
import { deployment } from '../bot.ts';
import type { Given } from '../profile/plan-of.ts';
import { readProfile } from '../profile/read-profile.ts';
import { publishedKinds } from '../published-kinds.ts';

const profiles = ['gl-001', 'gl-003', 'gl-008', 'gl-009', 'gl-010'].map(readProfile);
let published: ReturnType<typeof publishedKinds> | undefined;

/** Read once they are needed: some of them are very long. */
function definitionsOf(kinds: readonly string[]): readonly JsonObject[] {
  if (kinds.length === 0) return [];
  published ??= publishedKinds();
  return published.filter(({ spec }) => kinds.includes(String(valueAt(spec, '/names/kind'))));
}

/** Whatever a procedure must be told. */
const everything: Given = {
  plants: 15,
  subagents: 70,
  meters: 1500,
  sites: 100,
  facilities: 150,
  zone_names: 'zone-1,zone-2',
  replica: 'replica-1',
};
export interface Shipped {
  readonly profile: Profile;
  readonly id: string;
  readonly given: Given;
}

export function shippedProcedures(): readonly Shipped[] {
  return profiles.flatMap((profile) =>
    listProcedures(profile).map(({ id, inputs }) => {
      const asked = inputs.filter(({ required }) => required).map((input) => input.name);
      const given = Object.fromEntries(
        asked.map((input) => [input, everything[input] ?? 'missing']),
      );
      const enough = id === 'sharding' || id === 'shards' ? { meters: 5000, facilities: 500 } : {};
      const wanted = Object.entries({ ...given, ...enough }).filter(([key]) => asked.includes(key));
      return { profile, id, given: Object.fromEntries(wanted) };
    }),
  );
}

/** What is not done by asking a database. */
export function clusterSteps(changes: readonly StepChange[]): readonly ClusterStep[] {
  return changes.filter((change) => change.kind !== 'database');
}

/** The workloads that are spoken of, and what the guide takes for granted beside them. */
export function seed(cluster: Cluster, profile: Profile, steps: readonly ClusterStep[]): void {
  const names = new Set(steps.map(({ target }) => target.name));
  const own = profileObjects(profile).filter(({ metadata, spec }) =>
    [valueAt(metadata, '/name'), valueAt(spec, '/scaleTargetRef/name')].some((name) =>
      names.has(String(name)),
    ),
  );
  const regions = steps.flatMap(({ kind, target: { name, namespace } }) => {
    const isThere = own.some(({ metadata }) => valueAt(metadata, '/name') === name);
    return kind === 'scale' && !isThere ? [deployment(name, 4, namespace)] : [];
  });
  const custom = steps.flatMap((step) =>
    step.kind === 'apply' && step.object.apiVersion.includes('.') ? [step.object.kind] : [],
  );
  cluster.control.reset();
  for (const { target } of steps) cluster.control.ensureNamespace(target.namespace);
  cluster.control.seed([...definitionsOf(custom), ...own, ...regions, ...volumesOf(steps)]);
  cluster.control.settle();
}

/** A volume of 100Gi for each claim that grows, of a class that lets it. */
function volumesOf(steps: readonly ClusterStep[]): readonly JsonObject[] {
  return steps.flatMap((step): readonly JsonObject[] => {
    if (step.kind !== 'storage') return [];
    const { claim: name, target } = step;
    const { namespace } = target;
    const size = { storage: '100Gi' };
    const shared = { accessModes: ['ReadWriteOnce'], storageClassName: 'fast-ssd' };
    return [
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: { name: 'fast-ssd' },
        provisioner: 'disk.example',
        allowVolumeExpansion: true,
      },
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name, namespace },
        spec: { ...shared, resources: { requests: size } },
      },
    ];
  });
}
