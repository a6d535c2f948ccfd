// Says what somebody does in Headroom's place with the pods of a StatefulSet, whose template Headroom does not change.

import type { PatchField } from '../change/change.ts';
import { keysOf } from '../change/pointer.ts';
import type { PlannedStep } from '../sizing/planned-step.ts';
import { whyNoTemplate } from './choose-resize.ts';
import type { PersonsPart } from './sql-changes.ts';
import type { ClusterStep } from './step-changes.ts';
import type { StepChanges, StepFacts } from './step-facts.ts';
import { envChanges, podsChanges } from './step-template.ts';

type ByPerson =
  | { readonly kind: 'person'; readonly person: PersonsPart }
  | Exclude<StepChanges, { readonly kind: 'changes' }>;

/** How long a rollout is waited for where the profile does not say it: one pod after the other may read much. */
const rolloutWithinSeconds = 1800;

/**
 * The commands of a step that changes requests, limits or variables of a StatefulSet, worked out as for a Deployment.
 * Undefined where the step is another one, or changes more than the pods.
 */
export function templateByPerson(
  step: ClusterStep,
  facts: StepFacts,
  { gate }: Pick<PlannedStep, 'gate'>,
): ByPerson | undefined {
  const { workload } = facts;
  if (workload.kind !== 'StatefulSet' || (step.kind !== 'pods' && step.kind !== 'env')) return;
  const by = { byPerson: true } as const;
  const made = step.kind === 'pods' ? podsChanges(step, facts, by) : envChanges(step, facts, by);
  if (made.kind !== 'changes') return made;
  const [change, ...others] = made.changes;
  if (change?.kind !== 'patch' || !change.rollout || others.length > 0) return;
  const { fields } = change;
  const commands = step.kind === 'pods' ? [resources(fields, facts)] : environment(step, facts);
  return {
    kind: 'person',
    person: {
      what: `Change the pods of StatefulSet ${workload.name}: ${commands.join(' && ')}`,
      who: 'whoever runs the cluster',
      say: `${whyNoTemplate(workload)}. If a new pod does not become ready, put the template back (kubectl rollout undo) and delete that pod.`,
      // A gate of the profile's looks at it right after this.
      ...(!gate?.rollout && {
        look: { rollout: workload, withinSeconds: rolloutWithinSeconds },
      }),
    },
  };
}

function resources(fields: readonly PatchField[], facts: StepFacts): string {
  const flags = (['requests', 'limits'] as const).flatMap((part) => {
    const amounts = fields.flatMap((field) => amountsIn(field, part));
    return amounts.length === 0 ? [] : [`--${part}=${amounts.join(',')}`];
  });
  return ['kubectl set resources', ...ofWorkload(facts), ...flags].join(' ');
}

/** `cpu=4`; a map that was not there is written as a whole. */
function amountsIn({ pointer, after }: PatchField, part: string): readonly string[] {
  const keys = keysOf(pointer);
  if (keys.at(-1) === part && typeof after === 'object' && after !== null) {
    return Object.entries(after).map(([name, amount]) => `${name}=${text(amount)}`);
  }
  return keys.at(-2) === part ? [`${keys.at(-1)}=${text(after)}`] : [];
}

function text(amount: PatchField['after']): string {
  return typeof amount === 'string' ? amount : JSON.stringify(amount);
}

function environment(
  { set, terminationGracePeriodSeconds: grace }: Extract<ClusterStep, { readonly kind: 'env' }>,
  facts: StepFacts,
): readonly string[] {
  const { namespace, name } = facts.workload;
  const variables = Object.entries(set).map(([key, value]) => quoted(`${key}=${value}`));
  const spec = { template: { spec: { terminationGracePeriodSeconds: grace } } };
  const patch = quoted(JSON.stringify({ spec }));
  return [
    ...(variables.length === 0
      ? []
      : [['kubectl set env', ...ofWorkload(facts), ...variables].join(' ')]),
    ...(grace === undefined
      ? []
      : [`kubectl patch statefulset/${name} --namespace ${namespace} --type merge -p ${patch}`]),
  ];
}

function ofWorkload({ workload: { namespace, name }, container }: StepFacts): readonly string[] {
  return [`statefulset/${name}`, `--namespace ${namespace}`, `--containers=${container}`];
}

/** As one word of a shell. */
function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
