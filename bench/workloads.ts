// Makes workloads to assess, as a cluster and Prometheus would describe them: some fine, some not, some hardly known.
import type { ClusterState } from '../src/change/compare.ts';
import type { System } from '../src/plan/system.ts';
import type { Component, Profile, Trigger } from '../src/profile/profile.ts';
import { assembleSystems, parseHeadroomConfig } from '../src/settings/headroom-config.ts';

/** One component of one system with what was seen of it. */
export interface Workload {
  readonly system: System;
  readonly component: Component;
  readonly triggers: readonly Trigger[];
  readonly cluster: ClusterState;
  /** What Prometheus answered to each trigger, by how much of its level; undefined: nothing. */
  readonly shareOfLevel: number | undefined;
  readonly ageSeconds: number;
}

/** As many workloads, in as many systems as that takes, the profiles in turn; the same ones each time. */
export function makeWorkloads(
  profiles: ReadonlyMap<string, Profile>,
  count: number,
): readonly Workload[] {
  const all = [...profiles.values()];
  const components = all.reduce((sum, { components: each }) => sum + each.size, 0);
  const rounds = Math.ceil(count / components);
  const systems = systemsOf(profiles, rounds);
  return systems
    .flatMap((system) =>
      [...system.profile.components.values()].map((component) => ({ system, component })),
    )
    .slice(0, count)
    .map(({ system, component }, index) => ({
      system,
      component,
      triggers: [...system.profile.triggers.values()].filter(
        (trigger) => trigger.component === component.id,
      ),
      cluster: clusterOf(component, index),
      // From well below the level to well above it; every eleventh is not known.
      shareOfLevel: index % 11 === 0 ? undefined : 0.4 + (index % 16) / 10,
      // Every thirteenth is too old to count.
      ageSeconds: index % 13 === 0 ? 100_000 : 15,
    }));
}

/** Every profile once a round, each system in a namespace of its own, read as a headroom.yaml. */
function systemsOf(profiles: ReadonlyMap<string, Profile>, rounds: number): readonly System[] {
  const lines = ['clusters: { production: {} }', 'systems:'];
  for (let round = 0; round < rounds; round += 1) {
    for (const id of profiles.keys()) {
      const name = `${id}-${round}`;
      lines.push(
        `  ${name}: { profile: ${id}, mode: propose, cluster: production, namespace: ${name}, channel: C0BENCH }`,
      );
    }
  }
  const config = parseHeadroomConfig(lines.join('\n'), 'headroom.yaml', profiles);
  if (!config.ok) throw new Error(config.mistakes.map(({ message }) => message).join('\n'));
  return [...assembleSystems(config.value, profiles).values()];
}

function clusterOf(
  { replicas: { min, max }, pod, autoscaling }: Component,
  index: number,
): ClusterState {
  const replicas = min + (index % (max - min + 1));
  const hpa = autoscaling?.hpa;
  return {
    workload: {
      resourceVersion: String(index),
      replicas,
      readyReplicas: index % 7 === 0 ? Math.max(0, replicas - 1) : replicas,
      updatedReplicas: replicas,
      observed: true,
      notReady: [],
      podCpuMillicores: pod.cpuMillicores,
      podMemoryMi: pod.memoryMi,
    },
    autoscaler: hpa && {
      name: hpa.name,
      resourceVersion: String(index),
      minReplicas: hpa.min,
      maxReplicas: hpa.max,
      active: index % 17 !== 0,
      limited: replicas >= hpa.max,
      metrics: [],
    },
    objects: [],
  };
}
