// Looks whether a cluster has room for the pods a plan adds, before the plan is frozen; one look, and only when it adds some.

import type { ClusterState } from '../change/compare.ts';
import type { Plan } from '../plan/plan.ts';
import { podsAdded, withRoom } from '../plan/room-notes.ts';
import { roomFor } from '../sizing/room.ts';
import { isRoomKnown, roomLines } from '../sizing/room-words.ts';
import type { Parts } from './parts.ts';

/** A card says nothing of room that is not known: the log does, and whoever asks for the system's size is told. */
export async function noteRoom(
  plan: Plan,
  seen: ClusterState | undefined,
  { lookForRoom, log }: Pick<Parts, 'lookForRoom' | 'log'>,
): Promise<Plan> {
  const wanted = podsAdded(plan, seen);
  if (wanted === undefined) return plan;
  const facts = await lookForRoom(plan.workload.cluster, [wanted.namespace]);
  const room = roomFor([wanted], facts);
  if (!isRoomKnown(room)) {
    const said = roomLines(room).map(({ text }) => text);
    log.info({ planId: plan.id, said }, 'not all is known of the room for a plan');
  }
  return withRoom(plan, room);
}
