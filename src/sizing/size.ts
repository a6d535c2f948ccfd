// Does the arithmetic of one sizing: parts, pods, limits, connections, and each reason why it does not fit.
import type { Evaluated, Formula, Values } from '../profile/formula.ts';
import type { Component, Pod, Profile, Sizing } from '../profile/profile.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { componentProblems } from './component-problems.ts';
import { connectionsOf, connectionsProblem } from './connections.ts';
import { databaseOf } from './database.ts';
import { remarksOf } from './remarks.ts';
import { type Sized, type SizedComponent, totalsOf } from './sized.ts';
import { partOf } from './values.ts';

/** Sizes by one sizing. `inherited` is the pod of the recommended sizing, for one that states none. */
export function size(
  profile: Profile,
  sizing: Sizing,
  inputs: Values,
  inherited: ReadonlyMap<string, Pod>,
): Sized {
  const part = partOf(profile, inputs, sizing.split);
  if (!part.ok) return without(sizing, [part.because], {});
  const counted = countComponents(profile, sizing, part.values, inherited);
  if (!counted.ok) return without(sizing, [counted.because], part.values);
  const { components } = counted;
  const main = components[0];
  if (main === undefined) return without(sizing, ['it sizes nothing'], part.values);
  const { cpuCores, memoryGib } = totalsOf(components, part.parts);
  const sized: Record<string, number> = {
    ...part.values,
    replicas: main.replicas,
    cpu_millicores: main.pod.cpuMillicores,
    memory_mi: main.pod.memoryMi,
    cpu_limit_millicores: main.pod.cpuLimitMillicores ?? main.pod.cpuMillicores,
    memory_limit_mi: main.pod.memoryLimitMi ?? main.pod.memoryMi,
    cpu_cores: cpuCores,
    memory_gib: memoryGib,
  };
  const connections = connectionsOf(profile, components, sized);
  const values = { ...sized, ...(connections.ok && { connections: connections.count }) };
  const database = databaseOf(profile, inputs, values);
  const reasons = [
    ...components.flatMap((each) => componentProblems(profile.components.get(each.id), each)),
    ...needProblems(sizing, values),
    ...totalProblems(sizing, components, part.parts, values),
    ...(connections.ok ? [] : [connections.because]),
    ...(database === undefined ? [] : connectionsProblem(profile, database, values, part.parts)),
  ];
  const guideCost = sizing.guideCostUsdPerMonth?.evaluate(values);
  return {
    sizing,
    parts: part.parts,
    components,
    feasible: reasons.length === 0,
    reasons,
    ...(sizing.note && { note: sizing.note.withNumbers(values) }),
    warnings: [
      ...remarksOf(sizing.warnings, values),
      ...components.flatMap((each) => autoscalerWarning(profile.components.get(each.id), each)),
    ],
    values,
    ...(guideCost?.ok === true && { guideCostUsdPerMonth: guideCost.value }),
    ...(database && { database }),
  };
}

function without(sizing: Sizing, reasons: readonly string[], values: Values): Sized {
  return { sizing, parts: 1, components: [], feasible: false, reasons, warnings: [], values };
}

type Counted =
  | { readonly ok: true; readonly components: readonly SizedComponent[] }
  | { readonly ok: false; readonly because: string };

function countComponents(
  profile: Profile,
  sizing: Sizing,
  values: Values,
  inherited: ReadonlyMap<string, Pod>,
): Counted {
  const main = countOne(profile, sizing.component, sizing, values, inherited);
  if (!main.ok) return main;
  const { pod, replicas } = main.component;
  const known: Values = {
    ...values,
    replicas,
    cpu_millicores: pod.cpuMillicores,
    memory_mi: pod.memoryMi,
  };
  const components = [main.component];
  for (const [id, each] of Object.entries(sizing.alongside)) {
    const counted = countOne(profile, id, each, known, inherited);
    if (!counted.ok) return { ok: false, because: `${id}: ${counted.because}` };
    components.push(counted.component);
  }
  return { ok: true, components };
}

function countOne(
  profile: Profile,
  id: string,
  stated: Pick<Sizing, 'replicas' | 'pod'>,
  values: Values,
  inherited: ReadonlyMap<string, Pod>,
):
  | { readonly ok: true; readonly component: SizedComponent }
  | { readonly ok: false; readonly because: string } {
  const count = stated.replicas.evaluate(values);
  if (!count.ok) return count;
  const replicas = ceilTolerant(count.value);
  const component = profile.components.get(id);
  if (component === undefined) return { ok: false, because: `there is no component ${id}` };
  if (stated.pod === undefined) {
    const pod = inherited.get(id) ?? component.pod;
    const limited = withLimits(pod, component.limitFactor?.value);
    return { ok: true, component: { id, replicas, pod: limited, podStated: false } };
  }
  const pod = podOf(stated.pod, component, { ...values, replicas });
  return pod.ok ? { ok: true, component: { id, replicas, pod: pod.value, podStated: true } } : pod;
}

