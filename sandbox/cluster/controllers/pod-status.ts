// The parts of a pod's status: conditions and container states.
import type { Json, JsonObject } from '../json.ts';
import { objects, text } from '../json.ts';

/** A condition; its time stays while its status does. */
export function podCondition(
  held: JsonObject,
  type: string,
  status: 'True' | 'False',
  now: string,
  reason?: string,
): JsonObject {
  const before = objects(held, 'status', 'conditions').find((item) => item['type'] === type);
  const since = before?.['status'] === status ? text(before, 'lastTransitionTime') : now;
  return {
    type,
    status,
    lastProbeTime: null,
    lastTransitionTime: since,
    ...(reason === undefined ? {} : { reason, message: reason }),
  };
}

/** The state of a container that waits, with what is known of it better. */
export const containerStatus = (container: JsonObject, more: JsonObject): JsonObject => ({
  name: text(container, 'name'),
  state: {},
  lastState: {},
  ready: false,
  restartCount: 0,
  image: text(container, 'image'),
  imageID: '',
  started: false,
  ...more,
});

/** The states of the containers of a pod whose work is done, or has failed. */
export function terminatedStatuses(held: JsonObject, now: string, hasFailed: boolean): Json[] {
  const [before] = objects(held, 'status', 'containerStatuses');
  const startedAt = text(before, 'state', 'running', 'startedAt') || now;
  return objects(held, 'spec', 'containers').map((container) =>
    containerStatus(container, {
      state: {
        terminated: {
          exitCode: hasFailed ? 1 : 0,
          reason: hasFailed ? 'Error' : 'Completed',
          startedAt,
          finishedAt: now,
        },
      },
      started: false,
    }),
  );
}
