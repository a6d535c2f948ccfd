// The form of the database plan, the network and the costs: what grows beside the pods.
import { z } from 'zod';
import {
  condition,
  figureName,
  formula,
  notNegative,
  positive,
  sentence,
  source,
} from './parts.ts';
import { split } from './sizings.ts';

const figures = z.record(figureName, formula);

const stage = z.strictObject({
  when: condition.optional().meta({ description: 'The first stage that holds counts.' }),
  title: sentence.meta({ description: 'Such as "primary + 1 replica".' }),
  replicas: formula.meta({ description: 'Read replicas beside the primary.' }),
  pooler: z.boolean().default(false),
});

const storage = z.strictObject({
  gib: figures.meta({
    description:
      'Sizes in GiB by name, in the order of the file; each may use those before it. "provisioned" is what is paid for.',
  }),
  growthGiBPerDay: formula.optional(),
  source,
});

/** The database plan. */
export const database = z.strictObject({
  source,
  component: z.string().optional().meta({ description: 'The component that is the primary.' }),
  stages: z.array(stage).min(1).max(20),
  split: split.optional(),
  storage: storage.optional(),
  connections: z
    .strictObject({
      max: formula.meta({ description: 'max_connections of one primary.' }),
      reserve: formula.prefault(3).meta({
        description: 'Connections kept for superusers and tools. (Default: 3)',
      }),
      surgePercent: notNegative.max(100).default(25).meta({
        description: 'Pods that a rollout adds for a while; Kubernetes’ default is 25 %.',
      }),
      source,
    })
    .optional(),
  pooler: z
    .strictObject({
      replicas: formula,
      maxClients: formula.meta({ description: 'Client connections one pooler takes.' }),
      serverConnections: formula.meta({
        description: 'Connections one pooler opens to the database at most.',
      }),
      source,
    })
    .optional(),
  settings: z
    .record(z.string().regex(/^[a-z][a-z0-9_.]*$/), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({ description: 'Server settings the guide asks for at this size.' }),
});

/** Bandwidth by name. */
export const network = z.strictObject({
  mbps: figures.meta({ description: 'Such as inbound and recommended, in Mbit/s of 2^20 bits.' }),
  source,
});

/** What things cost. */
export const cost = z.strictObject({
  cpuCoreHourUsd: notNegative,
  memoryGbHourUsd: notNegative.meta({ description: 'Per GB of 2^30 bytes.' }),
  databaseGbMonthUsd: notNegative.optional(),
  hoursPerMonth: z.number().positive().max(744).default(730),
  assumed: sentence.optional().meta({
    description: 'Why these are not the guide’s own rates; becomes a warning.',
  }),
  perUnit: z.string().optional().meta({ description: 'The input whose cost of one is shown.' }),
  budget: z
    .strictObject({
      usdPerMonth: positive,
      warnAtPercent: z.number().min(1).max(100).default(80),
      source,
    })
    .optional(),
  source,
});
