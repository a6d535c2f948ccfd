// The form of a forecast: which input grows, how fast, and what is worth knowing when it is passed.
import { z } from 'zod';
import { remark, source, typedName } from './parts.ts';

const milestone = remark.extend({
  id: typedName,
  level: z
    .number()
    .optional()
    .meta({ description: 'Where the chart draws its line, on the axis of the growing input.' }),
});

/** A forecast. */
export const forecast = z.strictObject({
  input: z.string().meta({ description: 'The input that grows.' }),
  period: z.enum(['month', 'year']),
  periods: z.int().min(1).max(120).meta({ description: 'How far it looks when nobody says.' }),
  growth: z
    .strictObject({ default: z.number().min(-0.9).max(10), source })
    .meta({ description: 'Growth in one period; 0.1 is 10 %.' }),
  milestones: z.array(milestone).max(30).default([]),
  source,
});
