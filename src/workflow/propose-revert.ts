// Draws the plan that takes back what an earlier plan wrote: from what is stored of it, and from what is there now.

import { whyNotRequest } from '../approval/may-request.ts';
import { type Change, type CreateChange, removalOf, targetKey } from '../change/change.ts';
import { type ClusterState, compareChange } from '../change/compare.ts';
import type { Command } from '../command/parse-command.ts';
import { OperationError } from '../errors.ts';
import type { CommandPlan } from '../plan/assemble-command.ts';
import type { Plan } from '../plan/plan.ts';
import {
  assembleRevert,
  type SeenUndo,
  type Undoing,
  undoingOf,
  whyNotReverted,
} from '../plan/revert-plan.ts';
import { isChange } from '../plan/step.ts';
import type { System } from '../plan/system.ts';
import type { StoredCommand, Transaction } from '../ports.ts';
import { checkedPlan } from './checked-plan.ts';
import { lookAtChanges } from './look-at-changes.ts';
import { noteReverts } from './note-reverts.ts';
import { observeChange } from './observe-change.ts';
import type { Parts } from './parts.ts';
import { type Opened, openPlan } from './store-plan.ts';

export type ProposedRevert = Opened | Refused;

type Refused = { readonly kind: 'refused'; readonly because: string };

type RevertCommand = Extract<Command, { kind: 'revert' }>;

/** The plan for `/scale revert PLAN [reason="…"]`, or why there is none. */
export async function proposeRevert(
  command: RevertCommand,
  stored: StoredCommand,
  parts: Parts,
): Promise<ProposedRevert> {
  const found = await parts.store.transaction((tx) => find(tx, command.plan, stored, parts));
  if (found.kind !== 'found') return found;
  const request = { ...found, command, stored };
  const asked = await checkedPlan(() => draw(request, parts), found.system, parts);
  if (asked.kind === 'refused') return asked;
  const opened = await parts.store.transaction((tx) =>
    openPlan(tx, asked.plan, stored.userId, parts),
  );
  parts.wake('messages');
  return opened;
}

type Found =
  | {
      readonly kind: 'found';
      readonly of: Plan;
      readonly system: System;
      readonly undoing: Undoing;
      readonly firing: readonly string[];
    }
  /** The same command a second time, after a crash before its answer. */
  | Extract<Opened, { kind: 'proposed' }>
  | Refused;

async function find(
  tx: Transaction,
  id: string,
  stored: StoredCommand,
  { systems }: Parts,
): Promise<Found> {
  const record = await tx.plans.find(id);
  if (record === undefined) return refused(`there is no plan ${id}`);
  const { plan: of, state } = record;
  const system = systems.get(of.system);
  if (system === undefined) return refused(`${of.system} is no longer in headroom.yaml`);
  const because = whyNotRequest(system.rule, system.id, stored.userId);
  if (because !== undefined) return refused(because);
  const drawn = await tx.plans.ofCommand(stored.id);
  if (drawn !== undefined) return { kind: 'proposed', plan: drawn.plan };
  const lease = await tx.leases.find(id);
  const isLent = lease?.state === 'lent' || lease?.state === 'giving' || lease?.state === 'unknown';
  const whyNot = isLent
    ? `what plan ${id} has lent goes back by itself, or now with give-back ${id}`
    : whyNotReverted(id, state);
  if (whyNot !== undefined) return refused(whyNot);
  const undoing = undoingOf(of, await written(tx, of));
  if ('because' in undoing) return refused(undoing.because);
  const { component, workload } = of;
  const about = { target: targetKey(workload), system: system.id, component };
  const firing = (await tx.alerts.firingFor(about)).map(({ alertname }) => alertname);
  return { kind: 'found', of, system, undoing, firing };
}

/** Those that a run of it may have written, in their order. */
async function written(tx: Transaction, { id, steps }: Plan): Promise<readonly Change[]> {
  const number = await tx.runs.nextNumber(id);
  const changes: Change[] = [];
  for (const [position, step] of steps.entries()) {
    if (!isChange(step)) continue;
    if (await tx.runs.mayHaveWritten({ planId: id, number }, position)) changes.push(step);
  }
  return changes;
}

async function draw(
  {
    of,
    system,
    undoing,
    firing,
    command,
    stored,
  }: Extract<Found, { kind: 'found' }> & {
    readonly command: RevertCommand;
    readonly stored: StoredCommand;
  },
  parts: Parts,
): Promise<CommandPlan> {
  const name = { id: parts.newId('p'), revision: 1 };
  const looked = await lookAtChanges({ id: name.id, steps: undoing.changes }, parts, 'asked');
  const seen: SeenUndo[] = [];
  const states = new Map<string, ClusterState>();
  for (const each of looked) {
    if (each.kind === 'unseen') return refused(each.because);
    seen.push(each);
    const key = targetKey(each.change.workload);
    if (each.change.kind !== 'sql' && !states.has(key)) states.set(key, each.state);
  }
  const made = await stillThere(of, undoing, parts);
  if ('because' in made) return made;
  const { reason } = command;
  const asked = assembleRevert(
    {
      of,
      system,
      undoing: { ...undoing, notes: [...undoing.notes, ...made.notes] },
      seen,
      there: made.there,
      firing,
      states,
      origin: {
        kind: 'command',
        commandId: stored.id,
        by: stored.userId,
        ...(reason !== undefined && { reason }),
      },
      now: parts.clock.now(),
    },
    name,
  );
  if (asked.kind === 'refused') return asked;
  const seenOf = (workload: Change['workload']) => states.get(targetKey(workload));
  const noted = await noteReverts(asked.plan, seenOf, system, parts);
  return noted.finding?.kind === 'frozen'
    ? refused(noted.finding.because)
    : { kind: 'plan', plan: noted };
}

interface Made {
  readonly there: readonly CreateChange[];
  readonly notes: readonly string[];
}

/** What somebody else has made or written since is theirs. */
async function stillThere(
  of: Plan,
  { made }: Undoing,
  parts: Pick<Parts, 'clusters'>,
): Promise<Made | Refused> {
  const there: CreateChange[] = [];
  const notes: string[] = [];
  try {
    for (const change of made) {
      const removal = removalOf(change, of.id);
      const standing = compareChange(removal, await observeChange(removal, parts));
      if (standing.kind === 'unchanged') there.push(change);
      else if (standing.kind === 'drifted') notes.push(`Stays as it is: ${standing.because}`);
    }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return refused(error.message);
  }
  return { there, notes };
}

function refused(because: string): Refused {
  return { kind: 'refused', because };
}
