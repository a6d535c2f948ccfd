// Answers /scale run: looks at how many pods there are, works the procedure out and shows it; nothing is changed or approved.

import type { Command } from '../command/parse-command.ts';
import { assert, OperationError } from '../errors.ts';
import { misuseMessage } from '../message/command-reply.ts';
import type { Message } from '../message/message.ts';
import {
  checklistMessage,
  procedureListMessage,
  procedureMessage,
} from '../message/procedure-reply.ts';
import type { System } from '../plan/system.ts';
import type { StoredCommand } from '../ports.ts';
import type { Procedure } from '../profile/procedure.ts';
import { planChecklist } from '../sizing/checklist.ts';
import { planProcedure } from '../sizing/procedure.ts';
import type { Parts } from './parts.ts';

/** The answer to `/scale run SYSTEM [PROCEDURE] key=value…`. */
export async function answerProcedure(
  command: Extract<Command, { kind: 'run' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const system = parts.systems.get(command.system);
  assert(system !== undefined, 'a parsed command names a known system');
  const { profile, title, workloads, money } = system;
  const name = command.procedure;
  if (name === undefined) {
    return procedureListMessage(title, profile, `${parts.commands.scale} run ${system.id}`);
  }
  const procedure = profile.procedures.get(name);
  if (procedure === undefined) {
    const checklist = profile.checklists.get(name);
    assert(checklist !== undefined, 'a parsed command names a procedure or a checklist');
    const [key] = command.given.keys();
    if (key !== undefined) {
      return misuseMessage(stored.name, `checklist ${name} takes no inputs, so not "${key}"`);
    }
    return checklistMessage(title, name, planChecklist(profile, checklist, workloads));
  }
  const plan = planProcedure({
    profile,
    procedure,
    given: command.given,
    workloads,
    replicasNow: await replicasOf(system, procedure, parts),
    ...(money && { money }),
  });
  return plan.kind === 'misuse'
    ? misuseMessage(stored.name, plan.mistakes.join('; '))
    : procedureMessage(title, plan);
}

/** Pods of each component that the procedure scales; one whose cluster does not answer is left out, and the answer says so. */
async function replicasOf(
  system: System,
  { steps }: Procedure,
  { clusters, log }: Pick<Parts, 'clusters' | 'log'>,
): Promise<ReadonlyMap<string, number>> {
  const scaled = steps.flatMap((step) => (step.kind === 'scale' ? [step.details.component] : []));
  const seen = await Promise.all(
    [...new Set(scaled)].map(async (component): Promise<readonly (readonly [string, number])[]> => {
      const workload = system.workloads.get(component);
      if (workload === undefined) return [];
      try {
        const { workload: found } = await clusters.observe(workload);
        return found === undefined ? [] : [[component, found.replicas]];
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        log.warn({ system: system.id, component, err: error }, 'counting pods for a procedure');
        return [];
      }
    }),
  );
  return new Map(seen.flat());
}
