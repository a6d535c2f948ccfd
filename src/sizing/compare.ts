// Compares a sizing with what runs: what would change, and what the running system needs however the formula argues.
import { formatNumber } from '../profile/amount.ts';
import type { Pod, Profile } from '../profile/profile.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { type CostMove, costMove, podUsdPerMonth, type Rates } from './cost.ts';
import type { Sized, SizedComponent } from './sized.ts';

/** What runs now of one component, and what it was seen to need; what is not known is absent. */
export interface ObservedComponent {
  readonly id: string;
  readonly replicas?: number | undefined;
  readonly pod?: Partial<Pod> | undefined;
  /** Highest use of one pod over the window: p99 of CPU, maximum of memory. */
  readonly cpuP99Millicores?: number | undefined;
  readonly memoryMaxMi?: number | undefined;
}

/** One field that a plan would change. */
export interface PlannedChange {
  readonly component: string;
  readonly field: 'replicas' | 'cpuRequestMillicores' | 'memoryRequestMi';
  readonly current: number;
  readonly planned: number;
  /** It takes capacity away, so the stricter rules count. */
  readonly decrease: boolean;
}

export interface Comparison {
  /** The sizing with no pod below what was seen to be needed. */
  readonly components: readonly SizedComponent[];
  readonly changes: readonly PlannedChange[];
  /** Where observed need overrules the formula, and what could not be compared, one sentence each. */
  readonly notes: readonly string[];
}

/** Room above observed need: a fifth, as the guides take it for right-sizing (a guide's right-sizing: P95 + 20 %). */
const MARGIN = 1.2;

/** What the sizing changes of what runs. Nothing observed means nothing is compared, and that is said. */
export function compare(
  profile: Profile,
  sized: Sized,
  observed: readonly ObservedComponent[],
): Comparison {
  const notes: string[] = [];
  const components = sized.components.map((component) => {
    const seen = observed.find(({ id }) => id === component.id);
    return seen === undefined
      ? component
      : atLeastNeeded(notLessBlindly(component, seen, sized.parts, notes), seen, profile, notes);
  });
  const changes = components.flatMap((component) => {
    const seen = observed.find(({ id }) => id === component.id);
    if (seen === undefined || seen.replicas === undefined) {
      notes.push(`${component.id}: it is not known what runs now, so nothing is compared`);
      return [];
    }
    notes.push(...notComparedNotes(component.id, seen));
    return changesOf(component, seen, sized.parts);
  });
  if (sized.parts > 1 && changes.length > 0) {
    const into = sized.sizing.split?.into ?? 'parts';
    notes.push(
      `${formatNumber(sized.parts)} ${into} are planned, and these are the pods of each: what runs as one must not shrink before the others run`,
    );
  }
  return { components, changes, notes };
}

/** What is not known never argues for less: without a measured need a pod keeps its size, and a workload its pods. */
function notLessBlindly(
  component: SizedComponent,
  { replicas, pod: now, cpuP99Millicores, memoryMaxMi }: ObservedComponent,
  parts: number,
  notes: string[],
): SizedComponent {
  const { id, pod } = component;
  const kept: string[] = [];
  const keep = (what: string, planned: number, current: number | undefined, known: boolean) => {
    if (known || current === undefined || current <= planned) return planned;
    kept.push(what);
    return current;
  };
  const cpuKnown = cpuP99Millicores !== undefined;
  const memoryKnown = memoryMaxMi !== undefined;
  const cpu = keep('CPU request', pod.cpuMillicores, now?.cpuMillicores, cpuKnown);
  const memory = keep('memory request', pod.memoryMi, now?.memoryMi, memoryKnown);
  const pods =
    parts > 1
      ? component.replicas
      : keep('replicas', component.replicas, replicas, cpuKnown && memoryKnown);
  if (kept.length === 0) return component;
  notes.push(
    `${id}: what its pods need was not measured, so nothing of it is made smaller (${kept.join(', ')})`,
  );
  const raised = { cpuMillicores: cpu, memoryMi: memory };
  return { ...component, replicas: pods, pod: withRoom(pod, raised, 1) };
}

function notComparedNotes(id: string, { pod }: ObservedComponent): readonly string[] {
  const missing = [
    ...(pod?.cpuMillicores === undefined ? ['CPU'] : []),
    ...(pod?.memoryMi === undefined ? ['memory'] : []),
  ];
  return missing.length === 0
    ? []
    : [`${id}: its pods request no ${missing.join(' and no ')} now, so that is not compared`];
}

/**
 * Keeps observed need where the formula asks for less: the CPU of the busiest hour and the most memory ever seen, with
 * room. Fewer pods share the same load, so each needs more of both; more pods may each need as much as today until that is
 * seen.
 */
