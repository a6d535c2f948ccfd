// The form of a component: its workload, its limits, what one pod gets done and which autoscalers it has.
import { z } from 'zod';
import {
  cpuQuantity,
  formula,
  kubernetesName,
  memoryQuantity,
  positive,
  promqlString,
  replicaCount,
  source,
} from './parts.ts';

const scalingPolicy = z
  .strictObject({
    percent: positive.optional(),
    pods: z.int().min(1).optional(),
    periodSeconds: z.int().min(1).max(1800),
    select: z.enum(['Max', 'Min', 'Disabled']).default('Max'),
    windowSeconds: z.int().min(0).max(3600).default(0),
  })
  .meta({
    description: 'How far replicas may move in one period, as in a HorizontalPodAutoscaler.',
  });

const share = z.int().min(1).max(1000).meta({ description: 'Percent of what pods request.' });

const hpaMetric = z
  .union(
    [
      z.strictObject({ resource: z.enum(['cpu', 'memory']), percent: share }),
      z.strictObject({
        pods: z.string().meta({ description: 'The name of a metric of each pod.' }),
        average: positive,
        promql: promqlString.optional().meta({
          description: 'What the metrics adapter answers for it: PromQL by pod.',
        }),
        follows: formula.optional().meta({
          description: 'What the target must be when pods are planned with other units per pod.',
        }),
      }),
      z.strictObject({
        external: z.string().meta({ description: 'The name of a metric from outside.' }),
        average: positive,
        promql: promqlString.optional(),
      }),
    ],
    { error: 'expected {resource, percent}, {pods, average} or {external, average}' },
  )
  .meta({ description: 'What the autoscaler looks at.' });

const hpa = z.strictObject({
  name: kubernetesName,
  min: replicaCount,
  max: replicaCount,
  metrics: z.array(hpaMetric).max(20).optional(),
});

const podBounds = z.strictObject({ cpu: cpuQuantity, memory: memoryQuantity });

const autoscaling = z.strictObject({
  hpa: hpa.optional(),
  up: scalingPolicy.optional(),
  down: scalingPolicy.optional(),
  variants: z
    .array(hpa.extend({ title: source, source }))
    .max(10)
    .optional()
    .meta({ description: 'Other autoscalers the guide offers in place of the first.' }),
  vpa: z
    .strictObject({
      mode: z.enum(['Off', 'Initial', 'Recreate', 'Auto']),
      min: podBounds,
      max: podBounds,
      source,
    })
    .optional(),
  keda: z
    .strictObject({
      min: replicaCount,
      max: replicaCount,
      kafka: z.strictObject({ topic: z.string(), group: z.string(), lag: positive }),
      source,
    })
    .optional(),
  source,
});

/** A component. */
export const component = z.strictObject({
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
  replicaAware: z.literal(true).optional().meta({
    description:
      'Of a StatefulSet: another replica joins those that are there. (Default: it may be a second, empty primary, and is not scaled)',
  }),
  pod: z
    .strictObject({
      cpu: cpuQuantity,
      memory: memoryQuantity,
      cpuLimit: cpuQuantity.optional(),
      memoryLimit: memoryQuantity.optional(),
      source,
    })
    .meta({ description: 'What one pod requests, and its limits.' }),
  podMax: podBounds
    .extend({ source })
    .optional()
    .meta({ description: 'No pod may request more than this.' }),
  limitFactor: z
    .strictObject({ value: z.number().min(1).max(100), source })
    .optional()
    .meta({ description: 'Limits are this many times the requests, where a sizing states none.' }),
  throughput: z
    .strictObject({
      value: positive,
      unit: z
        .string()
        .min(1)
        .max(60)
        .meta({ description: 'Such as jobs/min; /s, /min and /h are rates.' }),
      source,
    })
    .optional()
    .meta({ description: 'What one pod gets done.' }),
  autoscaling: autoscaling.optional(),
  pdb: z
    .strictObject({ minAvailable: z.int().min(0), source })
    .optional()
    .meta({ description: 'How many pods a disruption must leave.' }),
  connections: z
    .strictObject({
      perPod: formula,
      settings: z.array(z.string().min(1).max(253)).min(1).max(5).optional().meta({
        description:
          'Variables or ConfigMap keys that hold it, and add up to it: the pool first, then its overflow.',
      }),
      source,
    })
    .optional()
    .meta({ description: 'Database connections each pod may open: its pool with overflow.' }),
});
