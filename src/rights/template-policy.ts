// The admission policy for workloads: what of their templates plans may change, and that no image is among it.

import { sameBut } from './cel.ts';
import type { Policy } from './policy-documents.ts';
import { among, madeByUs, metadataStays } from './policy-parts.ts';
import type { WrittenObject } from './written-objects.ts';

/** The annotation of a pod template that makes every pod anew, as `kubectl rollout restart` writes it. */
const restartAnnotation = 'kubectl.kubernetes.io/restartedAt';

/** What of a pod plans set in templates that somebody else wrote. */
const podFields = [
  'affinity',
  'containers',
  'nodeSelector',
  'terminationGracePeriodSeconds',
  'tolerations',
  'topologySpreadConstraints',
] as const;
const containerFields = ['env', 'resources'] as const;

/** Requests, limits, environment, placement and the restart of pods; everything else of a workload is somebody else's. */
export function templatePolicy(written: readonly WrittenObject[]): Policy {
  return {
    name: 'headroom-templates',
    about:
      'Of workloads: requests, limits, environment, placement and restart of their pods; replicas by `scale` only.',
    operation: 'UPDATE',
    kinds: ['Deployment', 'StatefulSet'],
    stays: [
      ...metadataStays,
      {
        name: 'spec',
        path: ['spec'],
        but: ['template'],
        message:
          'Headroom may change nothing of a workload but its pod template; replicas only through scale',
      },
      {
        name: 'template',
        path: ['spec', 'template'],
        but: ['metadata', 'spec'],
        message: 'Headroom may change of a pod template only metadata and spec',
      },
      {
        name: 'podMeta',
        path: ['spec', 'template', 'metadata'],
        but: ['annotations'],
        message: 'Headroom may not change the labels of pods',
      },
      {
        name: 'podAnnotations',
        path: ['spec', 'template', 'metadata', 'annotations'],
        but: [restartAnnotation],
        message: `Headroom may change no annotation of pods but ${restartAnnotation}`,
      },
      {
        name: 'pod',
        path: ['spec', 'template', 'spec'],
        but: podFields,
        message:
          'Headroom may change of pods only their placement, their time to stop and their containers',
      },
    ],
    variables: [
      { name: 'containers', expression: 'dyn(object.spec.template.spec.containers)' },
      { name: 'containersBefore', expression: 'dyn(oldObject.spec.template.spec.containers)' },
    ],
    // What a plan has made whole, plans may change whole.
    unless: {
      name: 'not-made-by-headroom',
      expression: `(${among(written.filter(({ deed }) => deed === 'make'))}) && ${madeByUs}`,
    },
    validations: [
      {
        expression: 'size(variables.containers) == size(variables.containersBefore)',
        message: 'Headroom may add and remove no container',
      },
      {
        expression: `variables.containers.all(c, variables.containersBefore.exists(b, b.name == c.name &&\n${sameBut('c', 'b', containerFields)}))`,
        message:
          'Headroom may change of a container only its resources and environment, never its image or command',
      },
      {
        expression: [
          'variables.containers.all(c, !has(c.env) || c.env.all(e, !has(e.valueFrom) ||',
          'variables.containersBefore.exists(b, b.name == c.name && has(b.env) && b.env.exists(o, o == e))))',
        ].join('\n'),
        message: 'Headroom may not let a container read another Secret or ConfigMap',
      },
    ],
  };
}
