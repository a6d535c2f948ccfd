// Draws the plan somebody asked for by name and number.

import { whyNotRequest } from '../approval/may-request.ts';
import type { Command } from '../command/parse-command.ts';
import { assert } from '../errors.ts';
import { assembleCommandPlan, type CommandPlan } from '../plan/assemble-command.ts';
import type { TargetFacts } from '../plan/draft.ts';
import type { System } from '../plan/system.ts';
import type { StoredCommand } from '../ports.ts';
import { checkedPlan } from './checked-plan.ts';
import { measureLease } from './measure-lease.ts';
import { noteReverts } from './note-reverts.ts';
import { withScaledObject } from './observe-scaled-object.ts';
import { askCluster, observeTarget } from './observe-target.ts';
import type { Parts } from './parts.ts';
import { type Opened, openPlan } from './store-plan.ts';

export type ProposedScale = Opened | { readonly kind: 'refused'; readonly because: string };

export async function proposeScale(
  command: Extract<Command, { kind: 'scale' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<ProposedScale> {
  const system = parts.systems.get(command.system);
  assert(system !== undefined, 'a parsed command names a known system');
  const because = whyNotRequest(system.rule, system.id, stored.userId);
  if (because !== undefined) return { kind: 'refused', because };
  // The same command a second time, after a crash before its answer: its plan is there already.
  const drawn = await parts.store.transaction((tx) => tx.plans.ofCommand(stored.id));
  if (drawn !== undefined) return { kind: 'proposed', plan: drawn.plan };
  const asked = await checkedPlan(() => draw({ command, stored, system }, parts), system, parts);
  if (asked.kind === 'refused') return asked;
  const opened = await parts.store.transaction((tx) =>
    openPlan(tx, asked.plan, stored.userId, parts),
  );
  parts.wake('messages');
  return opened;
}

/** Whoever else sets requests is only asked for where they change. */
async function withVertical(
  { cluster, workload }: TargetFacts,
  { clusters, counters }: Parts,
): Promise<Pick<TargetFacts, 'cluster' | 'clusterProblem'>> {
  if (cluster === undefined) return { cluster };
  const asked = await askCluster(workload.cluster, counters, () => clusters.vertical(workload));
  return asked.kind === 'answer'
    ? { cluster: { ...cluster, vertical: asked.answer } }
    : { cluster: undefined, clusterProblem: asked.problem };
}

async function draw(
  request: {
    readonly command: Extract<Command, { kind: 'scale' }>;
    readonly stored: StoredCommand;
    readonly system: System;
  },
  parts: Parts,
): Promise<CommandPlan> {
  const { command, stored, system } = request;
  const facts = await withScaledObject(
    await observeTarget(system, command.component, parts),
    parts,
  );
  const asked = assembleCommandPlan(
    {
      ...facts,
      ...(command.requests && (await withVertical(facts, parts))),
      ...(command.forSeconds !== undefined &&
        (await measureLease(command.forSeconds, facts, parts))),
      ...(command.replicas !== undefined && { replicas: command.replicas }),
      ...(command.requests && { requests: command.requests }),
      origin: {
        kind: 'command',
        commandId: stored.id,
        by: stored.userId,
        ...(command.reason !== undefined && { reason: command.reason }),
      },
    },
    { id: parts.newId('p'), revision: 1 },
  );
  if (asked.kind === 'refused') return asked;
  const noted = await noteReverts(asked.plan, () => facts.cluster, system, parts);
  // Whoever asked is told at once; there is no alert behind it that others would look for.
  return noted.finding?.kind === 'frozen'
    ? { kind: 'refused', because: noted.finding.because }
    : { kind: 'plan', plan: noted };
}
