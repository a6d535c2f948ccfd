// What Headroom may do in a database, as headroom.yaml says it; asked when a plan is drawn and again at every write.

import type { DatabaseRef, SqlChange } from '../change/change.ts';
import { neededFor } from '../database/sql-deed.ts';
import type { Systems } from './system.ts';

/** Undefined where headroom.yaml still says how to come to a database, else what it lacks. */
export function whyNotConnected(
  { system, name, standby }: DatabaseRef,
  systems: Systems,
): string | undefined {
  const place = systems.get(system)?.databases.get(name);
  const at = `systems.${system}.databases.${name}`;
  if (place?.connection === undefined) return `headroom.yaml names no ${at}.connection`;
  return standby === undefined || place.standbys.has(standby)
    ? undefined
    : `headroom.yaml names no ${at}.standbys.${standby}`;
}

/** Undefined when the deed may be done, else why not and what would allow it. */
export function whyNotInDatabase(
  { database, deed }: Pick<SqlChange, 'database' | 'deed'>,
  systems: Systems,
): string | undefined {
  const { system, name } = database;
  const unconnected = whyNotConnected(database, systems);
  if (unconnected !== undefined) return unconnected;
  const needed = neededFor(deed);
  return systems.get(system)?.databases.get(name)?.allow.includes(needed)
    ? undefined
    : `${needed} may not be changed in database ${name}: ${needed} is not among systems.${system}.databases.${name}.allow of headroom.yaml`;
}
