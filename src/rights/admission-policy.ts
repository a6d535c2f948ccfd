// The admission policies that hold Headroom's account to the fields it writes: a role can say which object, not which field.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import type { System } from '../plan/system.ts';
import type { RulesDocument } from '../rules/rules-text.ts';
import { isAmong } from './cel.ts';
import { creationPolicy, deletionPolicy } from './making-policies.ts';
import { type Policy, policyDocuments, type Stays } from './policy-documents.ts';
import { among, metadataStays } from './policy-parts.ts';
import type { Account } from './roles.ts';
import { templatePolicy } from './template-policy.ts';
import { type WrittenObject, writtenObjects } from './written-objects.ts';

/** The policies for some systems, each with its binding. They bind the account only; nobody else notices them. */
export function admissionPolicies(
  systems: readonly System[],
  account: Account,
): readonly RulesDocument[] {
  const written = systems.flatMap(writtenObjects);
  const policies = [
    templatePolicy(written),
    ...autoscalers(systems),
    ...others(written),
    creationPolicy(written),
    deletionPolicy(written),
  ];
  return policies.flatMap((policy) => policyDocuments(policy, account));
}

/** Limits, metrics and behaviour of the autoscalers of our workloads, whatever their names. */
function autoscalers(systems: readonly System[]): readonly Policy[] {
  const targets = systems.flatMap(({ workloads }) =>
    [...workloads.values()].map(({ namespace, kind, name }) => `${namespace}/${kind}/${name}`),
  );
  const whole = systems.flatMap(({ wholeNamespace }) => wholeNamespace ?? []);
  const target =
    "request.namespace + '/' + object.spec.scaleTargetRef.kind + '/' + object.spec.scaleTargetRef.name";
  const ours = [
    ...isAmong(`(${target})`, '', targets.toSorted().map(known)),
    ...isAmong('request.namespace', '', whole.toSorted().map(known)),
  ];
  return [
    {
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
          expression: ours.join(' || '),
          message: 'Headroom may only change autoscalers of the workloads it looks after',
        },
      ],
    },
  ];
}

function known(name: string) {
  return { kind: 'known', name } as const;
}

const withOwnPolicy: ReadonlySet<ObjectKind> = new Set([
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
]);

/** Of all other kinds only the objects that procedures name, and of those only what they write. */
function others(written: readonly WrittenObject[]): readonly Policy[] {
  const kinds = kindsOf(written.filter(({ kind }) => !withOwnPolicy.has(kind)));
  return kinds.map((kind) => {
    const { holds, plural } = objectKinds[kind];
    const ofKind = written.filter((each) => each.kind === kind);
    const keys = [...new Set(ofKind.flatMap((each) => each.keys ?? []))].toSorted();
    return {
      name: `headroom-${plural}`,
      about: `Of ${plural}: ${keys.length > 0 ? keys.join(', ') : holds} of those that procedures name.`,
      operation: 'UPDATE',
      kinds: [kind],
      stays: [...metadataStays, ...wholeStays(holds, plural, keys)],
      validations: [
        {
          expression: among(ofKind),
          message: `Headroom may only change ${plural} that the procedures of its profiles name`,
        },
      ],
    };
  });
}

/** Without keys all that the kind holds may differ. */
function wholeStays(holds: string, plural: string, keys: readonly string[]): readonly Stays[] {
  return [
    {
      name: 'whole',
      path: [],
      but: ['metadata', holds],
      message: `Headroom may change nothing of ${plural} but their ${holds}`,
    },
    ...(keys.length === 0
      ? []
      : [
          {
            name: holds,
            path: [holds],
            but: keys,
            message: `Headroom may change of ${plural} only ${keys.join(', ')}`,
          },
        ]),
  ];
}

function kindsOf(written: readonly WrittenObject[]): readonly ObjectKind[] {
  return [...new Set(written.map(({ kind }) => kind))].toSorted();
}
