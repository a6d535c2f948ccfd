// The form of the rule by which a guide makes pods fit what they use: bigger or smaller ones, and more or fewer.
import { z } from 'zod';
import { replicaCount, source } from './parts.ts';

const share = z.number().gt(0).max(1);
const factor = z.number().min(1).max(100);

const replicas = z
  .strictObject({
    component: z.string().optional().meta({ description: 'Which one. (Default: each)' }),
    lowerBelow: share.meta({ description: 'CPU and memory both below this share of requests.' }),
    lowerFactor: z.number().gt(0).lt(1).meta({ description: 'So many times the pods then.' }),
    raiseAbove: share.meta({ description: 'CPU or memory above this share of requests.' }),
    raiseFactor: z.number().gt(1).max(10),
    min: replicaCount.min(1).meta({ description: 'Never fewer pods.' }),
    source,
  })
  .meta({
    description: 'More or fewer pods by their average use, where the guide answers with pods.',
  });

/** How use becomes a size. What a file does not say is the usual rule: the 95th percentile and a fifth. */
export const rightSize = z
  .strictObject({
    percentile: z.literal([50, 95, 99]).default(95).meta({
      description: 'The figure of use the rule looks at. (Default: 95)',
    }),
    margin: z.number().min(1).max(10).default(1.2).meta({
      description:
        'What the figure is multiplied by; also the room above the largest memory seen. (Default: 1.2)',
    }),
    utilisationTarget: share.optional().meta({
      description: 'When set, the request is the figure divided by this share.',
    }),
    lowerBelow: share.default(0.6).meta({
      description: 'Use below this share is too little. (Default: 0.6)',
    }),
    lowerOf: z.enum(['limit', 'request']).default('limit').meta({
      description: 'What lowerBelow is a share of; without a limit it is the request.',
    }),
    raiseAbove: share.default(0.8).meta({
      description: 'Use above this share of the request is too much. (Default: 0.8)',
    }),
    limitFactor: z
      .strictObject({ cpu: factor.optional(), memory: factor.optional() })
      .optional()
      .meta({
        description: 'A limit is the request times this. (Default: limit to request as it is now)',
      }),
    windowDays: z.int().min(7).max(365).default(14).meta({
      description:
        'How far back it looks; in less than a week nothing would become smaller. (Default: 14)',
    }),
    replicas: replicas.optional(),
    source,
  })
  .meta({ description: 'By which rule pods are made to fit what they use.' });
