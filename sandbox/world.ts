// The world of GL-008 without accounts: workspace, cluster and metrics started together, and a queue that the cluster's workers drain.

import type { Component, Profile, Trigger } from '../src/profile/profile.ts';
import { fillPromql } from '../src/profile/promql.ts';
import { type Cluster, startCluster } from './cluster/server.ts';
import type { Timings } from './cluster/state.ts';
import { createLoadModel } from './load-model.ts';
import { profileObjects } from './profile-objects.ts';
import type { Rule } from './prometheus/rules.ts';
import { type RunningPrometheus, startPrometheus } from './prometheus/server.ts';
import { type RunningSlack, type SlackOptions, startSlack } from './slack/server.ts';

export interface WorldOptions {
  readonly slack: SlackOptions;
  /** The capacity model, `profiles/gl-008.yaml`. */
  readonly profile: Profile;
  /** Jobs that wait at the start. */
  readonly backlog: number;
  /** (Default: 300.) */
  readonly arrivalPerMinute?: number;
  /** How long pods take. (Default: a second to start, none to become ready.) */
  readonly timings?: Partial<Timings>;
  /** How long the alert's expression must be true before it fires. (Default: what the profile says.) */
  readonly alertFor?: string;
}

export interface SandboxWorld {
  readonly slack: RunningSlack;
  readonly cluster: Cluster;
  readonly prometheus: RunningPrometheus;
  readonly namespace: string;
  readonly arrivalPerMinute: number;
  /** Jobs that wait now, not rounded. */
  backlog(): number;
  /** Puts so many jobs in the queue and lets it stand still. */
  hold(backlog: number): void;
  /** Lets the queue go on, so many times as fast as the clock. (Default: 1.) */
  flow(speed?: number): void;
  /** Lets the queue go on as fast as it takes to be below its target in about so many seconds. Throws when it would only grow. */
  drainWithin(seconds: number): void;
  /** Puts the workers back to their baseline, as somebody with kubectl would. */
  resetWorkers(): void;
  stop(): Promise<void>;
}

const arrivalDefault = 300;
/** The inspector's autoscaler is content with this. */
const inspectorCpuPercent = 58;

/** Starts everything on 127.0.0.1. The queue stands still until it is told to flow. */
export async function startWorld(options: WorldOptions): Promise<SandboxWorld> {
  const { profile } = options;
  const { component, trigger } = backlogOf(profile);
  const { namespace, name } = component.workload;
  const arrivalPerMinute = options.arrivalPerMinute ?? arrivalDefault;
  const perPod = component.throughput?.perMinute ?? 0;

  const slack = await startSlack(options.slack);
  const cluster = await startCluster({ ...(options.timings && { timings: options.timings }) });
  const prometheus = await startPrometheus();
  cluster.control.seed(profileObjects(profile));
  cluster.control.setUtilization(namespace, 'steam-trap-inspector', { cpu: inspectorCpuPercent });

  let speed = 0;
  let readyPods = 0;
  const load = createLoadModel({
    backlog: options.backlog,
    arrivalPerMinute,
    throughputPerPodPerMinute: perPod,
    readyPods: () => readyPods,
    speed: () => speed,
  });
  cluster.control.onChange((change) => {
    if (change.namespace !== namespace || change.name !== name) return;
    load.step();
    readyPods = change.readyReplicas;
    load.step();
  });
  load.serveOn(prometheus.control, {
    depth: { name: 'inspection_queue_depth', labels: { namespace, queue: 'inspections' } },
    enqueued: { name: 'inspections_enqueued_total', labels: { namespace } },
  });
  prometheus.control.setRules([backlogRule(trigger, component, options.alertFor)]);

  const flow = (times: number): void => {
    load.step();
    speed = times;
    load.step();
  };
  return {
    slack,
    cluster,
    prometheus,
    namespace,
    arrivalPerMinute,
    backlog: () => load.backlog(),
    hold: (backlog) => {
      flow(0);
      load.setBacklog(backlog);
    },
    flow: (times = 1) => flow(times),
    drainWithin: (seconds) => {
      const perMinute = readyPods * perPod - arrivalPerMinute;
      if (!(perMinute > 0)) throw new Error(`${readyPods} workers cannot drain the queue`);
      const minutes = Math.max(0, load.backlog() - trigger.target) / perMinute;
      flow(Math.max(1, (minutes * 60) / seconds));
    },
    resetWorkers: () => {
      const target = { kind: component.workload.kind, namespace, name };
      cluster.control.patch(target, { spec: { replicas: component.replicas.baseline } }, 'kubectl');
    },
    stop: async () => {
      await Promise.all([slack.stop(), cluster.stop(), prometheus.stop()]);
    },
  };
}

function backlogOf(profile: Profile): {
  readonly component: Component;
  readonly trigger: Extract<Trigger, { kind: 'backlog' }>;
} {
  const trigger = [...profile.triggers.values()].find((each) => each.kind === 'backlog');
  const component = profile.components.get(trigger?.component ?? '');
  if (trigger?.kind !== 'backlog' || component === undefined) {
    throw new Error(`profile ${profile.id} has no trigger for a backlog`);
  }
  return { component, trigger };
}

/** The guide's rule, with the labels and texts it would have in a rule file. */
function backlogRule(
  trigger: Trigger,
  { workload }: Component,
  alertFor: string | undefined,
): Rule {
  const { namespace, name, container } = workload;
  return {
    alert: trigger.alert,
    expr: fillPromql(trigger.expr, { namespace, workload: name, container }),
    for: alertFor ?? `${trigger.forMs / 1000}s`,
    labels: { namespace, severity: 'warning', service: 'steam-trap-inspector' },
    annotations: {
      summary: 'Large inspection queue backlog - scale up workers',
      description: `{{ $value }} inspections wait in ${namespace}; above ${trigger.fireAt} the workers no longer keep up.`,
      value: '{{ $value }}',
    },
  };
}
