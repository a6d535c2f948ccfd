// Shows where the numbers of a sizing come from: formula, values, intermediate results, source, and why one less is not enough.
import { formatNumber } from '../profile/amount.ts';
import type { Formula, Values } from '../profile/formula.ts';
import { type TracedPart, traceFormula } from '../profile/formula-trace.ts';
import type { Profile, Sizing } from '../profile/profile.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { withAmounts } from './inputs.ts';
import { size } from './size.ts';
import type { Sized } from './sized.ts';
import { valuesOf } from './values.ts';

/** The arithmetic of one number. */
export interface Explanation {
  /** Such as `replicas of steam-analyzer`. */
  readonly figure: string;
  readonly formula: string;
  /** The names the formula uses, with their numbers. */
  readonly values: Values;
  /** What its parts come to, inner ones first; the last is the whole formula. */
  readonly steps: readonly TracedPart[];
  /** As it is used: rounded up, with its unit. */
  readonly result: string;
  readonly source: string;
  /** Why the next smaller number does not do. */
  readonly whyNotLess?: string;
}

/** Every number of a sizing that a formula gives, the values it builds on first. */
export function explain(profile: Profile, sized: Sized, inputs: Values): readonly Explanation[] {
  const { sizing, values } = sized;
  const used = new Set<string>();
  const figures = figuresOf(sized);
  for (const { formula } of figures) collect(profile, formula, used);
  const steps = [...profile.values].flatMap(([name, value]): Explanation[] => {
    const result = values[name];
    if (!used.has(name) || result === undefined) return [];
    const shown =
      value.unit === undefined ? formatNumber(result) : `${formatNumber(result)} ${value.unit}`;
    return [explanationOf(name, value.formula, values, shown, value.source ?? profile.guide)];
  });
  const { split } = sizing;
  const parts: readonly Explanation[] =
    split === undefined
      ? []
      : [
          explanationOf(
            split.into,
            split.count,
            valuesOf(profile, inputs),
            sized.parts === 1 ? 'not split' : `${sized.parts} ${split.into}`,
            split.source,
          ),
        ];
  const main = figures.map(({ name, formula, result }, index): Explanation => {
    const explained = explanationOf(name, formula, values, result, sizing.source);
    const why = index === 0 ? whyNotFewer(profile, sized, inputs) : undefined;
    return why === undefined ? explained : { ...explained, whyNotLess: why };
  });
  return [...parts, ...steps, ...main];
}

interface Figure {
  readonly name: string;
  readonly formula: Formula;
  readonly result: string;
}

function figuresOf({ sizing, components }: Sized): readonly Figure[] {
  return components.flatMap(({ id, replicas, pod }) => {
    const stated: Pick<Sizing, 'replicas' | 'pod'> | undefined =
      id === sizing.component ? sizing : sizing.alongside[id];
    if (stated === undefined) return [];
    const figures: Figure[] = [
      { name: `replicas of ${id}`, formula: stated.replicas, result: formatNumber(replicas) },
    ];
    if (stated.pod === undefined) return figures;
    const { cpuLimitMillicores, memoryLimitMi } = stated.pod;
    const add = (name: string, formula: Formula | undefined, result: string | undefined) => {
      if (formula !== undefined && result !== undefined) figures.push({ name, formula, result });
    };
    add(`CPU request of a ${id} pod`, stated.pod.cpuMillicores, formatCpu(pod.cpuMillicores));
    add(`memory request of a ${id} pod`, stated.pod.memoryMi, formatMemory(pod.memoryMi));
    add(
      `CPU limit of a ${id} pod`,
      cpuLimitMillicores,
      pod.cpuLimitMillicores === undefined ? undefined : formatCpu(pod.cpuLimitMillicores),
    );
    add(
      `memory limit of a ${id} pod`,
      memoryLimitMi,
      pod.memoryLimitMi === undefined ? undefined : formatMemory(pod.memoryLimitMi),
    );
    return figures;
  });
}

function explanationOf(
  figure: string,
  formula: Formula,
  values: Values,
  result: string,
  source: string,
): Explanation {
  const used: Record<string, number> = {};
  for (const name of formula.names.keys()) {
    const value = values[name];
    if (value !== undefined) used[name] = value;
  }
  return {
    figure,
    formula: formula.source,
    values: used,
    steps: traceFormula(formula, values),
    result,
    source,
  };
}

/** The names of values a formula builds on, directly or through others. */
function collect(profile: Profile, formula: Formula, into: Set<string>): void {
  for (const name of formula.names.keys()) {
    const value = profile.values.get(name);
    if (value === undefined || into.has(name)) continue;
    into.add(name);
    collect(profile, value.formula, into);
  }
}

/**
 * How far one pod fewer would carry: the largest whole amount of a demand input for which the same sizing asks for fewer
 * pods. Works on any formula, because more demand never asks for fewer.
 */
function whyNotFewer(profile: Profile, sized: Sized, inputs: Values): string | undefined {
  const main = sized.components[0];
  if (main === undefined || sized.parts > 1) return undefined;
  const fewer = main.replicas - 1;
  for (const input of profile.inputs.values()) {
    const now = inputs[input.name];
    if (!input.demand || now === undefined) continue;
    const replicasAt = (amount: number): number => {
      const changed = withAmounts(profile, inputs, { [input.name]: amount });
      const there = size(profile, sized.sizing, changed, new Map());
      return (there.components[0]?.replicas ?? Number.POSITIVE_INFINITY) * there.parts;
    };
    const most = largestBelow(
      Math.ceil(input.min),
      Math.ceil(now) - 1,
      (at) => replicasAt(at) <= fewer,
    );
    if (most !== undefined) {
      return `${formatNumber(fewer)} ${fewer === 1 ? 'is' : 'are'} enough up to ${formatNumber(most)} ${input.unit}; here are ${formatNumber(now)}`;
    }
  }
  const { min } = profile.components.get(main.id)?.replicas ?? {};
  return min === main.replicas ? `${min} is the least it may have` : undefined;
}

/** The largest whole number from `low` to `high` for which `holds`, which holds up to some number and not beyond. */
function largestBelow(
  low: number,
  high: number,
  holds: (at: number) => boolean,
): number | undefined {
  if (low > high || !holds(low)) return undefined;
  let [yes, no] = [low, high + 1];
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/** The explanations as lines of text, for a terminal or a code block. */
export function explanationLines(explanations: readonly Explanation[]): readonly string[] {
  return explanations.flatMap(({ figure, formula, values, steps, result, source, whyNotLess }) => {
    const known = Object.entries(values).map(([name, value]) => `${name} = ${formatNumber(value)}`);
    // The whole formula is shown above; its last step would repeat it.
    const between = steps.slice(0, -1).filter(({ text }) => text !== formula);
    return [
      `${figure}: ${result}`,
      `  = ${formula}`,
      ...(known.length > 0 ? [`  with ${known.join(', ')}`] : []),
      ...between.map(
        ({ text, value }) =>
          `    ${text} = ${typeof value === 'number' ? formatNumber(value) : value}`,
      ),
      ...(whyNotLess === undefined ? [] : [`  ${whyNotLess}`]),
      `  ${source}`,
    ];
  });
}
