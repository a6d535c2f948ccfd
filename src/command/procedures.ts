// Reads what draws a plan of several steps: a procedure of a profile, or the restart of a database.

import { isParameter, parameters } from '../database/parameters.ts';
import type { Systems } from '../plan/system.ts';
import { suggestion } from '../words/nearest.ts';
import { command, knownSystem, misuse, reasonOf, whichSystem } from './answers.ts';
import type { ParsedCommand } from './parse-command.ts';
import type { Words } from './words.ts';

/** `run SYSTEM [PROCEDURE] key=value…` */
export function run({ plain, pairs }: Words, systems: Systems): ParsedCommand {
  const [, system, procedure, extra] = plain;
  if (extra !== undefined) return misuse(`I do not know what to do with "${extra}"`);
  if (system === undefined) return misuse(whichSystem(systems));
  return knownSystem(system, systems, (id) => {
    const { procedures, checklists } = systems.get(id)?.profile ?? {};
    const known = [...(procedures?.keys() ?? []), ...(checklists?.keys() ?? [])];
    if (procedure !== undefined && !known.includes(procedure)) {
      const words = `${id} has no procedure "${procedure}"${suggestion(procedure, known)}`;
      return misuse(known.length === 0 ? words : `${words}. It has ${known.join(', ')}`);
    }
    const [key] = pairs.keys();
    if (procedure === undefined && key !== undefined) {
      return misuse(`which procedure of ${id}? One of: ${known.join(', ')}`);
    }
    return command({
      kind: 'run',
      system: id,
      ...(procedure !== undefined && { procedure }),
      given: pairs,
    });
  });
}

/** `restart SYSTEM DATABASE [setting=value…] [reason="…"]` */
export function restart({ plain, pairs }: Words, systems: Systems): ParsedCommand {
  const [, system, database, extra] = plain;
  if (extra !== undefined) return misuse(`I do not know what to do with "${extra}"`);
  if (system === undefined) return misuse(whichSystem(systems));
  const settings = [...pairs].filter(([key]) => key !== 'reason');
  const unknown = settings.find(([key]) => !isParameter(key))?.[0];
  if (unknown !== undefined) {
    const known = ['reason', ...Object.keys(parameters)];
    return misuse(`there is no setting "${unknown}"${suggestion(unknown, known)}`);
  }
  return knownSystem(system, systems, (id) => {
    const known = [...(systems.get(id)?.databases.keys() ?? [])];
    if (database === undefined || !known.includes(database)) {
      const words =
        database === undefined
          ? `which database of ${id}?`
          : `${id} has no database "${database}"${suggestion(database, known)}`;
      return misuse(
        known.length === 0
          ? `headroom.yaml names no database of ${id}`
          : `${words} One of: ${known.join(', ')}`,
      );
    }
    return command({
      kind: 'restart',
      system: id,
      database,
      settings: Object.fromEntries(settings),
      ...reasonOf({ pairs }),
    });
  });
}
