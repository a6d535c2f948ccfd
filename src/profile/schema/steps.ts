// The form of a step of a procedure: one key names its kind, and all about it stands under that key.
import { z } from 'zod';
import {
  cpuQuantity,
  durationMs,
  kubernetesName,
  memoryQuantity,
  sentence,
  template,
} from './parts.ts';
import { databaseStep } from './step-database.ts';
import {
  check,
  common,
  commonOfChanges,
  computed,
  look,
  place,
  rollout,
  stepNumber,
  stepText,
  stepTree,
} from './step-parts.ts';

const amounts = z.strictObject({
  cpu: z
    .union([cpuQuantity, computed], {
      error: 'expected a quantity such as 500m, or {formula: "…"} in millicores',
    })
    .optional(),
  memory: z
    .union([memoryQuantity, computed], {
      error: 'expected a quantity such as 512Mi, or {formula: "…"} in Mi',
    })
    .optional(),
});

const scale = z
  .strictObject({
    ...place,
    atLeast: stepNumber.optional().meta({ description: 'A floor: it never lowers.' }),
    to: stepNumber.optional().meta({ description: 'Exactly so many, also fewer than now.' }),
    from: stepNumber.optional().meta({
      description: 'How many there are before. (Default: the component’s baseline)',
    }),
    step: stepNumber.optional().meta({
      description: 'So many at a time, the last time what is left. (Default: all at once)',
    }),
    wait: durationMs.optional().meta({ description: 'Between two times.' }),
    ...commonOfChanges,
  })
  .meta({ description: 'How many pods a component has.' });

const pods = z
  .strictObject({
    ...place,
    requests: amounts.optional(),
    limits: amounts.optional(),
    extended: z.record(z.string().max(316), stepNumber).optional().meta({
      description: 'Other resources by name, such as nvidia.com/gpu.',
    }),
    rollout,
    ...commonOfChanges,
  })
  .meta({ description: 'What each pod requests, and its limits.' });

const autoscaler = z
  .strictObject({
    ...place,
    min: stepNumber.optional(),
    max: stepNumber.optional(),
    variant: kubernetesName.optional().meta({
      description: 'The autoscaler of the component with this name becomes the only one.',
    }),
    ...commonOfChanges,
  })
  .meta({ description: 'The limits of an autoscaler, or which one there is.' });

const config = z
  .strictObject({
    component: z.string().meta({ description: 'Whose pods read it.' }),
    cluster: place.cluster,
    name: template.meta({ description: 'The ConfigMap.' }),
    set: z.record(z.string().max(253), stepText),
    ...commonOfChanges,
  })
  .meta({ description: 'Keys of a ConfigMap; the others stay.' });

const env = z
  .strictObject({
    ...place,
    set: z.record(z.string().max(253), stepText).default({}),
    graceSeconds: stepNumber.optional().meta({
      description: 'terminationGracePeriodSeconds of the pods.',
    }),
    rollout,
    ...commonOfChanges,
  })
  .meta({ description: 'The environment of a container; other variables stay.' });

const restart = z
  .strictObject({ ...place, ...commonOfChanges })
  .meta({ description: 'Every pod anew, one after the other.' });

const apply = z
  .strictObject({
    ...place,
    apiVersion: z.string().max(253),
    kind: z.string().max(63),
    name: template,
    fields: z.record(z.string(), stepTree).meta({
      description: 'What is written beside apiVersion, kind and metadata: spec or data.',
    }),
    rollout,
    ...commonOfChanges,
  })
  .meta({
    description:
      'Fields of an object, created where it is not there. $namespace, $workload and $container are filled in.',
  });

const storage = z
  .strictObject({
    ...place,
    claim: template.meta({ description: 'The PersistentVolumeClaim.' }),
    gib: stepNumber,
    ...commonOfChanges,
  })
  .meta({ description: 'The size of a volume, which can only grow.' });

const wait = z.union(
  [durationMs, z.strictObject({ for: durationMs, watch: look.optional(), ...common })],
  { error: 'expected a duration such as 10m, or {for: 10m}' },
);

const human = z.union(
  [
    template,
    z.strictObject({
      do: template,
      who: sentence.optional().meta({ description: 'Who ticks it. (Default: an approver)' }),
      check: look.optional(),
      ...common,
    }),
  ],
  { error: 'expected a sentence, or {do: …}' },
);

/** A step; exactly one key, which names its kind. */
export const step = z
  .strictObject({
    scale: scale.optional(),
    pods: pods.optional(),
    autoscaler: autoscaler.optional(),
    config: config.optional(),
    env: env.optional(),
    restart: restart.optional(),
    apply: apply.optional(),
    storage: storage.optional(),
    database: databaseStep.optional(),
    check: check.optional(),
    wait: wait.optional().meta({ description: 'A pause, such as 10m.' }),
    human: human.optional().meta({ description: 'What a person does and ticks.' }),
  })
  .meta({ id: 'step', minProperties: 1, maxProperties: 1 });

export type StepFile = z.output<typeof step>;
