// What every workflow is given; each takes from it what it needs.

import type { AllowedByCluster } from '../change/allowed.ts';
import type { CommandNames } from '../command/command-names.ts';
import type { System, Systems } from '../plan/system.ts';
import type {
  Chat,
  Checkpoint,
  Clock,
  Clusters,
  Counters,
  Databases,
  DrawPicture,
  Log,
  LookForRoom,
  MetricsOf,
  NewId,
  Probe,
  Queue,
  Stop,
  Store,
  WorkloadReader,
} from '../ports.ts';

export interface Parts {
  readonly store: Store;
  readonly clusters: Clusters;
  /** What may be written in each cluster; `clusters` refuses everything else. */
  readonly allowed: AllowedByCluster;
  /** What headroom.yaml does not allow in one is refused here. */
  readonly databases: Databases;
  readonly lookForRoom: LookForRoom;
  readonly readWorkload: WorkloadReader;
  readonly metricsOf: MetricsOf;
  readonly probe: Probe;
  readonly queue: Queue;
  readonly chat: Chat;
  readonly drawPicture: DrawPicture;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly checkpoint: Checkpoint;
  readonly systems: Systems;
  /** Slack users who may stop and resume. */
  readonly operators: readonly string[];
  readonly commands: CommandNames;
  readonly log: Log;
  readonly counters: Counters;
  /** Wakes the loops up: something they wait for was stored just now. */
  readonly wake: (what: 'alerts' | 'commands' | 'messages' | 'runs') => void;
}

/** Words for each stop in force that covers a system. */
export function stopsCovering(
  stops: readonly Stop[],
  system: Pick<System, 'id'> & { readonly clusters: readonly string[] },
): string[] {
  const scopes = [
    '*',
    `system:${system.id}`,
    ...system.clusters.map((cluster) => `cluster:${cluster}`),
  ];
  return stops
    .filter((stop) => scopes.includes(stop.scope))
    .map((stop) => {
      const what = stop.scope === '*' ? 'Everything' : stop.scope.replace(':', ' ');
      const reason = stop.reason === undefined ? '' : `: ${stop.reason}`;
      const by = /^[UW][A-Z0-9]+$/.test(stop.by) ? `<@${stop.by}>` : stop.by;
      return `${what} is stopped by ${by}${reason}`;
    });
}
