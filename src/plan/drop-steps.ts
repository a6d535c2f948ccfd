// What a plan that drops rows for good holds beside its drops: a look at the backup right before each, and nothing else that changes.

import type { SqlChange } from '../change/change.ts';
import { neededFor, sqlDeedWords, statementsOf } from '../database/sql-deed.ts';
import type { BackupGate, PlannedStep } from '../sizing/planned-step.ts';
import { resolveLook } from './resolve-look.ts';
import { type CheckGate, isChange, type Look, type Step } from './step.ts';
import type { System } from './system.ts';

/** A database from which a plan drops rows, and what must be seen of its backup. */
export interface PlannedDrop {
  readonly database: string;
  readonly backup: Look;
}

interface Refused {
  readonly kind: 'refused';
  readonly because: string;
}

/** The drop that a step asks for; undefined where it drops nothing. */
export function dropOf({ change }: PlannedStep, system: System): PlannedDrop | Refused | undefined {
  if (change?.kind !== 'database' || change.deed !== 'dropDetached') return undefined;
  const { database, backup } = change;
  const resolved = resolveLook(plannedLook(database, backup), system, undefined);
  return resolved.kind === 'look'
    ? { database, backup: resolved.look }
    : {
        kind: 'refused',
        because: `nothing measures how old the newest backup is (${resolved.because}), and a person's word is not enough to drop rows: name a query as backup.promql in the profile`,
      };
}

function plannedLook(database: string, { hours, promql }: BackupGate) {
  return promql === undefined
    ? ({ fact: 'backup-age-hours', database, atMost: hours } as const)
    : { promql, atMost: hours };
}

/** In words why a procedure may not drop what it does; profiles are checked for it, and nothing else may get around that. */
export function whyNotDropped(
  steps: readonly PlannedStep[],
  { isEmergency, isAlert }: { readonly isEmergency: boolean; readonly isAlert: boolean },
): string | undefined {
  if (!steps.some(isDrop)) return undefined;
  if (isEmergency || isAlert) {
    return 'rows are never dropped for an alert or in an emergency: have it done in a plan of its own';
  }
  const other = steps.find((step) => step.change !== undefined && !isDrop(step));
  return other === undefined
    ? undefined
    : `step ${other.number} (${other.what}) is another change, and dropping rows is a plan of its own`;
}

function isDrop({ change }: PlannedStep): boolean {
  return change?.kind === 'database' && change.deed === 'dropDetached';
}

/** Each drop right behind its own look at the backup. */
export function guardedSteps(changes: readonly Step[], { backup }: PlannedDrop): readonly Step[] {
  const gate: CheckGate = {
    kind: 'check',
    look: backup,
    otherwise: 'stop',
    say: 'What is dropped next comes back from that backup only.',
  };
  return changes.flatMap((change) => [gate, change]);
}

/**
 * The same of a policy that drops rows which are there now: beside other changes it is left for a plan of its own, which
 * the same procedure draws once those are done; there it stands behind a look at the backup, or is left to a person.
 */
export function retentionApart(
  steps: readonly Step[],
  { command, mayDrop }: { readonly command: string; readonly mayDrop: boolean },
): { readonly steps: readonly Step[]; readonly drops: readonly PlannedDrop[] } {
  const isAlone = mayDrop && steps.filter(isChange).every(isRetention);
  const kept: Step[] = [];
  const drops: PlannedDrop[] = [];
  for (const step of steps) {
    if (!isRetention(step)) {
      kept.push(step);
      continue;
    }
    const { name: database } = step.database;
    const backup = kept.findLast((each) => isBackupCheck(each, database));
    if (isAlone && backup !== undefined) {
      drops.push({ database, backup: backup.look });
      kept.push(step);
      continue;
    }
    // What it guarded is not done here.
    if (!isAlone && backup !== undefined && kept.at(-1) === backup) kept.pop();
    const say = isAlone
      ? 'It drops rows for good, and nothing measures how old the newest backup is.'
      : 'It drops rows for good, which is a plan of its own: the same procedure once more draws it, when the rest is done.';
    const what = sqlDeedWords(step.deed);
    kept.push({
      kind: 'human',
      what: isAlone
        ? `${what}: ${statementsOf(step.deed).join('; ')}`
        : `Leave for later: ${what} (${command})`,
      who: 'somebody for databases',
      say,
    });
  }
  return { steps: kept, drops };
}

function isRetention(step: Step): step is SqlChange {
  return (
    isChange(step) &&
    step.kind === 'sql' &&
    step.deed.deed !== 'drop' &&
    neededFor(step.deed) === 'drops'
  );
}

function isBackupCheck(step: Step, database: string): step is CheckGate {
  if (step.kind !== 'check' || step.otherwise !== 'stop') return false;
  const { fact } = step.look;
  return fact?.name === 'backup-age-hours' && fact.database?.name === database;
}
