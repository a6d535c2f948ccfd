// Sizes a system from inputs somebody gives, by every sizing of its profile; observes nothing and changes nothing.

import type { Input, Profile } from '../profile/profile.ts';
import { suggestion } from '../words/nearest.ts';
import { costOf } from './cost.ts';

export interface WhatIfSizing {
  readonly id: string;
  readonly source: string;
  readonly component: string;
  /** What the formula asks for. */
  readonly replicas: number;
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
  const sizings = profile.sizings.map((sizing) => sizeBy(profile, sizing, inputs));
  return { kind: 'sized', inputs, recommended: sizings.find((s) => s.feasible)?.id, sizings };
}

function sizeBy(
  profile: Profile,
  { id, source, component: componentId, replicas: formula }: Profile['sizings'][number],
  inputs: Readonly<Record<string, number>>,
): WhatIfSizing {
  const base = { id, source, component: componentId };
  const component = profile.components.get(componentId);
  const evaluated = formula.evaluate(inputs);
  if (component === undefined || !evaluated.ok) {
    const because = evaluated.ok ? `there is no component ${componentId}` : evaluated.because;
    return { ...base, replicas: 0, feasible: false, reasons: [because] };
  }
  const { value } = evaluated;
  const { min, max } = component.replicas;
  const reasons = [
    ...(value > max ? [`${value} replicas are more than the ${max} one region may have`] : []),
    ...(value < min ? [`${value} replicas are fewer than the ${min} it needs at least`] : []),
  ];
  const cost = costOf({ rates: profile.cost, component, pod: {}, before: 0, after: value });
  return {
    ...base,
    replicas: value,
    feasible: reasons.length === 0,
    reasons,
    ...(cost && { costUsdPerMonth: cost.afterUsdPerMonth }),
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
    const computed = input.default?.names.every((name) => name in inputs)
      ? input.default.evaluate(inputs)
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
