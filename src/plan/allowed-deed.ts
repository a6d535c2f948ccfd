// What Headroom may do in a database, as headroom.yaml says it; asked when a plan is drawn and again at every write.

import type { SqlChange } from '../change/change.ts';
import { neededFor } from '../database/sql-deed.ts';
import type { Systems } from './system.ts';

/** Undefined when the deed may be done, else why not and what would allow it. */
export function whyNotInDatabase(
  { database, deed }: Pick<SqlChange, 'database' | 'deed'>,
  systems: Systems,
): string | undefined {
  const { system, name } = database;
  const place = systems.get(system)?.databases.get(name);
  const at = `systems.${system}.databases.${name}`;
  if (place?.connection === undefined) return `headroom.yaml names no ${at}.connection`;
  const needed = neededFor(deed);
  return place.allow.includes(needed)
    ? undefined
    : `${needed} may not be changed in database ${name}: ${needed} is not among ${at}.allow of headroom.yaml`;
}
