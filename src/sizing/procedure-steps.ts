// Works out one step of a procedure: what it changes, what must be seen, how it is undone, and what people should know about it.
import type { Details, Procedure, Step } from '../profile/procedure.ts';
import type { Shared, StepChange, UndoKind, Unnumbered } from './planned-step.ts';
import { type Counts, scaleSteps } from './scale-steps.ts';
import { changeOf, lookOf, type StepContext } from './step-change.ts';
import { filled } from './step-values.ts';
import { changeWords, lookWords, seconds } from './step-words.ts';

/** One step, or several where pods are added bit by bit. Values that do not exist are problems of the context. */
export function stepsOf(
  step: Step,
  procedure: Procedure,
  context: StepContext,
  counts: Counts,
): readonly Unnumbered[] {
  const { details } = step;
  const shared = {
    ...(details.say && { say: filled(details.say, context.scope) }),
    source: details.source ?? procedure.source,
  };
  switch (step.kind) {
    case 'scale':
      return scaleSteps(step.details, shared, context, counts);
    case 'check': {
      const check = lookOf(step.details, undefined, context);
      const { otherwise } = step.details;
      return [{ kind: 'check', what: lookWords(check), check, otherwise, notes: [], ...shared }];
    }
    case 'wait': {
      const waitSeconds = step.details.for / 1000;
      const { watch } = step.details;
      const check = watch && lookOf(watch, undefined, context);
      const what = `wait ${seconds(waitSeconds)}`;
      return [
        {
          kind: 'wait',
          what: check === undefined ? what : `${what} and watch`,
          waitSeconds,
          ...(check && { check }),
          notes: [],
          ...shared,
        },
      ];
    }
    case 'human':
      return [humanStep(step.details, shared, context)];
    case 'pods':
    case 'autoscaler':
    case 'config':
    case 'env':
    case 'restart':
    case 'apply':
    case 'storage':
    case 'database': {
      const change = changeOf(step, context);
      return change === undefined ? [] : [changeStep(step, change, shared, context)];
    }
  }
}

function humanStep(details: Details<'human'>, shared: Shared, context: StepContext): Unnumbered {
  return {
    kind: 'human',
    what: filled(details.do, context.scope),
    who: details.who ?? 'an approver',
    ...(details.check && { check: lookOf(details.check, undefined, context) }),
    notes: [],
    ...shared,
  };
}

function changeStep(
  step: Exclude<Step, { readonly kind: 'scale' | 'check' | 'wait' | 'human' }>,
  change: StepChange,
  shared: Shared,
  context: StepContext,
): Unnumbered {
  const { gate, undo } = step.details;
  const of = change.kind === 'database' ? step.details.component : change.target;
  const undone = undo ?? usualUndo(change);
  return {
    kind: step.kind,
    what: changeWords(change),
    change,
    ...(gate && { gate: lookOf(gate, of, context) }),
    undo: undone,
    notes: [
      ...(isDatabaseRestart(change)
        ? ['a plan of its own: somebody for databases approves it, and it has a window']
        : []),
      ...(isDrop(change)
        ? [
            'a plan of its own: nobody but people approves it, and a fresh backup is measured before',
          ]
        : []),
      ...(undone === 'none' ? ['it cannot be taken back: the stricter rule applies'] : []),
    ],
    ...shared,
  };
}

function isDrop(change: StepChange): boolean {
  return change.kind === 'database' && change.deed === 'dropDetached';
}

function isDatabaseRestart(change: StepChange): boolean {
  if (change.kind !== 'database') return false;
  return change.deed === 'restart' || (change.deed === 'settings' && change.restart);
}

/** Where the profile does not say: what holds data cannot shrink, and what moved data is only made good. */
function usualUndo(change: StepChange): UndoKind {
  if (change.kind === 'storage') return 'none';
  if (change.kind !== 'database') return 'exact';
  switch (change.deed) {
    case 'settings':
    case 'restart':
    case 'indexes':
    case 'tables':
      return 'exact';
    case 'dropDetached':
      return 'none';
    case 'partitions':
    case 'hypertable':
    case 'replicas':
    case 'pooler':
    case 'shards':
      return 'compensating';
  }
}
