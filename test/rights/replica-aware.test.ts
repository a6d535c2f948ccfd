// A StatefulSet whose replicas join each other may be scaled, so the tier `scale` holds that right; no other StatefulSet's.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/cluster/json.ts';
import { createClusters, type RunningClusters } from '../../src/adapters/kubernetes.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { systemOfProfile } from '../../src/cli/target.ts';
import type { System } from '../../src/plan/system.ts';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { rightsOf } from '../../src/rights/rights.ts';
import { rolesOf, usualAccount } from '../../src/rights/roles.ts';
import { tiersUpTo } from '../../src/rights/tiers.ts';
import { makeScaleChange } from '../make.ts';
import { type LimitedCluster, root, shippedSystem, startLimited } from './limited-cluster.ts';

/** GL-003 with a database that somebody has made so that another replica joins. */
function withReplicas(): System {
  const path = join(root, 'profiles/gl-003.yaml');
  const workload =
    'workload: { kind: StatefulSet, namespace: greenlang-db, name: postgresql, container: postgresql }';
  const own = readFileSync(path, 'utf8');
  expect(own.split(workload)).toHaveLength(2);
  const parsed = parseProfile(own.replace(workload, `${workload}\n    replicaAware: true`), path);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.mistakes));
  return systemOfProfile({ id: 'gl-003', title: parsed.value.title, profile: parsed.value });
}

const scalesOfSets = (system: System) =>
  rightsOf(system)
    .filter(({ resource }) => resource === 'statefulsets/scale')
    .map(({ tier, namespace, verb, name }) => [tier, namespace, verb, name]);

describe('the right to scale a StatefulSet', () => {
  const system = withReplicas();
  const workload = [...system.workloads.values()].find(({ kind }) => kind === 'StatefulSet');
  if (workload === undefined) throw new Error('no StatefulSet');
  let limited: LimitedCluster;
  let clusters: RunningClusters;

  beforeAll(async () => {
    const { byTier } = rolesOf(system, usualAccount);
    const roles = tiersUpTo('scale')
      .flatMap((tier) => byTier.get(tier) ?? [])
      .map(({ content }): JsonObject => JSON.parse(JSON.stringify(content)));
    limited = await startLimited(system, roles);
    clusters = createClusters([{ id: system.cluster }], limited.kubeconfig);
  });
  afterAll(async () => {
    await clusters.close();
    await limited.stop();
  });

  const scale = async () => {
    const { workload: seen } = await clusters.observe(workload);
    const before = { replicas: seen?.replicas ?? 0 };
    const after = { replicas: before.replicas + 1 };
    const change = makeScaleChange({ workload, before, after });
    return clusters.write(clusterWrite(change, seen?.resourceVersion ?? ''), { dryRun: true });
  };

  it('stands in the tier scale by its name, where the profile says that replicas join', () => {
    expect(scalesOfSets(system)).toEqual([['scale', 'greenlang-db', 'patch', 'postgresql']]);
    expect(scalesOfSets(shippedSystem('gl-003'))).toEqual([]);
  });

  it('is enough for the write, which is refused without it', async () => {
    expect(await scale()).toMatchObject({ kind: 'written' });
    const at = { kind: 'Role', namespace: 'greenlang-db', name: 'headroom-gl-003-scale' };
    const role = limited.cluster.control.get(at.kind, at.namespace, at.name);
    const rules = role?.['rules'];
    if (!Array.isArray(rules)) throw new Error('no rules');
    const others = rules.filter((rule) => !JSON.stringify(rule).includes('statefulsets/scale'));
    expect(others).toHaveLength(rules.length - 1);
    limited.cluster.control.patch(at, { rules: others });
    expect(await scale()).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('statefulsets'),
    });
  });
});
