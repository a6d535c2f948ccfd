// The parts of a pod's status as a kubelet writes them: conditions and the states of containers.
import type { Json, JsonObject } from '../json.ts';
import { nameOf, objects, text, uidOf } from '../json.ts';

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
const containerStatus = (container: JsonObject, more: JsonObject): JsonObject => ({
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

const containersOf = (held: JsonObject) => objects(held, 'spec', 'containers');

/** What identifies a container that has run. */
const identity = (held: JsonObject, container: JsonObject): JsonObject => ({
  imageID: `docker.io/sandbox@sha256:${'0'.repeat(64)}`,
  containerID: `containerd://${uidOf(held).replaceAll('-', '')}${text(container, 'name')}`,
});

/** What a node said of the resources of a container stays until it says something else. */
function reported(held: JsonObject, container: JsonObject): JsonObject {
  const before = objects(held, 'status', 'containerStatuses').find(
    (item) => item['name'] === container['name'],
  );
  return Object.fromEntries(
    ['allocatedResources', 'resources'].flatMap((key) => {
      const value = before?.[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** Containers at work. */
export function runningStatuses(
  held: JsonObject,
  now: string,
  ready: boolean,
  restartCount: number,
): Json[] {
  const [before] = objects(held, 'status', 'containerStatuses');
  const startedAt = text(before, 'state', 'running', 'startedAt') || now;
  return containersOf(held).map((container) =>
    containerStatus(container, {
      state: { running: { startedAt } },
      ready,
      restartCount,
      ...identity(held, container),
      started: true,
      ...reported(held, container),
    }),
  );
}

/** Containers whose image cannot be had. */
export const pullStatuses = (held: JsonObject): Json[] =>
  containersOf(held).map((container) =>
    containerStatus(container, {
      state: {
        waiting: {
          reason: 'ImagePullBackOff',
          message: `Back-off pulling image "${text(container, 'image')}"`,
        },
      },
    }),
  );

/** How a container that failed came to its end. */
export type Death = 'Error' | 'OOMKilled';
const exitCodes = { Error: 1, OOMKilled: 137 } as const satisfies Record<Death, number>;

/** Containers that fail again and again. */
export const crashStatuses = (
  held: JsonObject,
  now: string,
  death: Death,
  restartCount: number,
): Json[] =>
  containersOf(held).map((container) =>
    containerStatus(container, {
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: `back-off restarting failed container=${text(container, 'name')} pod=${nameOf(held)}`,
        },
      },
      lastState: {
        terminated: { exitCode: exitCodes[death], reason: death, startedAt: now, finishedAt: now },
      },
      restartCount,
      ...identity(held, container),
    }),
  );

/** The containers of a pod whose work is done, or has failed. */
export function endedStatuses(held: JsonObject, now: string, death: Death | undefined): Json[] {
  const [before] = objects(held, 'status', 'containerStatuses');
  const startedAt = text(before, 'state', 'running', 'startedAt') || now;
  return containersOf(held).map((container) =>
    containerStatus(container, {
      state: {
        terminated: {
          exitCode: death === undefined ? 0 : exitCodes[death],
          reason: death ?? 'Completed',
          startedAt,
          finishedAt: now,
        },
      },
      ...identity(held, container),
    }),
  );
}
