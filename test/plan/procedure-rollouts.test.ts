// A procedure whose template changes wait for each other is one rollout, after everything the new pods read.

import { expect, it } from 'vitest';
import { profileObjects } from '../../sandbox/profile-objects.ts';
import { targetKey } from '../../src/change/change.ts';
import { assembleProcedurePlan } from '../../src/plan/assemble-procedure.ts';
import { readsOf } from '../../src/plan/procedure-facts.ts';
import { changesOf } from '../../src/plan/step.ts';
import { makeClusterState, makeSystem, makeWorkloadState, now } from '../make.ts';
import { planOf } from '../profile/plan-of.ts';
import { readProfile } from '../profile/read-profile.ts';
import { seen } from './step-facts.ts';

it('writes limits and restart together, after the ConfigMap between them', () => {
  const profile = readProfile('gl-001');
  const system = makeSystem({ id: 'heat', title: 'Heat', profile });
  const plan = planOf('gl-001', 'pre-scale', { plants: 15, subagents: 70 });
  const objects = profileObjects(profile)
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata, spec }) => {
      const { name } = metadata as { readonly name: string };
      return seen('Deployment', name, { metadata, spec });
    });
  const workload = makeWorkloadState({ replicas: 4 });
  const states = new Map(
    readsOf(plan, system).workloads.map((ref) => [
      targetKey(ref),
      makeClusterState({ workload, objects: objects.filter(({ name }) => name === ref.name) }),
    ]),
  );
  const origin = { kind: 'command', commandId: 'c_1', by: 'U0ANN' } as const;
  const made = assembleProcedurePlan(
    { system, id: 'pre-scale', plan, states, objects: new Map(), origin, now },
    { id: 'p_1', revision: 1 },
  );
  if (made.kind === 'refused') throw new Error(made.because);
  const changes = changesOf(made.plan);
  expect(changes.map((each) => ('object' in each ? each.object.kind : each.kind))).toEqual([
    'scale',
    'ConfigMap',
    'Deployment',
  ]);
  expect(changes.at(-1)).toMatchObject({
    rollout: true,
    fields: [
      { what: 'cpu request' },
      { what: 'memory request' },
      { what: 'limits' },
      { what: 'restart' },
    ],
  });
});
