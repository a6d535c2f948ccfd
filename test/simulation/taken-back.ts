// Takes back what a plan wrote by the plan that /scale revert draws for it, to see that each object is then as it was.

import { expect } from 'vitest';
import type { Cluster } from '../../sandbox/cluster/server.ts';
import { type Change, removalOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { valueAt, withValueAt } from '../../src/change/pointer.ts';
import { writtenObject } from '../../src/change/written-object.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changesOf } from '../../src/plan/step.ts';
import { restartWord } from '../../src/plan/step-template.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import type { AppProcess } from './app-process.ts';
import { people } from './scene.ts';
import { ask, through } from './story.ts';
import type { World } from './world.ts';

/** What the objects of a plan hold, by kind, namespace and name; only those that are taken back. */
export type Holdings = ReadonlyMap<string, unknown>;

/** Pods that an autoscaler has added are its own to take away, and pods that were started anew stay so. */
export function holdingsOf(plan: Plan, { control }: Cluster): Holdings {
  return new Map(
    exactOf(plan).map((change) => {
      const { kind, namespace, name } = writtenObject(change);
      const found = control.get(kind, namespace, name);
      const isThere =
        found !== undefined && valueAt(found, '/metadata/deletionTimestamp') === undefined;
      const { replicas, ...spec } = Object(
        withValueAt(found?.['spec'], '/template/metadata/annotations', undefined),
      );
      const held = { spec, data: found?.['data'], ...(change.kind === 'scale' && { replicas }) };
      return [`${change.kind} ${kind} ${namespace} ${name}`, isThere ? held : undefined];
    }),
  );
}

/** All that differs from what the plan found; where no plan can be drawn, why. */
export async function takeAllBack(
  plan: Plan,
  { world, process }: { readonly world: World; readonly process: AppProcess },
): Promise<readonly string[]> {
  const drawn = await drawnBack(plan, world, process);
  const refused: string[] = [];
  const made = exactOf(plan).filter((change) => change.kind === 'create');
  // What was made is deleted by hand, as the plan asks somebody to.
  const removals = made.toReversed().map((change) => removalOf(change, plan.id));
  const undos = drawn.filter((change) => change.kind !== 'sql');
  for (const change of [...undos, ...removals]) {
    const seen = await world.clusters.read(writtenObject(change));
    const write = clusterWrite(change, seen?.resourceVersion ?? '');
    const answer = await world.clusters.write(write, { dryRun: false });
    if (answer.kind !== 'written') refused.push(answer.because);
  }
  return refused;
}

/** Drawn by the app itself, and denied, so that it stands in nobody's way. */
async function drawnBack(
  plan: Plan,
  world: World,
  process: AppProcess,
): Promise<readonly Change[]> {
  const asked = ask(world, process, `revert ${plan.id}`);
  if (exactOf(plan).every(({ kind }) => kind === 'create')) {
    await expect(asked).rejects.toThrow(`nothing of plan ${plan.id} is there to be taken back`);
    return [];
  }
  const card = await asked;
  const ballot = { planId: card.id, planHash: card.hash, by: people.bob, kind: 'deny' } as const;
  await through(world, () =>
    process.begin('vote', () => castVote(process.parts)({ ...ballot, reason: 'seen' })),
  );
  const { rows } = await world.database.pool.query<{ body: string }>(
    'select body from plan where id = $1',
    [card.id],
  );
  return changesOf(JSON.parse(rows[0]?.body ?? 'null') as Plan);
}

function isRestart(change: Change): boolean {
  return change.kind === 'patch' && change.fields.every(({ what }) => what === restartWord);
}

function exactOf(plan: Plan) {
  return changesOf(plan)
    .filter((change) => change.kind !== 'sql')
    .filter((change) => change.undo === 'exact' && !isRestart(change));
}
