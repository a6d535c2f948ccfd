// Drivers that do not grow a volume in use: one leaves the file system to the next start of a pod, one cannot grow at all.
import { timestamp } from '../clock.ts';
import type { Json, JsonObject } from '../json.ts';
import { clone, object, objects, uidOf } from '../json.ts';
import { claim } from '../resources/storage.ts';
import type { ClusterState } from '../state.ts';
import { isReady, writeStatus } from './actor.ts';

/** What `parameters.expansion` of a class may say of its driver. (Default: it grows volumes in use.) */
type Expansion = 'at-pod-start' | 'infeasible';

const told = {
  'at-pod-start': {
    type: 'FileSystemResizePending',
    message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.',
    resource: 'NodeResizePending',
  },
  infeasible: {
    type: 'ControllerResizeError',
    message: 'failed to expand pvc with rpc error: code = OutOfRange desc = quota of the pool',
    resource: 'ControllerResizeInfeasible',
  },
} as const satisfies Record<Expansion, unknown>;

/** The pods that used a claim when its growth began: their mounts keep the old size. */
const usedBy = new WeakMap<ClusterState, Map<string, ReadonlySet<string>>>();

/** One look at a claim whose volume is to be larger than its file system. */
export function growLater(
  state: ClusterState,
  held: JsonObject,
  { how, users }: { readonly how: Expansion; readonly users: readonly JsonObject[] },
): void {
  const began = usedBy.get(state) ?? new Map<string, ReadonlySet<string>>();
  usedBy.set(state, began);
  const before = began.get(uidOf(held));
  const status = clone(object(held, 'status'));
  const wished: Json = clone(object(held, 'spec', 'resources', 'requests'));
  if (before === undefined) {
    began.set(uidOf(held), new Set(users.map(uidOf)));
  } else if (
    how === 'at-pod-start' &&
    users.some((pod) => !before.has(uidOf(pod)) && isReady(pod))
  ) {
    began.delete(uidOf(held));
    const {
      conditions: _done,
      allocatedResources: _a,
      allocatedResourceStatuses: _s,
      ...rest
    } = status;
    writeStatus(state, claim, held, {
      ...rest,
      capacity: { ...object(status, 'capacity'), ...wished },
    });
    return;
  }
  const { type, message, resource } = told[how];
  const since = objects(held, 'status', 'conditions').find((each) => each['type'] === type);
  const lastTransitionTime = since?.['lastTransitionTime'] ?? timestamp(state.clock.now());
  writeStatus(state, claim, held, {
    ...status,
    conditions: [{ type, status: 'True', lastProbeTime: null, lastTransitionTime, message }],
    allocatedResources: wished,
    allocatedResourceStatuses: { storage: resource },
  });
}
