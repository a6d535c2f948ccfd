// Makes the facts that a step's changes follow from: a worker with what a test is about, and nothing else in its cluster.

import type { SeenObject } from '../../src/change/compare.ts';
import type { StepFacts } from '../../src/plan/step-facts.ts';
import type { StepTarget } from '../../src/sizing/planned-step.ts';
import { makeAutoscalerState, makeClusterState, makeWorkload, now } from '../make.ts';

const { namespace } = makeWorkload();

export const target: StepTarget = {
  component: 'worker',
  kind: 'Deployment',
  namespace,
  name: 'worker',
  container: 'worker',
};

/** An object as a cluster shows it. */
export function seen(kind: string, name: string, value: object): SeenObject {
  return { kind, name, resourceVersion: '7', value, writers: [] };
}

/** The worker, whose second container is the one that is spoken of. */
export function seenWorker(
  container: object = {},
  { spec = {}, template = {} }: { readonly spec?: object; readonly template?: object } = {},
): SeenObject {
  const containers = [
    { name: 'proxy', image: 'proxy:1', env: [{ name: 'MODE', value: 'proxy' }] },
    { name: 'worker', image: 'worker:1', resources: {}, ...container },
  ];
  const { metadata = {}, ...pod } = template as { metadata?: object };
  return seen('Deployment', 'worker', {
    metadata: { labels: { app: 'worker' } },
    spec: {
      replicas: 5,
      selector: { matchLabels: { app: 'worker' } },
      template: {
        metadata: { labels: { app: 'worker' }, ...metadata },
        spec: { containers, ...pod },
      },
      ...spec,
    },
  });
}

/** What is known of the worker; objects stand beside it unless they are the worker themselves. */
export function makeStepFacts(
  objects: readonly SeenObject[] = [],
  over: Partial<StepFacts> = {},
): StepFacts {
  const own = objects.some(({ kind, name }) => kind === 'Deployment' && name === 'worker');
  const state = makeClusterState({ objects: own ? objects : [seenWorker(), ...objects] });
  return {
    place: { cluster: 'production', namespace },
    workload: makeWorkload(),
    container: 'worker',
    state,
    at: now.toISOString(),
    mayScaleStatefulSet: false,
    ...over,
  };
}

/** The same with an autoscaler of 4 to 20 replicas. */
export function withAutoscaler(facts: StepFacts, object: SeenObject = seenAutoscaler()): StepFacts {
  const { state } = facts;
  const autoscaler = makeAutoscalerState({ name: object.name });
  return { ...facts, state: { ...state, autoscaler, objects: [...state.objects, object] } };
}

export function seenAutoscaler(spec: object = {}, metadata: object = {}): SeenObject {
  return seen('HorizontalPodAutoscaler', 'worker-hpa', {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'worker' },
      minReplicas: 4,
      maxReplicas: 20,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } },
        },
      ],
      ...spec,
    },
  });
}
