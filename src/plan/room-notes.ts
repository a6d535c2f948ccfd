// What a plan that adds pods says about room for them: only what keeps them from starting, as a card is read at night.

import type { ClusterState } from '../change/compare.ts';
import { type Room, type WantedPods } from '../sizing/room.ts';
import { isRoomKnown, roomNotes } from '../sizing/room-words.ts';
import type { Plan } from './plan.ts';

/** Said where a plan is a step into the unknown anyway, and taken back once room is known. */
export const roomNotKnown = 'whether nodes and quota have room for more pods is not known';

/** The pods a plan adds to what was seen; undefined when it adds none. */
export function podsAdded(plan: Plan, seen: ClusterState | undefined): WantedPods | undefined {
  const { changes, replicas, component, workload } = plan;
  const shape = seen?.workload?.pod;
  if (changes.length === 0 || replicas.after <= replicas.before || shape === undefined) {
    return undefined;
  }
  return {
    component,
    namespace: workload.namespace,
    owner: `${workload.kind}/${workload.name}`,
    replicas: replicas.after,
    shape,
    now: { replicas: replicas.before, shape },
  };
}

/** The plan with what stands in the way of its pods. A quota may be raised yet, so it stops nobody from approving. */
export function withRoom(plan: Plan, room: Room): Plan {
  const notes = isRoomKnown(room) ? plan.notes.filter((note) => note !== roomNotKnown) : plan.notes;
  return { ...plan, notes: [...notes, ...roomNotes(room)] };
}
