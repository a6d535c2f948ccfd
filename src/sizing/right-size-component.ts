// Puts together what is recommended for one component: its container's size, its number of pods where its guide asks for that, and the costs.
import { formatNumber } from '../profile/amount.ts';
import type { Component, Pod, Profile } from '../profile/profile.ts';
import type { ContainerSize, ContainerUsage } from './container-usage.ts';
import { type CostMove, costMove, podUsdPerMonth, type Rates } from './cost.ts';
import { type LiveContainer, type LiveWorkload, utilisationTargets } from './live-workload.ts';
import { type RightSize, rightSize } from './right-size.ts';
import { signsOfKills } from './right-size-obstacles.ts';
import { type ReplicasAdvice, rightSizeReplicas } from './right-size-replicas.ts';
import { usualRule } from './right-size-rule.ts';
import { amountText, resourceText } from './right-size-words.ts';

/** Another number of pods, beside another size of each. */
export interface SizedPods {
  readonly advice: ReplicasAdvice;
  readonly source: string;
  readonly cost?: CostMove;
}

/** What is recommended for a component by its use. */
export interface SizedContainer {
  readonly component: string;
  readonly result: RightSize;
  /** What all its pods cost with the sizes before and after, their number as it is. */
  readonly cost?: CostMove;
  /** Only where the profile answers use with pods too. It is instead of another size, not with it. */
  readonly pods?: SizedPods;
}

/** A component that could not be sized, and why. */
export interface NotSized {
  readonly component: string;
  readonly because: string;
}

export interface SizedComponentFacts {
  readonly profile: Pick<Profile, 'guide' | 'rightSize'>;
  readonly component: Component;
  readonly workload: LiveWorkload;
  readonly container: LiveContainer;
  readonly usage: ContainerUsage;
  /** Average use of a pod's container; asked for only where the profile has a rule for pods. */
  readonly average?: { readonly cpuMillicores?: number; readonly memoryMi?: number };
  readonly rates: Rates | undefined;
}

/** What the component should request and how many pods it should have. Nothing is changed. */
export function sizeComponent(facts: SizedComponentFacts): SizedContainer {
  const { profile, component, workload, container, usage, rates } = facts;
  const bounds = component.autoscaling?.vpa;
  const result = rightSize({
    container: container.name,
    usage,
    now: container.size,
    targets: utilisationTargets(workload, container.name),
    rule: ruleOf(profile),
    ...(bounds && { least: { cpu: bounds.min.cpu, memory: bounds.min.memory } }),
  });
  const pods = podsAdvice(facts, result);
  const notes = [...result.notes, ...notesOn(facts, result, pods?.advice)];
  const costOf = (size: ContainerSize, replicas: number) =>
    monthlyCost(workload, { container, size, replicas }, rates);
  const now = costOf(result.before, workload.replicas);
  const cost = costMove(now, costOf(result.after, workload.replicas));
  const costOfPods = pods && costMove(now, costOf(result.before, pods.advice.after));
  return {
    component: component.id,
    result: { ...result, notes },
    ...(cost && { cost }),
    ...(pods && { pods: { ...pods, ...(costOfPods && { cost: costOfPods }) } }),
  };
}

/** By which rule use is answered with pods of this component; undefined: by none. */
export function podsRuleOf({ rightSize: stated }: Pick<Profile, 'rightSize'>, component: string) {
  const rule = stated?.replicas;
  return rule?.component === undefined || rule.component === component ? rule : undefined;
}

/** The profile's rule with the name of its guide, else the usual one. */
function ruleOf({ guide, rightSize: rule }: SizedComponentFacts['profile']) {
  return rule === undefined ? usualRule : { ...rule, source: `${guide}, ${rule.source}` };
}