/** A pod with limits of so many times its requests, where it has none of its own. */
function withLimits(
  { cpuMillicores, memoryMi, cpuLimitMillicores, memoryLimitMi }: Pod,
  factor: number | undefined,
): Pod {
  return plainPod({
    cpuMillicores,
    memoryMi,
    cpuLimitMillicores: cpuLimitMillicores ?? timesUp(cpuMillicores, factor),
    memoryLimitMi: memoryLimitMi ?? timesUp(memoryMi, factor),
  });
}

function timesUp(request: number, factor: number | undefined): number | undefined {
  return factor === undefined ? undefined : ceilTolerant(request * factor);
}

function plainPod({ cpuMillicores, memoryMi, cpuLimitMillicores, memoryLimitMi }: Pod): Pod {
  return {
    cpuMillicores,
    memoryMi,
    ...(cpuLimitMillicores !== undefined && { cpuLimitMillicores }),
    ...(memoryLimitMi !== undefined && { memoryLimitMi }),
  };
}

/** Requests and limits in whole units, rounded up; limits by the component's factor where the sizing states none. */
function podOf(
  stated: NonNullable<Sizing['pod']>,
  { limitFactor }: Component,
  values: Values,
): Evaluated<Pod> {
  const whole = (formula: Formula): Evaluated<number> => {
    const result = formula.evaluate(values);
    return result.ok ? { ok: true, value: ceilTolerant(result.value) } : result;
  };
  const cpu = whole(stated.cpuMillicores);
  if (!cpu.ok) return cpu;
  const memory = whole(stated.memoryMi);
  if (!memory.ok) return memory;
  const cpuLimit = stated.cpuLimitMillicores && whole(stated.cpuLimitMillicores);
  if (cpuLimit?.ok === false) return cpuLimit;
  const memoryLimit = stated.memoryLimitMi && whole(stated.memoryLimitMi);
  if (memoryLimit?.ok === false) return memoryLimit;
  return {
    ok: true,
    value: withLimits(
      {
        cpuMillicores: cpu.value,
        memoryMi: memory.value,
        cpuLimitMillicores: cpuLimit?.value,
        memoryLimitMi: memoryLimit?.value,
      },
      limitFactor?.value,
    ),
  };
}

/** The autoscaler holds a workload at its maximum whatever the plan says. */
function autoscalerWarning(
  component: Component | undefined,
  { id, replicas }: SizedComponent,
): readonly string[] {
  const hpa = component?.autoscaling?.hpa;
  const variants = component?.autoscaling?.variants ?? [];
  if (hpa === undefined || [hpa, ...variants].some(({ max }) => replicas <= max)) return [];
  return [
    `autoscaler ${hpa.name} allows ${id} ${hpa.max} replicas: raise its maximum to ${replicas}`,
  ];
}

function needProblems({ needs }: Sizing, values: Values): readonly string[] {
  return needs.flatMap(({ that, otherwise }) => {
    const result = that.evaluate(values);
    if (!result.ok) return [result.because];
    return result.value ? [] : [otherwise.withNumbers(values)];
  });
}

/** A guide's totals must be met by what all pods may use together. */
function totalProblems(
  { totals }: Sizing,
  components: readonly SizedComponent[],
  parts: number,
  values: Values,
): readonly string[] {
  if (totals === undefined) return [];
  const cpu = totals.cpuMillicores.evaluate(values);
  const memory = totals.memoryMi.evaluate(values);
  if (!cpu.ok) return [cpu.because];
  if (!memory.ok) return [memory.because];
  let haveCpu = 0;
  let haveMemory = 0;
  for (const { replicas, pod } of components) {
    haveCpu += parts * replicas * (pod.cpuLimitMillicores ?? pod.cpuMillicores);
    haveMemory += parts * replicas * (pod.memoryLimitMi ?? pod.memoryMi);
  }
  const short = (have: number, need: number, what: string, format: (n: number) => string) =>
    have + 1e-9 < need
      ? [
          `its pods have ${format(have)} of ${what} together, ${format(ceilTolerant(need))} are needed (${totals.source})`,
        ]
      : [];
  return [
    ...short(haveCpu, cpu.value, 'CPU', formatCpu),
    ...short(haveMemory, memory.value, 'memory', formatMemory),
  ];
}
