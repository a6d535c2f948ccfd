// Answers stored commands, oldest first; one that a crash left unanswered is answered by the next process.

import {
  type Command,
  type ParsedCommand,
  parseCapacityCommand,
  parseScaleCommand,
} from '../command/parse-command.ts';
import { assert, describeError, OperationError, unreachable } from '../errors.ts';
import {
  helpMessage,
  misuseMessage,
  proposedMessage,
  type StatusFacts,
  statusMessage,
  systemsMessage,
} from '../message/command-reply.ts';
import { literal, type Message, plainMessage } from '../message/message.ts';
import { rulesMessage } from '../message/rules-reply.ts';
import type { StoredCommand, Transaction } from '../ports.ts';
import { freezesNow } from '../schedule/freeze.ts';
import { answerLease } from './answer-lease.ts';
import { answerProcedure } from './answer-procedure.ts';
import { answerRestart } from './answer-restart.ts';
import { answerRightSize, answerSizing, explainPlan } from './answer-sizing.ts';
import { limits } from './limits.ts';
import { lookAtHealth } from './look-at-health.ts';
import type { Parts } from './parts.ts';
import { proposeRevert } from './propose-revert.ts';
import { proposeScale } from './propose-scale.ts';
import { resume, stop } from './stop-and-resume.ts';

/** False when no command waits. */
export async function answerNextCommand(parts: Parts): Promise<boolean> {
  const stored = await parts.store.transaction((tx) =>
    tx.commands.takeWaiting(parts.clock.now(), limits.commandHoldMs),
  );
  if (stored === undefined) return false;
  const reply = stored.reply ?? (await carriedOut(stored, parts));
  try {
    const answer = await parts.chat.respond(stored.responseUrl, reply);
    if (answer.kind === 'rejected') {
      parts.log.warn(
        { command: stored.id, because: answer.because },
        'Slack does not take the answer to a command',
      );
    }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    // The hold runs out and only the answer is tried again.
    parts.log.warn({ command: stored.id, err: error }, 'answering a command');
    return true;
  }
  await parts.store.transaction((tx) => tx.commands.answered(stored.id, parts.clock.now()));
  return true;
}

/** Does what was asked and keeps what it came to. After a crash in between it is done again: each command bears that. */
async function carriedOut(stored: StoredCommand, parts: Parts): Promise<Message> {
  const reply = await replyTo(stored, parts);
  await parts.store.transaction((tx) => tx.commands.carriedOut(stored.id, reply));
  return reply;
}

async function replyTo(stored: StoredCommand, parts: Parts): Promise<Message> {
  const parsed = parse(stored, parts);
  if (parsed.kind === 'misuse') return misuseMessage(stored.name, parsed.because);
  try {
    return await carryOut(parsed.command, stored, parts);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    parts.log.warn({ command: stored.id, err: error }, 'carrying out a command');
    return plainMessage(
      `That did not work: ${literal(describeError(error), 400)}. Nothing was changed; try again in a moment.`,
    );
  }
}

function parse(stored: StoredCommand, { commands, systems }: Parts): ParsedCommand {
  return stored.name === commands.scale
    ? parseScaleCommand(stored.words, systems)
    : parseCapacityCommand(stored.words, systems);
}

async function carryOut(command: Command, stored: StoredCommand, parts: Parts): Promise<Message> {
  switch (command.kind) {
    case 'help':
      return helpMessage(parts.commands);
    case 'systems':
      return systemsMessage(parts.systems);
    case 'status':
      return status(command.system, parts);
    case 'plan':
    case 'what-if':
    case 'forecast':
    case 'cost':
    case 'explain':
      return answerSizing(command, stored, parts);
    case 'explain-plan':
      return explainPlan(command.plan, parts);
    case 'right-size':
      return answerRightSize(command, parts);
    case 'rules':
      return rules(command.system, parts);
    case 'scale':
      return scale(command, stored, parts);
    case 'run':
      return answerProcedure(command, stored, parts);
    case 'restart':
      return answerRestart(command, stored, parts);
    case 'revert':
      return revert(command, stored, parts);
    case 'extend':
    case 'give-back':
      return answerLease(command, stored, parts);
    case 'stop':
    case 'resume':
      return stopOrResume(command, stored, parts);
    default:
      return unreachable(command);
  }
}

