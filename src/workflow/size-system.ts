// Sizes a running system: measures the inputs nobody gave, sizes it, and compares that with what runs.

import type { WorkloadState } from '../change/compare.ts';
import type { System } from '../plan/system.ts';
import { promqlNamesOf, ratesOf } from '../plan/system.ts';
import type { Pod } from '../profile/profile.ts';
import { podPattern } from '../profile/promql.ts';
import {
  compare,
  type ObservedComponent,
  type PlannedChange,
  requestsCost,
} from '../sizing/compare.ts';
import type { CostMove } from '../sizing/cost.ts';
import { plannedShape } from '../sizing/planned-shape.ts';
import { roomFor, type WantedPods } from '../sizing/room.ts';
import { type RoomLine, roomLines } from '../sizing/room-words.ts';
import type { SizedComponent } from '../sizing/sized.ts';
import { type CapacityPlan, whatIf } from '../sizing/what-if.ts';
import { inputAgeSecondsMax, measureInputs } from './measure-inputs.ts';
import { observeTarget, readMetric } from './observe-target.ts';
import type { Parts } from './parts.ts';

type Looking = Pick<
  Parts,
  'clusters' | 'lookForRoom' | 'metricsOf' | 'clock' | 'counters' | 'databases'
>;

/** A system sized for what it holds now, beside what runs. */
export type SizedSystem =
  | {
      readonly kind: 'sized';
      readonly plan: CapacityPlan;
      readonly changes: readonly PlannedChange[];
      /** What all requests cost, where that is known of all that runs. */
      readonly cost?: CostMove;
      /** Where inputs were measured, where observed need counts more, and what is not known. */
      readonly notes: readonly string[];
      /** Whether the cluster has room for it; empty where nothing is recommended. */
      readonly room: readonly RoomLine[];
    }
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/** Sizes by what is given, measuring what is not; nothing is changed. */
export async function sizeSystem(
  system: System,
  given: ReadonlyMap<string, string>,
  parts: Looking,
): Promise<SizedSystem> {
  const measured = await measureInputs(system, given, parts);
  const result = whatIf(system.profile, measured.given, system.money);
  if (result.kind === 'misuse') {
    return { kind: 'misuse', mistakes: [...result.mistakes, ...measured.problems] };
  }
  const { recommended } = result;
  if (recommended === undefined) {
    return { kind: 'sized', plan: result, changes: [], notes: measured.notes, room: [] };
  }
  const seen = await Promise.all(
    recommended.components.map(({ id }, index) => observeComponent(system, id, index === 0, parts)),
  );
  const comparison = compare(
    system.profile,
    recommended,
    seen.map(({ component }) => component),
  );
  const cost = requestsCost(
    comparison.components,
    seen.map(({ component }) => component),
    recommended.parts,
    (component) => ratesOf(system, component),
  );
  return {
    kind: 'sized',
    plan: result,
    changes: comparison.changes,
    ...(cost && { cost }),
    notes: [...measured.notes, ...seen.flatMap(({ problems }) => problems), ...comparison.notes],
    room: await lookForRoom(
      system,
      { components: comparison.components, parts: recommended.parts, seen },
      parts,
    ),
  };
}

interface Seen {
  readonly component: ObservedComponent;
  readonly problems: readonly string[];
  /** Absent: it is not there, or its cluster could not be asked. */
  readonly workload?: WorkloadState;
}

/** Whether the nodes and quotas of its cluster have room for what was sized; what already runs is counted once. */
async function lookForRoom(
  system: System,
  { components, parts: split, seen }: Planned,
  parts: Looking,
): Promise<readonly RoomLine[]> {
  const wanted = components.flatMap(({ id, replicas, pod }): WantedPods[] => {
    const ref = system.workloads.get(id);
    if (ref === undefined) return [];
    const { replicas: running = 0, pod: live } =
      seen.find(({ component }) => component.id === id)?.workload ?? {};
    return [
      {
        component: id,
        namespace: ref.namespace,
        owner: `${ref.kind}/${ref.name}`,
        replicas,
        shape: plannedShape(pod, ref.container, live),
        ...(live && { now: { replicas: running, shape: live } }),
      },
    ];
  });
  if (wanted.length === 0) return [];
  const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
  const room = roomFor(wanted, await parts.lookForRoom(system.cluster, namespaces));
  return [...roomLines(room), ...(split > 1 ? [oneOf(split)] : [])];
}

interface Planned {
  readonly components: readonly SizedComponent[];
  readonly parts: number;
  readonly seen: readonly Seen[];
}

function oneOf(split: number): RoomLine {
  return {
    text: `That is room for one part of ${split}; where the others will run is not known`,
    warns: false,
  };
}

/** What runs of one component; with `use`, also what its busiest pod needed in two weeks. */
async function observeComponent(
  system: System,
  id: string,
  use: boolean,
  parts: Looking,
): Promise<Seen> {
  const { cluster, clusterProblem } = await observeTarget(system, id, parts);
  const workload = cluster?.workload;
  if (workload === undefined) {
    const why = clusterProblem ?? 'it is not in the cluster';
    return { component: { id }, problems: [`${id}: ${why}`] };
  }
  const { podCpuMillicores, podMemoryMi } = workload;
  const pod: Partial<Pod> = {
    ...(podCpuMillicores !== undefined && { cpuMillicores: podCpuMillicores }),
    ...(podMemoryMi !== undefined && { memoryMi: podMemoryMi }),
  };
  const need = use ? await needOf(system, id, parts) : { component: {}, problems: [] };
  return {
    component: { id, replicas: workload.replicas, pod, ...need.component },
    problems: need.problems,
    workload,
  };
}

/** Over two weeks, of the busiest pod: the p99 of CPU in millicores, the most memory in Mi. */
async function needOf(
  system: System,
  id: string,
  parts: Looking,
): Promise<{
  readonly component: Partial<ObservedComponent>;
  readonly problems: readonly string[];
}> {
  const names = promqlNamesOf(system, id);
  const kind = system.workloads.get(id)?.kind;
  if (names === undefined || kind === undefined) return { component: {}, problems: [] };
  const labels = `{namespace="$namespace",pod=~"${podPattern(kind)}",container="$container"}`;
  const ask = (promql: string) =>
    readMetric(
      { promql, names, cluster: system.cluster, maxAgeSeconds: inputAgeSecondsMax },
      parts,
    );
  const [cpu, memory] = await Promise.all([
    ask(
      `1000 * quantile_over_time(0.99, max(rate(container_cpu_usage_seconds_total${labels}[5m]))[14d:5m])`,
    ),
    ask(`max(max_over_time(container_memory_working_set_bytes${labels}[14d])) / 1048576`),
  ]);
  const problems = [
    ...(cpu.kind === 'value' ? [] : [`${id}: what CPU its pods needed is not known`]),
    ...(memory.kind === 'value' ? [] : [`${id}: what memory its pods needed is not known`]),
  ];
  return {
    component: {
      ...(cpu.kind === 'value' && { cpuP99Millicores: cpu.value }),
      ...(memory.kind === 'value' && { memoryMaxMi: memory.value }),
    },
    problems,
  };
}
