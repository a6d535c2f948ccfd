// Turns a worked-out step of a procedure into the exact changes of a plan, by a few mechanisms that all guides share.

import type { WorkloadRef } from '../change/change.ts';
import { isObjectKind, type ObjectRef } from '../change/kinds.ts';
import { unreachable } from '../errors.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { storageChanges } from './grow-volume.ts';
import { autoscalerChanges } from './step-autoscaler.ts';
import type { StepChanges, StepFacts } from './step-facts.ts';
import { applyChanges, configChanges } from './step-objects.ts';
import { scaleChanges } from './step-scale.ts';
import { envChanges, podsChanges, restartChanges } from './step-template.ts';

/** A step that changes something in a cluster. */
export type ClusterStep = Exclude<StepChange, { readonly kind: 'database' }>;

/** What the step writes, given what the cluster says now; nothing of it is written yet. */
export function changesForStep(step: ClusterStep, facts: StepFacts): StepChanges {
  switch (step.kind) {
    case 'scale':
      return scaleChanges(step, facts);
    case 'pods':
      return podsChanges(step, facts);
    case 'env':
      return envChanges(step, facts);
    case 'restart':
      return restartChanges(facts);
    case 'autoscaler':
      return autoscalerChanges(step, facts);
    case 'config':
      return configChanges(step, facts);
    case 'apply':
      return applyChanges(step, facts);
    case 'storage':
      return storageChanges(step, facts);
    default:
      return unreachable(step);
  }
}

/** The object beside the workload and its autoscaler that must have been looked at before. */
export function objectOfStep(step: ClusterStep, workload: WorkloadRef): ObjectRef | undefined {
  const { cluster, namespace } = workload;
  switch (step.kind) {
    case 'config':
      return { cluster, namespace, kind: 'ConfigMap', name: step.configMap };
    case 'storage':
      return { cluster, namespace, kind: 'PersistentVolumeClaim', name: step.claim };
    case 'autoscaler':
      return step.metrics === undefined
        ? undefined
        : { cluster, namespace, kind: 'HorizontalPodAutoscaler', name: step.name };
    case 'apply': {
      const { kind, apiVersion, metadata } = step.object;
      return isObjectKind(kind, apiVersion)
        ? { cluster, namespace, kind, name: metadata.name }
        : undefined;
    }
    case 'scale':
    case 'pods':
    case 'env':
    case 'restart':
      return undefined;
    default:
      return unreachable(step);
  }
}