function atLeastNeeded(
  component: SizedComponent,
  seen: ObservedComponent,
  profile: Profile,
  notes: string[],
): SizedComponent {
  const { pod, replicas, id } = component;
  const spread = Math.max(1, (seen.replicas ?? replicas) / Math.max(1, replicas));
  const need = (observed: number | undefined): number =>
    observed === undefined ? 0 : ceilTolerant(observed * spread * MARGIN);
  const cpu = need(seen.cpuP99Millicores);
  const memory = need(seen.memoryMaxMi);
  if (cpu <= pod.cpuMillicores && memory <= pod.memoryMi) return component;
  const shared =
    spread > 1
      ? ` with ${formatNumber(seen.replicas ?? replicas)} of them, now shared by ${formatNumber(replicas)}`
      : '';
  const kept = (seenText: string, keptText: string, formula: string) =>
    `${id}: pods were seen to need ${seenText}${shared}, so ${keptText} is kept where the formula says ${formula}`;
  if (cpu > pod.cpuMillicores) {
    const p99 = `${formatCpu(ceilTolerant(seen.cpuP99Millicores ?? 0))} (p99)`;
    notes.push(kept(p99, formatCpu(cpu), formatCpu(pod.cpuMillicores)));
  }
  if (memory > pod.memoryMi) {
    const most = `${formatMemory(ceilTolerant(seen.memoryMaxMi ?? 0))} (maximum)`;
    notes.push(kept(most, formatMemory(memory), formatMemory(pod.memoryMi)));
  }
  const known = profile.components.get(id);
  const raised = {
    cpuMillicores: Math.max(pod.cpuMillicores, cpu),
    memoryMi: Math.max(pod.memoryMi, memory),
  };
  const podMax = known?.podMax;
  if (
    podMax !== undefined &&
    (raised.cpuMillicores > podMax.cpuMillicores || raised.memoryMi > podMax.memoryMi)
  ) {
    notes.push(
      `${id}: that is more than the ${formatCpu(podMax.cpuMillicores)} and ${formatMemory(podMax.memoryMi)} a pod may have (${podMax.source}); more pods are the way`,
    );
  }
  return { ...component, pod: withRoom(pod, raised, known?.limitFactor?.value ?? 1) };
}

/** The raised requests, with limits that are not below them. */
function withRoom(
  { cpuLimitMillicores, memoryLimitMi }: Pod,
  raised: Pick<Pod, 'cpuMillicores' | 'memoryMi'>,
  factor: number,
): Pod {
  const limit = (now: number, request: number) => Math.max(now, ceilTolerant(request * factor));
  return {
    ...raised,
    ...(cpuLimitMillicores !== undefined && {
      cpuLimitMillicores: limit(cpuLimitMillicores, raised.cpuMillicores),
    }),
    ...(memoryLimitMi !== undefined && { memoryLimitMi: limit(memoryLimitMi, raised.memoryMi) }),
  };
}

function changesOf(
  { id, replicas, pod }: SizedComponent,
  seen: ObservedComponent,
  parts: number,
): readonly PlannedChange[] {
  const change = (
    field: PlannedChange['field'],
    current: number | undefined,
    planned: number,
  ): readonly PlannedChange[] =>
    current === undefined || current === planned
      ? []
      : [{ component: id, field, current, planned, decrease: planned < current }];
  return [
    // What runs is one part; of more parts only the size of a pod can be compared.
    ...(parts === 1 ? change('replicas', seen.replicas, replicas) : []),
    ...change('cpuRequestMillicores', seen.pod?.cpuMillicores, pod.cpuMillicores),
    ...change('memoryRequestMi', seen.pod?.memoryMi, pod.memoryMi),
  ];
}

/**
 * What the requests of all pods cost a month, now and as planned; undefined when not all of what runs is known, or where
 * nobody says what machines cost.
 */
export function requestsCost(
  components: readonly SizedComponent[],
  observed: readonly ObservedComponent[],
  parts: number,
  ratesOf: (component: string) => Rates | undefined,
): CostMove | undefined {
  let before = 0;
  let after = 0;
  for (const { id, replicas, pod } of components) {
    const seen = observed.find((each) => each.id === id);
    const { cpuMillicores, memoryMi } = seen?.pod ?? {};
    const rates = ratesOf(id);
    if (rates === undefined || seen?.replicas === undefined) return undefined;
    if (cpuMillicores === undefined || memoryMi === undefined) return undefined;
    before += seen.replicas * podUsdPerMonth({ cpuMillicores, memoryMi }, rates);
    after += parts * replicas * podUsdPerMonth(pod, rates);
  }
  return costMove(before, after);
}

/** `replicas 4 → 9` with the unit of the field. */
export function changeWords({ component, field, current, planned }: PlannedChange): string {
  const words = {
    replicas: { name: 'replicas', format: formatNumber },
    cpuRequestMillicores: { name: 'CPU request', format: formatCpu },
    memoryRequestMi: { name: 'memory request', format: formatMemory },
  }[field];
  return `${component}: ${words.name} ${words.format(current)} → ${words.format(planned)}`;
}
