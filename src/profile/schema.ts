// The form of a profile file: what keys there are, what each means and which are needed. profiles/schema.json is made from it.
import { z } from 'zod';
import { parseDurationMs } from './duration.ts';
import { isFormulaName } from './formula.ts';
import { parseCpuMillicores, parseMemoryMi } from './quantity.ts';

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

/** Names that people type in commands: systems, components, triggers, sizings. */
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

const sentence = z.string().trim().min(1).max(500);
const promqlText = z.string().trim().min(1).max(4000);
const source = sentence.meta({
  description: 'Where in the guide the numbers stand; shown wherever they are used.',
});
const replicaCount = z.int().min(0).max(REPLICAS_MAX);
const amount = z.number().positive();

function quantity(parse: (text: string) => number | undefined, example: string) {
  const words = `expected a Kubernetes quantity such as ${example}`;
  return z.union([z.string(), z.number()], { error: words }).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed !== undefined && parsed > 0) return parsed;
    context.addIssue({ code: 'custom', message: `${words}, found "${value}"` });
    return z.NEVER;
  });
}

const promql = z.strictObject({ promql: promqlText }).meta({
  description:
    'PromQL whose answer is one number; $namespace, $workload and $container are filled in.',
});

const input = z.strictObject({
  type: z.enum(['integer', 'number']),
  unit: sentence,
  min: z.number().default(0),
  max: z.number(),
  required: z.boolean().default(false),
  default: z.union([z.string(), z.number()]).optional().meta({
    description: 'A number, or a formula over other inputs, used when the input is not given.',
  }),
  description: sentence.optional(),
});

const scalingPolicy = z
  .strictObject({
    percent: amount.optional(),
    pods: z.int().min(1).max(REPLICAS_MAX).optional(),
    periodSeconds: z.int().min(1).max(1800),
    select: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
    windowSeconds: z.int().min(0).max(3600).default(0),
  })
  .meta({
    description: 'How far replicas may move in one period, as in a HorizontalPodAutoscaler.',
  });

const component = z.strictObject({
  workload: z.strictObject({
    kind: z.enum(['Deployment', 'StatefulSet']),
    namespace: kubernetesName,
    name: kubernetesName,
    container: kubernetesName,
  }),
  replicas: z.strictObject({
    min: replicaCount,
    max: replicaCount,
    baseline: replicaCount,
    source,
  }),
  pod: z
    .strictObject({
      cpu: quantity(parseCpuMillicores, '500m or 2'),
      memory: quantity(parseMemoryMi, '512Mi or 4Gi'),
      source,
    })
    .meta({ description: 'What one pod requests.' }),
  throughput: z
    .strictObject({
      value: amount,
      unit: z
        .string()
        .min(1)
        .max(60)
        .meta({ description: 'Such as jobs/min; /s, /min and /h are rates.' }),
      source,
    })
    .optional()
    .meta({ description: 'What one pod gets done.' }),
  autoscaling: z
    .strictObject({
      hpa: z
        .strictObject({ name: kubernetesName, min: replicaCount, max: replicaCount })
        .optional(),
      up: scalingPolicy.optional(),
      down: scalingPolicy.optional(),
      source,
    })
    .optional(),
});

const measure = promql.extend({
  sampledAt: promqlText
    .meta({
      description:
        'PromQL for when the oldest sample behind it was taken, in Unix seconds. (Default: an answer counts as of now.)',
    })
    .optional(),
});

const triggerBase = {
  alert: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected an alertname of letters, digits and underscores'),
  expr: promqlText.meta({
    description: 'The rule that fires the alert; names are filled in as in promql.',
  }),
  for: durationMs,
  component: z.string(),
  unit: sentence.meta({ description: 'The unit of what is measured; ratio is a share of one.' }),
  fireAt: amount,
  measure,
  maxAgeSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .meta({ description: 'A measurement older than this is stale.' }),
  source,
};

const target = amount.meta({
  description: 'Where the measurement shall be afterwards; lower than fireAt.',
});
const outcome = z.strictObject({
  withinMinutes: z.number().positive().max(1440).meta({
    description: 'The measurement must be back at the target within this time after the change.',
  }),
});

const trigger = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ratio'), ...triggerBase, target, outcome }),
  z.strictObject({
    kind: z.literal('backlog'),
    ...triggerBase,
    target,
    outcome,
    arrival: promql.optional(),
    drainMinutes: z.number().positive().max(1440).default(10),
  }),
  z.strictObject({
    kind: z.literal('investigate'),
    ...triggerBase,
    target: target.optional(),
    lookAt: z.array(sentence).min(1).max(20),
  }),
]);

const formula = z
  .union([z.string(), z.number()])
  .meta({ description: 'A formula over the inputs.' });

const sizing = z.strictObject({
  id: typedName,
  source,
  component: z.string(),
  replicas: formula,
  pod: z.strictObject({ cpuMillicores: formula, memoryMi: formula }).optional().meta({
    description:
      'What each of its pods requests. (Default: the pod of the recommended sizing, else of the component.)',
  }),
});

const cost = z.strictObject({
  cpuCoreHourUsd: z.number().min(0),
  memoryGbHourUsd: z.number().min(0).meta({ description: 'Per GB of 2^30 bytes.' }),
  databaseGbMonthUsd: z.number().min(0).optional(),
  hoursPerMonth: z.number().positive().max(744).default(730),
  source,
});

const inputName = z
  .string()
  .refine(isFormulaName, 'expected an input name of lower-case letters, digits and underscores');

/** A profile file. */
export const profileSchema = z
  .strictObject({
    profile: typedName.meta({ description: 'The name people type.' }),
    title: sentence,
    guide: sentence.meta({ description: 'The document every source refers to, with its version.' }),
    inputs: z.record(inputName, input).default({}),
    components: z.record(typedName, component),
    triggers: z.record(typedName, trigger).default({}),
    sizings: z.array(sizing).max(50).default([]),
    cost: cost.optional(),
  })
  .meta({ title: 'Headroom profile', description: 'The capacity model of one system.' });

export type ProfileFile = z.output<typeof profileSchema>;
