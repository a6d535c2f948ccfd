// The pieces the steps of a procedure are made of: values that may be computed, what is looked at, and where.
import { z } from 'zod';
import { type FactName, factNames } from '../facts.ts';
import type { Formula } from '../formula.ts';
import { parseTemplate, type Template } from '../template.ts';
import {
  condition,
  durationMs,
  formula,
  promqlString,
  source,
  template,
  typedName,
} from './parts.ts';

/** A ConfigMap's value or an object's text may be a small file. */
const TEXT_CHARACTERS_MAX = 8000;

/** A formula in place of a literal. */
export const computed = z.strictObject({ formula }).meta({ id: 'computed' });

/** A number: as it stands, or computed. */
export const stepNumber = z
  .union([z.number(), computed], { error: 'expected a number or {formula: "…"}' })
  .meta({ id: 'number', description: 'A number, or {formula: "…"} that gives one.' });

const textWithHoles = z.string().max(TEXT_CHARACTERS_MAX).transform(parseTemplate);

/** A value somebody else reads as text: of a ConfigMap, an environment, a setting. */
export const stepText = z
  .union([textWithHoles, z.number(), z.boolean(), computed], {
    error: 'expected text, a number, true or false, or {formula: "…"}',
  })
  .meta({
    id: 'text',
    description: 'Text in which {name} stands for a number, or {formula: "…"}.',
  });

/** What an object of a cluster holds: plain values, texts with holes, and formulas anywhere inside. */
export type StepTree =
  | null
  | boolean
  | number
  | Template
  | { readonly formula: Formula }
  | readonly StepTree[]
  | { readonly [key: string]: StepTree };

/** A tree of values. */
export const stepTree: z.ZodType<StepTree> = z
  .lazy(() =>
    z.union([
      z.null(),
      z.boolean(),
      z.number(),
      textWithHoles,
      computed,
      z.array(stepTree).max(100),
      z.record(z.string(), stepTree),
    ]),
  )
  .meta({ id: 'tree', description: 'Plain values, texts with {name}, and {formula: "…"} inside.' });

/** Exactly one of these goes with PromQL or a fact. */
const bounds = {
  above: stepNumber.optional(),
  atLeast: stepNumber.optional(),
  below: stepNumber.optional(),
  atMost: stepNumber.optional(),
};

/** What must be seen: all that is named must hold. */
const lookShape = {
  http: z
    .string()
    .max(500)
    .regex(
      /^([a-z0-9]([-a-z0-9]*[a-z0-9])?|\/\S*|https?:\/\/\S+)$/,
      'expected the name of an endpoint, a path or a URL',
    )
    .optional()
    .meta({
      description: 'An endpoint named in headroom.yaml, a path of the component, or a URL.',
    }),
  status: z.int().min(100).max(599).optional().meta({
    description: 'What the endpoint must answer. (Default: 200)',
  }),
  rollout: z.literal(true).optional().meta({ description: 'All pods of the component are ready.' }),
  promql: promqlString.optional(),
  fact: z
    .enum(factNames as readonly [FactName, ...FactName[]])
    .optional()
    .meta({ description: 'Something Headroom measures itself.' }),
  database: typedName.optional().meta({ description: 'Whose fact; named in headroom.yaml.' }),
  ...bounds,
  within: durationMs.optional().meta({ description: 'It may take this long to become so.' }),
};

/** What is looked at before a plan goes on. */
export const look = z.strictObject({ component: z.string().optional(), ...lookShape }).meta({
  id: 'look',
  description: 'What must be seen before the plan goes on; all that is named must hold.',
});

export type Look = z.output<typeof look>;

/** What every step may say. */
export const common = {
  say: template.optional().meta({ description: 'Why, or what to know; for people.' }),
  when: condition.optional().meta({ description: 'Where it does not hold, the step is left out.' }),
  source: source.optional(),
};

const undo = z
  .enum(['exact', 'compensating', 'none'])
  .meta({
    id: 'undo',
    description: 'How it could be taken back. (Default: by the kind of the step)',
  })
  .optional();

/** What every step that changes something may say. */
export const commonOfChanges = { ...common, gate: look.optional(), undo };

/** Where a step changes something. */
export const place = {
  component: z.string(),
  workload: template.optional().meta({
    description:
      'The name of the workload where it is not the component’s own: one per region, say.',
  }),
  cluster: template.optional().meta({
    description: 'A cluster named in headroom.yaml. (Default: the system’s)',
  }),
};

/** Whether a template change rolls out by itself. */
export const rollout = z.enum(['own', 'with-next']).default('own').meta({
  description:
    'with-next: written together with the next change of the same pods, as one patch and one rollout.',
});

/** A check that stands by itself has the same shape, and says what follows. */
export const check = z.strictObject({
  ...common,
  component: z.string().optional(),
  ...lookShape,
  otherwise: z.enum(['stop', 'warn']).default('stop').meta({
    description: 'What follows when it does not hold. (Default: the plan stops)',
  }),
});
