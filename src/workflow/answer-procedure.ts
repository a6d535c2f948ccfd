// Answers /scale run: works the procedure out and has it drawn as a plan; who may not ask for changes is only shown it.

import { whyNotRequest } from '../approval/may-request.ts';
import type { Command } from '../command/parse-command.ts';
import { assert } from '../errors.ts';
import { misuseMessage, proposedMessage } from '../message/command-reply.ts';
import type { Message } from '../message/message.ts';
import {
  checklistMessage,
  procedureListMessage,
  procedureMessage,
} from '../message/procedure-reply.ts';
import type { StoredCommand } from '../ports.ts';
import type { Procedure } from '../profile/procedure.ts';
import { planChecklist } from '../sizing/checklist.ts';
import { planProcedure } from '../sizing/procedure.ts';
import { countPods } from './count-pods.ts';
import type { Parts } from './parts.ts';
import { proposeProcedure } from './propose-procedure.ts';

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
  const { given, reason } = withoutReason(command.given, procedure);
  if (procedure.emergency && reason === undefined) {
    return misuseMessage(stored.name, `${name} is for emergencies: say why with reason="…"`);
  }
  const plan = planProcedure({
    profile,
    procedure,
    given,
    workloads,
    replicasNow: await countPods(system, procedure, parts),
    ...(money && { money }),
  });
  if (plan.kind === 'misuse') return misuseMessage(stored.name, plan.mistakes.join('; '));
  const why = whyNotRequest(system.rule, system.id, stored.userId);
  if (why !== undefined) return procedureMessage(title, plan, why);
  const origin = {
    kind: 'command',
    commandId: stored.id,
    by: stored.userId,
    ...(reason !== undefined && { reason }),
  } as const;
  const result = await proposeProcedure({ system, id: name, plan, origin }, parts);
  return proposedMessage(result, system.channel);
}

/** Why somebody asks is no input, unless the procedure has one of that name. */
function withoutReason(
  given: ReadonlyMap<string, string>,
  { inputs }: Procedure,
): { readonly given: ReadonlyMap<string, string>; readonly reason?: string } {
  const reason = given.get('reason');
  if (reason === undefined || inputs.has('reason')) return { given };
  return { given: new Map([...given].filter(([key]) => key !== 'reason')), reason };
}
