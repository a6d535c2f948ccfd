// The form of a trigger: which alert, how it is measured, at which levels, and what follows from it.
import { z } from 'zod';
import { durationMs, positive, promql, promqlString, sentence, source } from './parts.ts';

const measure = promql.extend({
  sampledAt: promqlString.optional().meta({
    description:
      'PromQL for when the oldest sample behind it was taken, in Unix seconds. (Default: an answer counts as of now.)',
  }),
});

const doubt = z
  .strictObject({
    ...promql.shape,
    above: z.number().meta({ description: 'The doubt stands when the answer is above this.' }),
    say: sentence,
    source,
  })
  .meta({ description: 'A measured reason to look first and not to scale.' });

const triggerBase = {
  alert: z
    .string()
    .max(200)
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected an alertname of letters, digits and underscores'),
  expr: promqlString.optional().meta({
    description: 'The rule that fires the alert. (Default: the measure, beyond fireAt.)',
  }),
  for: durationMs,
  component: z.string(),
  unit: sentence.meta({ description: 'The unit of what is measured; ratio is a share of one.' }),
  fireAt: positive.meta({ description: 'The critical level.' }),
  warnAt: positive.optional().meta({ description: 'The warning level.' }),
  fires: z
    .enum(['above', 'below'])
    .default('above')
    .meta({ description: 'On which side of its levels the measurement is bad.' }),
  measure: measure.optional().meta({
    description: 'What is measured. (Default: the left side of an expr that ends in "> number".)',
  }),
  maxAgeSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .meta({ description: 'A measurement older than this is stale.' }),
  source,
};

const target = positive.meta({
  description: 'Where the measurement shall be afterwards; lower than fireAt.',
});
const outcome = z.strictObject({
  withinMinutes: z.number().positive().max(1440).meta({
    description: 'The measurement must be back at the target within this time after the change.',
  }),
});
const lookAt = z
  .array(sentence)
  .max(20)
  .meta({ description: 'What people look at, in this order.' });
const doubts = z
  .array(doubt)
  .max(4)
  .default([])
  .meta({ description: 'When one of these stands, the card says what to look at first.' });

/** A trigger. */
export const trigger = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('ratio'),
    ...triggerBase,
    target,
    outcome,
    doubts,
    lookAt: lookAt.default([]),
  }),
  z.strictObject({
    kind: z.literal('backlog'),
    ...triggerBase,
    target,
    outcome,
    doubts,
    lookAt: lookAt.default([]),
    arrival: promql.optional(),
    drainMinutes: z.number().positive().max(1440).default(10),
  }),
  z.strictObject({
    kind: z.literal('investigate'),
    ...triggerBase,
    target: positive.optional(),
    lookAt: lookAt.min(1),
  }),
]);
