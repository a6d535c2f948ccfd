// Answers /scale restart: a plan that restarts a database and does nothing else.

import { whyNotRequest } from '../approval/may-request.ts';
import type { Command } from '../command/parse-command.ts';
import { assert } from '../errors.ts';
import { misuseMessage, proposedMessage } from '../message/command-reply.ts';
import type { Message } from '../message/message.ts';
import { restartProcedure } from '../plan/restart-procedure.ts';
import type { StoredCommand } from '../ports.ts';
import type { Parts } from './parts.ts';
import { proposeProcedure } from './propose-procedure.ts';

/** The answer to `/scale restart SYSTEM DATABASE [setting=value…] [reason="…"]`. */
export async function answerRestart(
  { system: id, database, settings, reason }: Extract<Command, { kind: 'restart' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const system = parts.systems.get(id);
  assert(system !== undefined, 'a parsed command names a known system');
  const restart = system.databases.get(database)?.restart;
  if (restart === undefined) {
    return misuseMessage(
      stored.name,
      `headroom.yaml does not say who may restart database ${database} and when (systems.${id}.databases.${database}.restart)`,
    );
  }
  const why = whyNotRequest(system.rule, id, stored.userId);
  if (why !== undefined) return misuseMessage(stored.name, why);
  const plan = restartProcedure({ database, settings, restart }, system);
  const origin = {
    kind: 'command',
    commandId: stored.id,
    by: stored.userId,
    ...(reason !== undefined && { reason }),
  } as const;
  const request = { system, id: plan.procedure.id, plan, origin, restarts: [database] };
  return proposedMessage(await proposeProcedure(request, parts), system.channel);
}
