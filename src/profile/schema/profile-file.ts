// The form of a profile file: what keys there are, what each means and which are needed. profiles/schema.json is made from it.
import { z } from 'zod';
import { component } from './components.ts';
import { cost, database, network } from './database.ts';
import { forecast } from './forecast.ts';
import { figureName, formula, promqlString, remark, sentence, source, typedName } from './parts.ts';
import { checklist, procedure } from './procedures.ts';
import { rightSize } from './right-size.ts';
import { sizing } from './sizings.ts';
import { trigger } from './triggers.ts';

const observe = z
  .union(
    [
      z.strictObject({ promql: promqlString }),
      z.strictObject({
        sql: sentence.meta({ description: 'One select whose answer is one number.' }),
        database: typedName.meta({ description: 'A database named in headroom.yaml.' }),
      }),
    ],
    { error: 'expected {promql} or {sql, database}' },
  )
  .meta({ description: 'How to find out what it is now.' });

const input = z.strictObject({
  type: z.enum(['integer', 'number']),
  unit: sentence.optional().meta({ description: 'Of what it counts. (Default: its name.)' }),
  min: z.number().default(0),
  max: z.number().default(1e9),
  required: z.boolean().default(false),
  default: formula.optional().meta({
    description: 'A number, or a formula over other inputs, used when the input is not given.',
  }),
  demand: z.boolean().default(true).meta({
    description: 'More of it never needs less. (Default: yes)',
  }),
  observe: observe.optional(),
  description: sentence.optional(),
});

const value = z
  .strictObject({ formula, unit: sentence.optional(), source: source.optional() })
  .meta({ description: 'A figure that several formulas use.' });

/** The guides have at most 5 inputs, 11 values, 6 components and 19 triggers; the work of a plan grows with their square. */
const entriesMax = 100;

function fewEnough<T extends z.ZodType<Readonly<Record<string, unknown>>>>(record: T): T {
  return record.refine(
    (entries) => Object.keys(entries).length <= entriesMax,
    `expected at most ${entriesMax} entries`,
  );
}

/** A profile file. */
export const profileSchema = z
  .strictObject({
    profile: typedName.meta({ description: 'The name people type.' }),
    title: sentence,
    guide: sentence.meta({ description: 'The document every source refers to, with its version.' }),
    inputs: fewEnough(z.record(figureName, input)).default({}),
    values: fewEnough(z.record(figureName, value))
      .default({})
      .meta({ description: 'In the order of the file; each may use inputs and those before it.' }),
    components: fewEnough(z.record(typedName, component)),
    triggers: fewEnough(z.record(typedName, trigger)).default({}),
    choose: z.enum(['first', 'largest']).default('first').meta({
      description:
        'Which feasible sizing is recommended: the first, or the one with most replicas.',
    }),
    sizings: z.array(sizing).max(50).default([]),
    warnings: z.array(remark).max(50).default([]),
    database: database.optional(),
    network: network.optional(),
    cost: cost.optional(),
    rightSize: rightSize.optional(),
    forecast: forecast.optional(),
    procedures: z.record(typedName, procedure).default({}),
    checklists: z.record(typedName, checklist).default({}),
  })
  .meta({ title: 'Headroom profile', description: 'The capacity model of one system.' });

export type ProfileFile = z.output<typeof profileSchema>;
