// What every command is answered with: understood, or why not with the nearest right word.

import type { Systems } from '../plan/system.ts';
import { suggestion } from '../words/nearest.ts';
import type { Command, ParsedCommand } from './parse-command.ts';
import type { Words } from './words.ts';

const reasonCharactersMax = 300;

export function command(value: Command): ParsedCommand {
  return { kind: 'command', command: value };
}

export function misuse(because: string): ParsedCommand {
  return { kind: 'misuse', because };
}

export function knownSystem(
  id: string,
  systems: Systems,
  then: (id: string) => ParsedCommand,
): ParsedCommand {
  if (systems.has(id)) return then(id);
  return misuse(`there is no system "${id}"${suggestion(id, systems.keys())}`);
}

export function whichSystem(systems: Systems, or = ''): string {
  return `which system${or}? One of: ${[...systems.keys()].join(', ')}`;
}

export function reasonOf(words: Pick<Words, 'pairs'>): { readonly reason?: string } {
  const reason = words.pairs.get('reason')?.trim().slice(0, reasonCharactersMax);
  return reason === undefined || reason === '' ? {} : { reason };
}
