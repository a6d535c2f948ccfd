// What a plan that adds pods says about room for them: only what keeps them from starting, as a card is read at night.

import type { ClusterState } from '../change/compare.ts';
import { parseCpuMillicores, parseMemoryMi } from '../profile/quantity.ts';
import type { PodShape, Stated } from '../sizing/pod-need.ts';
import { type Room, type WantedPods } from '../sizing/room.ts';
import { isRoomKnown, roomNotes } from '../sizing/room-words.ts';
import type { Plan } from './plan.ts';

/** Said where a plan is a step into the unknown anyway, and taken back once room is known. */
export const roomNotKnown = 'whether nodes and quota have room for more pods is not known';

/** The pods a plan adds to what was seen, or makes bigger; undefined when it does neither. */
export function podsAdded(plan: Plan, seen: ClusterState | undefined): WantedPods | undefined {
  const { steps, replicas, component, workload } = plan;
  const shape = seen?.workload?.pod;
  const grows = replicas.after > replicas.before || plan.requests !== undefined;
  if (steps.length === 0 || !grows || shape === undefined) return undefined;
  return {
    component,
    namespace: workload.namespace,
    owner: `${workload.kind}/${workload.name}`,
    replicas: replicas.after,
    shape: resized(shape, plan),
    now: { replicas: replicas.before, shape },
  };
}

const miBytes = 2 ** 20;

/** The pod as it will be; what its container may use at most stands in the patch alone. */
function resized(shape: PodShape, { requests: move, steps }: Plan): PodShape {
  if (move === undefined) return shape;
  const fields = steps.flatMap((step) => (step.kind === 'patch' ? step.fields : []));
  const limit = (what: string, parse: (text: string) => number | undefined) => {
    const after = fields.find((field) => field.what === what)?.after;
    return typeof after === 'string' ? parse(after) : undefined;
  };
  const requests = stated(move.after.cpuMillicores, move.after.memoryMi);
  const limits = stated(
    limit('cpu limit', parseCpuMillicores),
    limit('memory limit', parseMemoryMi),
  );
  const containers = shape.containers.map((container) =>
    container.name === move.container
      ? {
          ...container,
          requests: { ...container.requests, ...requests },
          limits: { ...container.limits, ...limits },
        }
      : container,
  );
  return { ...shape, containers };
}

function stated(cpuMillicores: number | undefined, memoryMi: number | undefined): Stated {
  return {
    ...(cpuMillicores !== undefined && { cpuMillicores }),
    ...(memoryMi !== undefined && { memoryBytes: memoryMi * miBytes }),
  };
}

/** The plan with what stands in the way of its pods. A quota may be raised yet, so it stops nobody from approving. */
export function withRoom(plan: Plan, room: Room): Plan {
  const notes = isRoomKnown(room) ? plan.notes.filter((note) => note !== roomNotKnown) : plan.notes;
  return { ...plan, notes: [...notes, ...roomNotes(room)] };
}
