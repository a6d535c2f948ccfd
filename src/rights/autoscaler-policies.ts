// The admission policies for what scales workloads: whatever it is called, it is known by the workload it scales.

import { scaledObjectLimits } from '../change/scaled-object.ts';
import type { System } from '../plan/system.ts';
import { isAmong } from './cel.ts';
import type { Policy } from './policy-documents.ts';
import { among, keysOf, metadataStays, wholeStays } from './policy-parts.ts';
import type { WrittenObject } from './written-objects.ts';

/** Limits, metrics and behaviour of the autoscalers of our workloads, whatever their names. */
export function autoscalerPolicy(systems: readonly System[]): Policy {
  return {
    name: 'headroom-autoscalers',
    about: 'Of autoscalers of its workloads: limits, metrics and behaviour.',
    operation: 'UPDATE',
    kinds: ['HorizontalPodAutoscaler'],
    stays: [
      ...metadataStays,
      ...wholeStays('spec', 'horizontalpodautoscalers', [
        'behavior',
        'maxReplicas',
        'metrics',
        'minReplicas',
      ]),
    ],
    validations: [
      {
        expression: scalesOurs(systems, 'object.spec.scaleTargetRef.kind'),
        message: 'Headroom may only change autoscalers of the workloads it looks after',
      },
    ],
  };
}

const limits: readonly string[] = Object.values(scaledObjectLimits)
  .map(({ field }) => field)
  .toSorted();

/** The limits of whichever ScaledObject (KEDA) scales one of our workloads; of those that procedures name, what they write. */
export function scaledObjectPolicy(
  systems: readonly System[],
  written: readonly WrittenObject[],
): Policy {
  const ofKind = written.filter(({ kind }) => kind === 'ScaledObject');
  const keys = keysOf(ofKind);
  const isNamed = among(ofKind);
  const more = keys.filter((key) => !limits.includes(key));
  // KEDA takes what is said to be of no kind for a Deployment.
  const kind =
    "(has(object.spec.scaleTargetRef.kind) ? object.spec.scaleTargetRef.kind : 'Deployment')";
  return {
    name: 'headroom-scaledobjects',
    about: `Of scaledobjects of its workloads: ${limits.join(', ')}${more.length === 0 ? '' : `; of those that procedures name: ${more.join(', ')} too`}.`,
    operation: 'UPDATE',
    kinds: ['ScaledObject'],
    stays: [
      ...metadataStays,
      ...wholeStays('spec', 'scaledobjects', [...limits, ...more].toSorted()),
      ...(more.length === 0
        ? []
        : [
            {
              name: 'limits',
              path: ['spec'],
              but: limits,
              unless: isNamed,
              message: `Headroom may change of scaledobjects that no procedure names only ${limits.join(', ')}`,
            },
          ]),
    ],
    validations: [
      {
        expression: [...(ofKind.length === 0 ? [] : [isNamed]), scalesOurs(systems, kind)].join(
          ' || ',
        ),
        message: 'Headroom may only change scaledobjects of the workloads it looks after',
      },
    ],
  };
}

/** CEL that holds where what is scaled is one of our workloads; `kind` is where its kind is found. */
function scalesOurs(systems: readonly System[], kind: string): string {
  const targets = systems.flatMap(({ workloads }) =>
    [...workloads.values()].map((each) => `${each.namespace}/${each.kind}/${each.name}`),
  );
  const whole = systems.flatMap(({ wholeNamespace }) => wholeNamespace ?? []);
  const target = `request.namespace + '/' + ${kind} + '/' + object.spec.scaleTargetRef.name`;
  return [
    ...isAmong(`(${target})`, '', targets.toSorted().map(known)),
    ...isAmong('request.namespace', '', whole.toSorted().map(known)),
  ].join(' || ');
}

function known(name: string) {
  return { kind: 'known', name } as const;
}