async function status(systemId: string | undefined, parts: Parts): Promise<Message> {
  const named = systemId === undefined ? undefined : parts.systems.get(systemId);
  const [clusters, databases] = await Promise.all([
    parts.clusters.health(),
    named === undefined ? [] : lookAtHealth(named, parts),
  ]);
  const of = systemId === undefined ? {} : { system: systemId };
  const systems = [...parts.systems.values()].filter(
    ({ id }) => systemId === undefined || id === systemId,
  );
  return parts.store.transaction(async (tx) => {
    const open = await tx.plans.list({
      states: ['proposed', 'approved', 'applying', 'unknown'],
      limit: 20,
      ...of,
    });
    const watched = await tx.plans.list({ outcome: 'pending', limit: 20, ...of });
    const leases = await openLeases(tx, of);
    return statusMessage({
      systems,
      plans: [...open, ...watched],
      leases,
      stops: await tx.stops.all(),
      freezes: [
        ...new Set(systems.flatMap(({ freezes }) => freezesNow(freezes, parts.clock.now()))),
      ],
      unrouted: await tx.alerts.unrouted(5),
      clusters: clusters.filter(({ cluster }) =>
        systems.some((system) => system.cluster === cluster),
      ),
      databases,
      messagesOwed: await tx.messages.owed(),
    });
  });
}

/** What is lent now, what ends first first. */
async function openLeases(
  tx: Transaction,
  of: { readonly system?: string },
): Promise<StatusFacts['leases']> {
  const states = ['lent', 'giving', 'unknown'] as const;
  const leases = await tx.leases.list({ states, limit: 20, ...of });
  const found = [];
  for (const lease of leases) {
    const record = await tx.plans.find(lease.planId);
    if (record !== undefined) found.push({ lease, plan: record.plan });
  }
  return found;
}

function rules(systemId: string, parts: Parts): Message {
  const system = parts.systems.get(systemId);
  assert(system !== undefined, 'a parsed command names a known system');
  return rulesMessage(system);
}

async function scale(
  command: Extract<Command, { kind: 'scale' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const channel = parts.systems.get(command.system)?.channel ?? '';
  return proposedMessage(await proposeScale(command, stored, parts), channel);
}

async function revert(
  command: Extract<Command, { kind: 'revert' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const result = await proposeRevert(command, stored, parts);
  const system = result.kind === 'proposed' ? parts.systems.get(result.plan.system) : undefined;
  return proposedMessage(result, system?.channel ?? '');
}

async function stopOrResume(
  command: Extract<Command, { kind: 'stop' | 'resume' }>,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  if (!parts.operators.includes(stored.userId)) {
    return plainMessage(
      'Only operators listed in headroom.yaml may stop and resume. Nothing was changed.',
    );
  }
  const what = command.scope === '*' ? 'Everything' : literal(command.scope.replace(':', ' '), 80);
  const request = {
    scope: command.scope,
    by: stored.userId,
    ...(command.reason !== undefined && { reason: command.reason }),
  };
  if (command.kind === 'stop') {
    await stop(request, parts);
    parts.wake('messages');
    return plainMessage(
      `⏸ ${what} is stopped: no new run begins, and a running one halts before its next change.`,
    );
  }
  const ended = await resume({ ...request, askedAt: stored.receivedAt }, parts);
  parts.wake('messages');
  parts.wake('runs');
  return plainMessage(
    ended
      ? `▶️ ${what} goes on.`
      : `There was no stop for exactly that; \`${parts.commands.capacity} status\` lists what is stopped.`,
  );
}