/** All pods with all their containers; nothing where the container requests nothing or there are no rates. */
function monthlyCost(
  { containers }: LiveWorkload,
  {
    container,
    size: { cpuRequestMillicores, memoryRequestMi },
    replicas,
  }: {
    readonly container: LiveContainer;
    readonly size: ContainerSize;
    readonly replicas: number;
  },
  rates: Rates | undefined,
): number | undefined {
  if (rates === undefined || cpuRequestMillicores === undefined || memoryRequestMi === undefined)
    return undefined;
  const pod = { cpuMillicores: cpuRequestMillicores, memoryMi: memoryRequestMi };
  for (const { name, size } of containers) {
    if (name === container.name) continue;
    pod.cpuMillicores += size.cpuRequestMillicores ?? 0;
    pod.memoryMi += size.memoryRequestMi ?? 0;
  }
  return replicas * podUsdPerMonth(pod, rates);
}

function podsAdvice(
  { profile, component, workload, container, usage, average }: SizedComponentFacts,
  { cpu, memory }: RightSize,
): Omit<SizedPods, 'cost'> | undefined {
  const rule = podsRuleOf(profile, component.id);
  if (rule === undefined) return undefined;
  const { cpuRequestMillicores, memoryRequestMi } = container.size;
  const { windowMs, samplesExpected, throttledShare } = usage;
  const tooSmall = [cpu, memory].filter(({ kind }) => kind === 'raise');
  const advice = rightSizeReplicas(
    {
      replicas: workload.replicas,
      cpuShare: shareOf(average?.cpuMillicores, cpuRequestMillicores),
      memoryShare: shareOf(average?.memoryMi, memoryRequestMi),
      cpuPeakShare: shareOf(usage.cpu.p99, cpuRequestMillicores),
      memoryPeakShare: shareOf(usage.memory.maximum, memoryRequestMi),
      windowMs,
      samplesExpected,
      samplesSeen: usage.cpu.samplesSeen,
      max: component.replicas.max,
      obstacles: [
        ...tooSmall.map(
          ({ resource }) => `each needs more ${resourceText(resource)} than it requests`,
        ),
        ...signsOfKills(usage),
        ...(throttledShare !== undefined && throttledShare > 0
          ? ['it was held back by its CPU limit']
          : []),
      ],
    },
    rule,
  );
  return { advice, source: `${profile.guide}, ${rule.source}` };
}

function shareOf(use: number | undefined, request: number | undefined): number | undefined {
  return use === undefined || request === undefined || request <= 0 ? undefined : use / request;
}

function notesOn(
  { component, workload, container }: SizedComponentFacts,
  { after }: RightSize,
  advice: ReplicasAdvice | undefined,
): readonly string[] {
  const others = workload.containers
    .map(({ name }) => name)
    .filter((name) => name !== container.name);
  const notes: string[] = [];
  if (others.length > 0)
    notes.push(`its pods have other containers, which were not looked at: ${others.join(', ')}`);
  const { podMax } = component;
  if (podMax !== undefined) notes.push(...tooLarge(after, podMax));
  if (advice !== undefined && advice.kind !== 'keep')
    for (const { name, min, max } of workload.autoscalers)
      notes.push(
        `autoscaler ${name} decides how many pods run (${formatNumber(min)} to ${formatNumber(max)}): for another number its bounds must change`,
      );
  if (workload.autoscalers.length > 1)
    notes.push('more than one autoscaler disable each other: leave one');
  return notes;
}

/** A size that its profile allows no pod is still what it needs, and then pods must share the work. */
function tooLarge(after: ContainerSize, podMax: Pod): readonly string[] {
  const checked = [
    ['cpu', after.cpuRequestMillicores, podMax.cpuMillicores],
    ['memory', after.memoryRequestMi, podMax.memoryMi],
  ] as const;
  return checked.flatMap(([resource, request, most]) =>
    request !== undefined && request > most
      ? [
          `${amountText(resource, request)} is more than the ${amountText(resource, most)} of ${resourceText(resource)} that one pod may request: more pods are needed`,
        ]
      : [],
  );
}
