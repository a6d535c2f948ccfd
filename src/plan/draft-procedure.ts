// Puts the steps of a procedure together as a plan: its target, what it costs, and how long it may wait.

import { isDecrease, targetKey, type WorkloadRef } from '../change/change.ts';
import { windowNow } from '../schedule/window.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import { costOfMoves, type ReplicasMove } from './cost-of-moves.ts';
import type { PlanName } from './draft.ts';
import type { PlannedDrop } from './drop-steps.ts';
import type { Plan } from './plan.ts';
import type { ProcedureFacts } from './procedure-facts.ts';
import { changesOf, type Step } from './step.ts';
import { anyWorkload, defaultClocks, type System } from './system.ts';

/** What of a procedure a plan is called and dated by. */
type DraftFacts = Pick<
  ProcedureFacts,
  'system' | 'id' | 'origin' | 'now' | 'states' | 'restarts'
> & {
  readonly plan: {
    readonly procedure: Pick<ProcedurePlan['procedure'], 'title' | 'source'>;
    readonly inputs: ProcedurePlan['inputs'];
  };
};

/** A restart waits for the hours that are kept for it. */
function expiryOf({ system, restarts = [], now }: DraftFacts, seconds: number): string {
  const ends = restarts.flatMap((name) => {
    const window = system.databases.get(name)?.restart?.window;
    return window === undefined ? [] : [windowNow(window, now).closesAt.getTime()];
  });
  return new Date(Math.max(now.getTime() + seconds * 1000, ...ends)).toISOString();
}

/** The plan that these steps make, named after what asked for them. */
export function draftProcedure(
  facts: DraftFacts,
  name: PlanName,
  {
    steps,
    notes,
    moves,
    drops,
  }: {
    readonly steps: readonly Step[];
    readonly notes: readonly string[];
    readonly moves: readonly ReplicasMove[];
    readonly drops: readonly PlannedDrop[];
  },
): Plan {
  const { system, id, plan, origin, now, states, restarts } = facts;
  const { procedure, inputs } = plan;
  const clocks = system.rule ?? defaultClocks;
  const changes = changesOf({ steps });
  const workload = changes[0]?.workload ?? anyWorkload(system);
  const ofMain = moves.filter((move) => targetKey(move.workload) === targetKey(workload));
  const running = states.get(targetKey(workload))?.workload?.replicas ?? 0;
  const cost = costOfMoves(moves, changes, system);
  return {
    ...name,
    system: system.id,
    title: system.title,
    component: componentNamed(workload, system),
    procedure: { id, title: procedure.title, source: procedure.source, inputs },
    origin,
    workload,
    replicas: { before: running, after: ofMain.at(-1)?.to ?? running },
    observations: [],
    arithmetic: [],
    notes,
    limitsMet: [],
    steps,
    decrease: changes.some(isDecrease),
    ...(restarts && { restarts }),
    ...(drops.length > 0 && { drops }),
    ...(cost && { cost }),
    createdAt: now.toISOString(),
    expiresAt: expiryOf(facts, clocks.expireAfterSeconds),
    startWithinSeconds: clocks.startWithinSeconds,
  };
}

function componentNamed(workload: WorkloadRef, { workloads }: System): string {
  const own = [...workloads].find(([, each]) => targetKey(each) === targetKey(workload));
  return own?.[0] ?? workload.name;
}
