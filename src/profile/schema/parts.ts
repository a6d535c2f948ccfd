// The small pieces every part of a profile file is made of: names, quantities, durations, formulas and texts.
import { z } from 'zod';
import { parseDurationMs } from '../duration.ts';
import { compileCondition, compileFormula, isFormulaName } from '../formula.ts';
import { parseCpuMillicores, parseMemoryMi } from '../quantity.ts';
import { parseTemplate } from '../template.ts';

/** More pods than this is a slip of the finger in any of the guides' worlds. */
const REPLICAS_MAX = 10_000;

/** Kubernetes' own rule for most names (DNS-1123 subdomain). */
export const kubernetesName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    'expected a Kubernetes name: lower-case letters, digits and dashes',
  );

/** Names that people type in commands: systems, components, triggers, sizings, procedures. */
export const typedName = z
  .string()
  .max(63)
  .regex(
    /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    'expected a name of lower-case letters, digits and dashes',
  );

/** A duration such as `10m`; becomes milliseconds. */
export const durationMs = z.string().transform((text, context) => {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  context.addIssue({
    code: 'custom',
    message: `expected a duration such as 30s, 10m or 1h30m, found "${text}"`,
  });
  return z.NEVER;
});

export const sentence = z.string().trim().min(1).max(500);
export const source = sentence.meta({
  description: 'Where in the guide the numbers stand; shown wherever they are used.',
});
export const replicaCount = z.int().min(0).max(REPLICAS_MAX);
export const positive = z.number().positive();
export const notNegative = z.number().min(0);

const promqlText = z.string().trim().min(1).max(4000);

/** PromQL as text. */
export const promqlString = promqlText.meta({
  description: 'PromQL; $namespace, $workload and $container are filled in.',
});

/** A question to Prometheus whose answer is one number. */
export const promql = z.strictObject({ promql: promqlText }).meta({
  description:
    'PromQL whose answer is one number; $namespace, $workload and $container are filled in.',
});

function quantity(parse: (text: string) => number | undefined, example: string) {
  const words = `expected a Kubernetes quantity such as ${example}`;
  return z.union([z.string(), z.number()], { error: words }).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed !== undefined && parsed > 0) return parsed;
    context.addIssue({ code: 'custom', message: `${words}, found "${value}"` });
    return z.NEVER;
  });
}

/** CPU as whole millicores. */
export const cpuQuantity = quantity(parseCpuMillicores, '500m or 2');
/** Memory as whole Mi. */
export const memoryQuantity = quantity(parseMemoryMi, '512Mi or 4Gi');

/** A formula that gives a number. A broken one is kept with its problem: only the check of the whole file can point into it. */
export const formula = z
  .union([z.string(), z.number()])
  .transform((text) => compileFormula(String(text)))
  .meta({ description: 'A formula that gives a number.' });

/** A formula that is true or false. */
export const condition = z
  .union([z.string(), z.boolean()])
  .transform((text) => compileCondition(String(text)))
  .meta({ description: 'A formula that is true or false.' });

/** A sentence in which `{name}` stands for a number. */
export const template = sentence
  .transform(parseTemplate)
  .meta({ description: 'A sentence; {name} stands for the number of that name.' });

/** Something to say when a condition holds. */
export const remark = z.strictObject({ when: condition, say: template, source: source.optional() });

/** A name that formulas can use. */
export const figureName = z
  .string()
  .refine(isFormulaName, 'expected a name of lower-case letters, digits and underscores');
