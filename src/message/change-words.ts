// A change in the words of a person: what it touches, from what to what, and whether it can be taken back.

import type { Change, PatchField } from '../change/change.ts';
import { shownValue } from '../change/compare-patch.ts';
import type { ObjectKind } from '../change/kinds.ts';
import { scaledObjectLimits } from '../change/scaled-object.ts';
import { sqlDeedWords, statementsOf } from '../database/sql-deed.ts';
import { unreachable } from '../errors.ts';
import { gateWords } from '../plan/gate-words.ts';
import { type Gate, isChange, type Step } from '../plan/step.ts';
import { codeSpan, literal } from './message.ts';

const undoWords = {
  exact: 'can be undone exactly',
  compensating: 'can be compensated, not undone exactly',
  none: '*cannot be undone*',
} as const;

/** Kinds that have a word of ours, or are clear from their name. */
const kindWords: Partial<Record<ObjectKind, string>> = {
  Deployment: '',
  StatefulSet: '',
  HorizontalPodAutoscaler: 'autoscaler ',
};

/** "worker: 5 → at least 8 replicas". */
export function changeWords(change: Change): string {
  const atLeast = change.floor ? 'at least ' : '';
  switch (change.kind) {
    case 'scale':
      return `${literal(change.workload.name, 80)}: ${change.before.replicas} → ${atLeast}${change.after.replicas} replicas`;
    case 'autoscaler': {
      const { scaledObject, autoscaler } = change;
      const called = (field: 'minReplicas' | 'maxReplicas') =>
        scaledObject === undefined ? field : scaledObjectLimits[field].field;
      const moved = (['minReplicas', 'maxReplicas'] as const)
        .filter((field) => change.before[field] !== change.after[field])
        .map(
          (field) => `${called(field)} ${change.before[field]} → ${atLeast}${change.after[field]}`,
        );
      const where =
        scaledObject === undefined
          ? `autoscaler ${literal(autoscaler.name, 80)}`
          : `ScaledObject ${literal(scaledObject, 80)}`;
      return `${where}: ${moved.join(', ')}`;
    }
    case 'patch': {
      const { kind, name } = change.object;
      return `${kindWords[kind] ?? `${kind} `}${literal(name, 80)}: ${change.fields.map(fieldWords).join(', ')}`;
    }
    case 'create': {
      const { kind, name } = change.object;
      return `${kindWords[kind] ?? `${kind} `}${literal(name, 80)}: made anew`;
    }
    case 'sql': {
      const { name, standby } = change.database;
      const where = standby === undefined ? name : `${name}, standby ${standby}`;
      return `database ${literal(where, 120)}: ${literal(sqlDeedWords(change.deed), 400)}`;
    }
    default:
      return unreachable(change);
  }
}

function fieldWords({ what, before, after }: PatchField): string {
  const [was, is] = [before, after].map((value) => literal(shownValue(value), 400));
  return `${literal(what, 60)} ${was} → ${is}`;
}

/** Of what a person does every word is needed, since commands are among them. */
export function gateLine(gate: Gate): string {
  return literal(gateWords(gate), gate.kind === 'human' ? 1500 : 400);
}

/** A step of a procedure: a gate in words, a change with where it happens and its undo. */
export function stepLine(step: Step): string {
  if (!isChange(step)) return gateLine(step);
  const { cluster, namespace } = step.workload;
  const where = step.kind === 'sql' ? '' : `${literal(cluster, 60)} / ${literal(namespace, 63)} · `;
  return `${changeWords(step)}${madeOf(step)}\n   ${where}${undoOf(step)}`;
}

/** The change with where it happens and its undo, for the card. */
export function changeLine(change: Change): string {
  const { cluster, namespace, kind, name } = change.workload;
  const where = `${literal(cluster, 60)} / ${literal(namespace, 63)} / ${kind} ${literal(name, 80)} · `;
  return `• ${changeWords(change)}${madeOf(change)}\n   ${change.kind === 'sql' ? '' : where}${undoOf(change)}`;
}

/** Putting back the template of pods that were restarted is exact, and starts them anew once more. */
function undoOf(change: Change): string {
  const isRestart =
    change.kind === 'patch' &&
    change.rollout &&
    change.fields.every(({ what }) => what === 'restart');
  return isRestart
    ? 'the restart itself stays, only the template can be put back'
    : undoWords[change.undo];
}

/** What a new object holds is its difference: nothing stood there before. Of a deed it is what is sent. */
function madeOf(change: Change): string {
  if (change.kind === 'sql') {
    return statementsOf(change.deed)
      .map((statement) => `\n   ${codeSpan(statement, 1000)}`)
      .join('');
  }
  return change.kind === 'create' ? `\n   + ${literal(shownValue(change.fields), 1000)}` : '';
}
