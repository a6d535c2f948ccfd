// The admission policies for what plans make and take back: kinds and names of the profiles, and nothing privileged.

import { planAnnotation } from '../change/plan-mark.ts';
import { celText, mapAt } from './cel.ts';
import type { Policy } from './policy-documents.ts';
import { allKinds, among, madeByUs } from './policy-parts.ts';
import type { WrittenObject } from './written-objects.ts';

/** What plans make has its kind and name from a profile, and its pods have no way out of their node's fences. */
export function creationPolicy(written: readonly WrittenObject[]): Policy {
  const pod = `(${mapAt('object', ['spec', 'template', 'spec'])})`;
  const containers =
    '((has(variables.pod.containers) ? variables.pod.containers : []) + (has(variables.pod.initContainers) ? variables.pod.initContainers : []))';
  return {
    name: 'headroom-creations',
    about:
      'Of what it makes: kinds and names of the profiles, and pods without rights of their own.',
    operation: 'CREATE',
    kinds: allKinds,
    stays: [],
    variables: [
      {
        name: 'pod',
        expression: `request.resource.resource in ['deployments', 'statefulsets', 'jobs'] ? ${pod} : dyn({})`,
      },
    ],
    validations: [
      {
        expression: among(written.filter(({ deed }) => deed === 'make')),
        message: 'Headroom may only make objects that the procedures of its profiles name',
      },
      {
        expression:
          "!has(variables.pod.serviceAccountName) || variables.pod.serviceAccountName in ['', 'default']",
        message: 'pods that Headroom makes run as no service account but the default one',
      },
      {
        expression:
          '(!has(variables.pod.hostNetwork) || variables.pod.hostNetwork == false) && (!has(variables.pod.hostPID) || variables.pod.hostPID == false) && (!has(variables.pod.hostIPC) || variables.pod.hostIPC == false) && (!has(variables.pod.volumes) || variables.pod.volumes.all(v, !has(v.hostPath)))',
        message:
          'pods that Headroom makes stay away from the network, processes and files of their node',
      },
      {
        expression: `${containers}.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) || c.securityContext.privileged == false)`,
        message: 'pods that Headroom makes are not privileged',
      },
    ],
  };
}

/** Only what a plan made, and only what a profile says plans may take back. */
export function deletionPolicy(written: readonly WrittenObject[]): Policy {
  return {
    name: 'headroom-deletions',
    about: 'It takes back only what it has made itself.',
    operation: 'DELETE',
    kinds: allKinds,
    stays: [],
    validations: [
      {
        expression: madeByUs,
        message: 'Headroom may only delete what it has made itself',
      },
      {
        expression: `${celText(planAnnotation)} in (${mapAt('oldObject', ['metadata', 'annotations'])})`,
        message: `Headroom may only delete what carries the annotation ${planAnnotation}`,
      },
      {
        expression: among(written.filter(({ takenBack }) => takenBack)),
        message: 'Headroom may only delete what procedures of its profiles make',
      },
    ],
  };
}
