// The form of procedures and checklists: what a guide does in order, and what people go through by eye.
import { z } from 'zod';
import { condition, figureName, formula, sentence, source, template } from './parts.ts';
import { look } from './step-parts.ts';
import { step } from './steps.ts';

const ownNumber = z.strictObject({
  type: z.enum(['integer', 'number']),
  unit: sentence.optional().meta({ description: 'Of what it counts. (Default: its name.)' }),
  min: z.number().default(0),
  max: z.number().default(1e9),
  default: formula.optional().meta({
    description: 'Over what the profile knows and the inputs before it. Without one it is needed.',
  }),
  podsOf: z.string().optional().meta({
    description: 'A component whose pods now, where its cluster is looked at, are the default.',
  }),
  description: sentence.optional(),
});

const ownText = z.strictObject({
  type: z.literal('text'),
  form: z.enum(['name', 'names', 'host', 'cluster', 'words']).meta({
    description:
      'A Kubernetes name, several with commas, a host with or without port, a cluster of headroom.yaml, or a sentence.',
  }),
  // Its form says whether it may be empty.
  default: z.union([sentence, z.literal('')]).optional(),
  description: sentence.optional(),
});

const ownInput = z.discriminatedUnion('type', [ownNumber, ownText]);

const steps = z.array(step).min(1).max(60);

const whole = z.strictObject({
  title: sentence.optional().meta({ description: 'For people. (Default: its name.)' }),
  source: source.optional(),
  note: template.optional().meta({ description: 'What to know before it begins.' }),
  emergency: z.boolean().default(false).meta({
    description: 'For when there is no time: it never restarts a database, and never drops rows.',
  }),
  daily: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of the day, such as 22:00')
    .optional()
    .meta({ description: 'When it usually runs, in the time zone set in headroom.yaml.' }),
  inputs: z.record(figureName, ownInput).default({}),
  needs: z
    .array(z.strictObject({ that: condition, otherwise: template }))
    .max(20)
    .default([])
    .meta({ description: 'What must hold before it is drawn.' }),
  steps,
});

/** A procedure; a bare list is its steps. */
export const procedure = z
  .union([steps, whole])
  .meta({ description: 'What is done, in this order.' });

const item = z.union([
  sentence,
  z.strictObject({ say: sentence, check: look.optional(), source: source.optional() }),
]);

/** A checklist. */
export const checklist = z
  .array(item)
  .min(1)
  .max(60)
  .meta({ description: 'What people go through; with a check, Headroom looks too.' });
