// The admission policies that hold Headroom's account to the fields it writes: a role can say which object, not which field.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import type { System } from '../plan/system.ts';
import type { RulesDocument } from '../rules/rules-text.ts';
import { autoscalerPolicy, scaledObjectPolicy } from './autoscaler-policies.ts';
import { creationPolicy, deletionPolicy } from './making-policies.ts';
import { type Policy, policyDocuments } from './policy-documents.ts';
import { among, keysOf, metadataStays, wholeStays } from './policy-parts.ts';
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
    autoscalerPolicy(systems),
    scaledObjectPolicy(systems, written),
    ...others(written),
    creationPolicy(written),
    deletionPolicy(written),
  ];
  return policies.flatMap((policy) => policyDocuments(policy, account));
}

const withOwnPolicy: ReadonlySet<ObjectKind> = new Set([
  'Deployment',
  'StatefulSet',
  'HorizontalPodAutoscaler',
  'ScaledObject',
]);

/** Of all other kinds only the objects that procedures name, and of those only what they write. */
function others(written: readonly WrittenObject[]): readonly Policy[] {
  const kinds = kindsOf(written.filter(({ kind }) => !withOwnPolicy.has(kind)));
  return kinds.map((kind) => {
    const { holds, plural } = objectKinds[kind];
    const ofKind = written.filter((each) => each.kind === kind);
    const keys = keysOf(ofKind);
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

function kindsOf(written: readonly WrittenObject[]): readonly ObjectKind[] {
  return [...new Set(written.map(({ kind }) => kind))].toSorted();
}
