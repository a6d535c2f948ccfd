// The command that prints the rights of the role Headroom comes to a database with, exactly for what is allowed there.

import type { Command } from 'commander';
import { grantsText, neededOfOwner } from '../database/grants.ts';
import { whyNoName } from '../database/names.ts';
import { Exit } from '../exit.ts';
import { readsOf } from '../plan/database-reads.ts';
import type { DatabasePlace, System } from '../plan/system.ts';
import { suggestion } from '../words/nearest.ts';
import { loadSystems, print } from './target.ts';

interface Options {
  readonly login: string;
}

/** Adds `grants`. */
export function addGrantsCommand(program: Command): void {
  program
    .command('grants')
    .description(
      'SQL that makes the role Headroom comes to a database with, exactly for what headroom.yaml allows in it',
    )
    .argument('<system/database>', 'a database of headroom.yaml')
    .option('--login <name>', 'the user of the connection', loginOf, 'headroom')
    .action(async (named: string, { login }: Options) => {
      const { system, database, place } = await findDatabase(named);
      const { allow, role: owner } = place;
      const [first] = neededOfOwner(allow);
      const at = `systems.${system.id}.databases.${database}`;
      if (first !== undefined && owner === undefined) {
        throw new Exit(
          2,
          `${at}.allow has ${first}, which only the owner of the tables may change: name that owner as ${at}.role in headroom.yaml`,
        );
      }
      const head = [
        `-- The rights of Headroom in database ${database} of ${system.id}, for what headroom.yaml allows: ${allow.join(', ') || 'looking'}.`,
        '-- Run it as a superuser in that very database; running it again changes nothing.',
      ];
      const reads = readsOf(system, database);
      const allowed = { allow, reads, ...(owner !== undefined && { owner }) };
      print(`${head.join('\n')}\n\n${grantsText(allowed, login)}`);
    });
}

function loginOf(text: string): string {
  const because = whyNoName(text);
  if (because !== undefined) throw new Exit(2, `--login: ${because}`);
  return text;
}

async function findDatabase(named: string): Promise<{
  readonly system: System;
  readonly database: string;
  readonly place: DatabasePlace;
}> {
  const systems = await loadSystems();
  const [system = '', database, ...more] = named.split('/');
  if (database === undefined || more.length > 0) {
    throw new Exit(2, `"${named}" should be SYSTEM/DATABASE`);
  }
  const found = systems.get(system);
  if (found === undefined) {
    throw new Exit(2, `there is no system "${system}"${suggestion(system, systems.keys())}`);
  }
  const place = found.databases.get(database);
  if (place === undefined) {
    const known = found.databases.keys();
    throw new Exit(
      2,
      `headroom.yaml names no database "${database}" of ${system}${suggestion(database, known)}`,
    );
  }
  return { system: found, database, place };
}
