// The form of a sizing: a joint statement about pods, shards and totals, in the words of a guide.
import { z } from 'zod';
import { condition, formula, remark, source, template, typedName } from './parts.ts';

const pod = z
  .strictObject({
    cpuMillicores: formula,
    memoryMi: formula,
    cpuLimitMillicores: formula.optional(),
    memoryLimitMi: formula.optional(),
  })
  .meta({ description: 'What each pod requests, and its limits.' });

/** Parts of equal size, each planned on its own. */
export const split = z
  .strictObject({
    into: z.enum(['shards', 'regions', 'clusters']),
    count: formula,
    share: z
      .record(z.string(), formula)
      .default({})
      .meta({ description: 'Inputs as one part sees them; `shards` is the number of parts.' }),
    source,
  })
  .meta({ description: 'How many equal parts, each planned on its own. Replicas are for one.' });

/** A sizing. */
export const sizing = z.strictObject({
  id: typedName,
  source,
  note: template.optional().meta({ description: 'What to know when reading it.' }),
  when: condition
    .optional()
    .meta({ description: 'Where it does not hold, the sizing is left out.' }),
  firstWhen: condition.optional().meta({
    description: 'Where it holds, the sizing comes before those without it.',
  }),
  component: z.string(),
  split: split.optional(),
  replicas: formula,
  pod: pod.optional().meta({
    description:
      'What each of its pods requests. (Default: the pod of the recommended sizing, else of the component.)',
  }),
  alongside: z
    .record(typedName, z.strictObject({ replicas: formula, pod: pod.optional() }))
    .default({})
    .meta({
      description: 'Other components that the sizing sizes with it; `replicas` is the first one’s.',
    }),
  needs: z
    .array(z.strictObject({ that: condition, otherwise: template }))
    .max(20)
    .default([])
    .meta({ description: 'What must hold, or the sizing is not feasible.' }),
  totals: z
    .strictObject({ cpuMillicores: formula, memoryMi: formula, source })
    .optional()
    .meta({ description: 'What the limits of all its pods must meet together.' }),
  cost: z.strictObject({ cpuMillicores: formula, memoryMi: formula, source }).optional().meta({
    description: 'Totals that are paid for, where the guide states them in place of pods.',
  }),
  warnings: z.array(remark).max(20).default([]),
  guideCostUsdPerMonth: formula
    .optional()
    .meta({ description: 'What the guide itself says it costs.' }),
});
