// What goes wrong in a history: processes die and freeze, connections break, the cluster and Slack refuse or stay silent.

import type { CheckpointName } from '../../src/ports.ts';
import type { AppProcess } from './app-process.ts';
import type { World } from './world.ts';

const checkpoints = {
  'vote-stored': true,
  'run-queued': true,
  'run-claimed': true,
  'observed-again': true,
  'locks-taken': true,
  'write-announced': true,
  'write-sent': true,
  'write-stored': true,
  'revert-announced': true,
  'revert-sent': true,
  'revert-stored': true,
  'gate-held': true,
  'gate-passed': true,
  'give-back-queued': true,
  'give-back-announced': true,
  'give-back-sent': true,
  'give-back-stored': true,
  'give-back-ended': true,
  'rollout-seen': true,
  'run-ended': true,
  'outcome-judged': true,
} as const satisfies Record<CheckpointName, true>;
const checkpointNames = Object.keys(checkpoints) as CheckpointName[];

/** One thing goes wrong, for one process or for all. */
export function accident(world: World, process: AppProcess): void {
  const { prng } = world;
  const half = () => (prng.chance(0.5) ? 0 : prng.pick([0.1, 0.4, 1]));
  const happens = prng.weighted({
    doom: 5,
    freeze: 4,
    kill: 2,
    terminate: 1,
    break: 4,
    away: 1,
    cluster: 4,
    network: 2,
    slack: 2,
    metrics: 1,
    queue: 1,
  });
  switch (happens) {
    case 'doom': {
      const point = prng.pick(checkpointNames);
      process.doom = { point, left: prng.between(1, 2) };
      return world.trace(`${process.name} will die at ${point}`);
    }
    case 'freeze':
      process.isFrozen = true;
      return world.trace(`${process.name} freezes`);
    case 'kill':
      return process.kill();
    case 'terminate':
      process.stop();
      return world.trace(`${process.name} is asked to stop`);
    case 'break': {
      const when = prng.pick(['before', 'after'] as const);
      const statements = prng.between(1, 14);
      const dies = prng.chance(0.4);
      world.trace(
        `${process.name} loses the database ${when} statement ${statements}${dies ? ' and dies' : ''}`,
      );
      const onBreak = () => (dies ? process.kill() : undefined);
      return process.database.order({ statements, when, onBreak });
    }
    case 'away':
      process.database.isAway = !process.database.isAway;
      return world.trace(
        `${process.name} ${process.database.isAway ? 'does not reach' : 'reaches'} the database`,
      );
    case 'cluster':
      return clusterFault(world);
    case 'network':
      world.lateness = half();
      return world.trace(`writes are late: ${world.lateness}`);
    case 'slack':
      world.slack.trouble = half();
      return world.trace(`Slack's trouble: ${world.slack.trouble}`);
    case 'metrics':
      world.metricTrouble = half();
      return world.trace(`Prometheus' trouble: ${world.metricTrouble}`);
    case 'queue':
      world.queueTrouble = half();
      return world.trace(`the queue's trouble: ${world.queueTrouble}`);
  }
}

function clusterFault(world: World): void {
  const { prng, cluster } = world;
  const what = prng.pick(['after', 'before', '409', '422', '429', '500', '503', 'read'] as const);
  const times = prng.between(1, 3);
  world.trace(`cluster fault: ${what} ×${times}`);
  const write = { method: 'PATCH' };
  switch (what) {
    case 'after':
      return cluster.control.injectFault({ match: write, dropAfterWrite: true, times });
    case 'before':
      return cluster.control.injectFault({ match: write, drop: true, times });
    case 'read': {
      const status = prng.pick([500, 503, 429]);
      const match = { method: 'GET', path: '/deployments/worker' };
      return cluster.control.injectFault({ match, status, times: times * 2 });
    }
    case '429': {
      const headers = { 'retry-after': String(prng.between(1, 20)) };
      return cluster.control.injectFault({ match: write, status: 429, headers, times });
    }
    case '409':
    case '422':
    case '500':
    case '503':
      return cluster.control.injectFault({ match: write, status: Number(what), times });
  }
}
