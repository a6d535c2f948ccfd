// Every procedure that ships becomes a plan on a cluster that is as its guide leaves it, with no database in reach; or it is said why not.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { createClusters } from '../../src/adapters/kubernetes.ts';
import { targetKey } from '../../src/change/change.ts';
import { objectKey } from '../../src/change/kinds.ts';
import type { CommandPlan } from '../../src/plan/assemble-command.ts';
import { assembleProcedurePlan } from '../../src/plan/assemble-procedure.ts';
import { readsOf } from '../../src/plan/procedure-facts.ts';
import type { Clusters } from '../../src/ports.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { makeSystem, now } from '../make.ts';
import { changesOf, type Given, planOf } from '../profile/plan-of.ts';
import { clusterSteps, observed, seed, shippedProcedures } from './shipped-procedures.ts';

const procedures = shippedProcedures().map((shipped) => ({
  ...shipped,
  name: `${shipped.profile.id} ${shipped.id}`,
}));

/** What a cluster that is as the guide leaves it is refused, and why; everything else is a plan. */
const refusals: Readonly<Record<string, RegExp>> = {
  // Its usual name is that of the collector the profile knows, whose pods have other labels here.
  'gl-010 edge-collector': /is there with another selector, which can never change/,
  // A person takes the other autoscaler away before, as the refusal says.
  'gl-010 calculator-by-lag': /gl-010-calculator-hpa scales gl-010-calculator already/,
  // The guide leaves its cluster as it is by day.
  'gl-010 day': /all of it is there already/,
};

let cluster: Cluster;
let directory: string;
let clusters: Clusters;

beforeAll(async () => {
  cluster = await startCluster({ autoTick: false, timings: { startMs: 0, readyMs: 0, stopMs: 0 } });
  directory = await mkdtemp(join(tmpdir(), 'headroom-plans-'));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  clusters = createClusters([{ id: 'main' }], kubeconfig);
});
afterAll(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

describe.each(procedures)('$name', ({ name, profile, id, given }) => {
  it('is a plan, or is refused for the reason that is known', async () => {
    const drawn = await draw(profile, id, given);
    const because = refusals[name];
    if (because !== undefined) {
      expect(drawn).toEqual({ kind: 'refused', because: expect.stringMatching(because) });
      return;
    }
    if (drawn.kind === 'refused') throw new Error(drawn.because);
    expect(drawn.plan.steps).not.toEqual([]);
    expect(drawn.plan).toMatchObject({ procedure: { id }, workload: { cluster: 'main' } });
  });
});

it('a bigger database server is left to a person with the commands, and its rollout is looked at', async () => {
  const found = procedures.find(({ name }) => name === 'gl-003 database-resources');
  const drawn = found && (await draw(found.profile, found.id, found.given));
  if (drawn?.kind !== 'plan') throw new Error(JSON.stringify(drawn));
  const { steps } = drawn.plan;
  const at = steps.findIndex((step) => step.kind === 'human' && step.what.includes('kubectl'));
  const { namespace } = drawn.plan.workload;
  expect(steps[at]).toMatchObject({
    kind: 'human',
    what: `Change the pods of StatefulSet postgresql: kubectl set resources statefulset/postgresql --namespace ${namespace} --containers=postgresql --limits=cpu=8,memory=32Gi`,
    say: expect.stringContaining('does not mend itself'),
  });
  expect(steps[at + 1]).toMatchObject({
    kind: 'check',
    look: { rollout: { kind: 'StatefulSet', name: 'postgresql' }, withinSeconds: 1800 },
  });
});

/** On the cluster as the guide leaves it. */
async function draw(profile: Profile, id: string, given: Given): Promise<CommandPlan> {
  seed(cluster, profile, clusterSteps(changesOf(profile.id, id, given)));
  const system = makeSystem({ id: profile.id, profile, cluster: 'main' });
  const plan = planOf(profile.id, id, given);
  const reads = readsOf(plan, system);
  const states = await Promise.all(
    reads.workloads.map(
      async (workload) => [targetKey(workload), await observed(workload, clusters)] as const,
    ),
  );
  const objects = await Promise.all(
    reads.objects.map(async (ref) => {
      const object = await clusters.read(ref);
      return object === undefined ? [] : [[objectKey(ref), object] as const];
    }),
  );
  return assembleProcedurePlan(
    {
      system,
      id,
      plan,
      states: new Map(states),
      objects: new Map(objects.flat()),
      growth: new Map(reads.objects.map((ref) => [objectKey(ref), true])),
      origin: { kind: 'command', commandId: 'c-1', by: 'U0ANN', reason: 'it burns' },
      now,
    },
    { id: 'p-1', revision: 1 },
  );
}
