// Sizes a system from inputs somebody gives, by every sizing of its profile; observes nothing and changes nothing.

import type { Input, Profile } from '../profile/profile.ts';
import { ceilTolerant } from '../profile/rounding.ts';
import { suggestion } from '../words/nearest.ts';
import { costOf } from './cost.ts';

export interface WhatIfSizing {
  readonly id: string;
  readonly source: string;
  readonly component: string;
  /** What the formula asks for. */
  readonly replicas: number;
  /** What each pod requests; `stated` is false where the sizing says nothing and another's pod is used. */
  readonly pod?: {
    readonly cpuRequestMillicores: number;
    readonly memoryRequestMi: number;
    readonly stated: boolean;
  };
  /** It fits the component's limits. */
  readonly feasible: boolean;
  readonly reasons: readonly string[];
  readonly costUsdPerMonth?: number;
}

export type WhatIf =
  | {
      readonly kind: 'sized';
      readonly inputs: Readonly<Record<string, number>>;
      /** The first sizing that is feasible, in the profile's order. */
      readonly recommended: string | undefined;
      readonly sizings: readonly WhatIfSizing[];
    }
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

/** All mistakes in the inputs at once, or every sizing with its arithmetic done. */
export function whatIf(profile: Profile, given: ReadonlyMap<string, string>): WhatIf {
  const parsed = parseInputs(profile, given);
  if (parsed.kind === 'misuse') return parsed;
  const { inputs } = parsed;
  const counted = profile.sizings.map((sizing) => ({
    sizing,
    ...countBy(profile, sizing, inputs),
  }));
  const recommended = counted.find(({ reasons }) => reasons.length === 0);
  const sizings = counted.map(({ sizing, replicas, pod, reasons }): WhatIfSizing => {
    const component = profile.components.get(sizing.component);
    // One that states no pod is read as one of the recommended pods: mixing rows would misprice it.
    const inherited =
      recommended?.sizing.component === sizing.component ? recommended.pod : undefined;
    const size = pod ?? inherited ?? component?.pod;
    const cost =
      component &&
      costOf({ rates: profile.cost, component, pod: size ?? {}, before: 0, after: replicas });
    return {
      id: sizing.id,
      source: sizing.source,
      component: sizing.component,
      replicas,
      ...(size && {
        pod: {
          cpuRequestMillicores: size.cpuMillicores,
          memoryRequestMi: size.memoryMi,
          stated: pod !== undefined,
        },
      }),
      feasible: reasons.length === 0,
      reasons,
      ...(cost && { costUsdPerMonth: cost.afterUsdPerMonth }),
    };
  });
  return { kind: 'sized', inputs, recommended: recommended?.sizing.id, sizings };
}

interface Counted {
  readonly replicas: number;
  readonly pod: { readonly cpuMillicores: number; readonly memoryMi: number } | undefined;
  readonly reasons: readonly string[];
}

function countBy(
  profile: Profile,
  sizing: Profile['sizings'][number],
  inputs: Readonly<Record<string, number>>,
): Counted {
  const replicas = sizing.replicas.evaluate(inputs);
  const cpu = sizing.pod?.cpuMillicores.evaluate(inputs);
  const memory = sizing.pod?.memoryMi.evaluate(inputs);
  const failed = [replicas, cpu, memory].find((value) => value?.ok === false);
  if (!replicas.ok || failed?.ok === false) {
    const because = failed?.ok === false ? failed.because : 'its formula has no value';
    return { replicas: 0, pod: undefined, reasons: [because] };
  }
  const limits = profile.components.get(sizing.component)?.replicas;
  const { value } = replicas;
  return {
    replicas: value,
    pod:
      cpu?.ok && memory?.ok
        ? { cpuMillicores: ceilTolerant(cpu.value), memoryMi: ceilTolerant(memory.value) }
        : undefined,
    reasons: [
      ...(limits !== undefined && value > limits.max
        ? [`${value} replicas are more than the ${limits.max} it may have in one place`]
        : []),
      ...(limits !== undefined && value < limits.min
        ? [`${value} replicas are fewer than the ${limits.min} it needs at least`]
        : []),
    ],
  };
}

type ParsedInputs =
  | { readonly kind: 'parsed'; readonly inputs: Readonly<Record<string, number>> }
  | { readonly kind: 'misuse'; readonly mistakes: readonly string[] };

function parseInputs(profile: Profile, given: ReadonlyMap<string, string>): ParsedInputs {
  const mistakes: string[] = [];
  const inputs: Record<string, number> = {};
  for (const [name, text] of given) {
    const input = profile.inputs.get(name);
    if (input === undefined) {
      mistakes.push(
        `${profile.id} has no input "${name}"${suggestion(name, profile.inputs.keys())}`,
      );
      continue;
    }
    const value = parseNumber(input, text);
    if (typeof value === 'string') mistakes.push(value);
    else inputs[name] = value;
  }
  // Defaults are computed from what was given, in the profile's order.
  for (const input of profile.inputs.values()) {
    if (given.has(input.name)) continue;
    const computed = [...(input.default?.names.keys() ?? [])].every((name) => name in inputs)
      ? input.default?.evaluate(inputs)
      : undefined;
    if (computed?.ok) inputs[input.name] = computed.value;
    else if (input.required)
      mistakes.push(`${input.name} is missing (${input.unit}, ${input.min} to ${input.max})`);
  }
  return mistakes.length === 0 ? { kind: 'parsed', inputs } : { kind: 'misuse', mistakes };
}

function parseNumber(input: Input, text: string): number | string {
  const value = /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  const whole = input.type === 'integer' ? 'a whole number' : 'a number';
  if (!Number.isFinite(value) || (input.type === 'integer' && !Number.isInteger(value))) {
    return `${input.name} must be ${whole}, not "${text}"`;
  }
  if (value < input.min || value > input.max) {
    return `${input.name} must be ${input.min} to ${input.max} ${input.unit}, not ${text}`;
  }
  return value;
}
