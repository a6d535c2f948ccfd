// Finds the database whose servers a change would start anew: that is a plan of its own, whoever asks for the change.

import type { Change, FieldValue, PatchChange } from '../change/change.ts';
import { keysOf } from '../change/pointer.ts';
import { isParameter, parameters } from '../database/parameters.ts';
import type { System } from './system.ts';

/** In words, with what to do instead; undefined where no server is restarted but those of `restarts`. */
export function whyRestarting(
  changes: readonly Change[],
  system: System,
  restarts: readonly string[],
): string | undefined {
  const [restarted] = changes.flatMap((change) => {
    if (change.kind !== 'patch') return [];
    const { object } = change;
    if (change.rollout) return ofRollout(change, system, restarts);
    if (object.kind !== 'Cluster' || !change.fields.some(isRestarting)) return [];
    const name = [...system.databases].find(([, { operated }]) => operated === object.name)?.[0];
    return name !== undefined && restarts.includes(name) ? [] : [name ?? object];
  });
  if (restarted === undefined) return undefined;
  return typeof restarted === 'string'
    ? `it restarts database ${restarted}, which is a plan of its own: /scale restart ${system.id} ${restarted}`
    : `it restarts the servers of ${restarted.kind} ${restarted.name}, which is a plan of its own: have somebody for databases do it in a window, or name it under databases of system ${system.id} in headroom.yaml and ask for /scale restart`;
}

/** The StatefulSet that headroom.yaml names for a database, or the workload that the profile calls its database. */
function ofRollout(
  { object, workload }: PatchChange,
  { databases, workloads, profile }: System,
  restarts: readonly string[],
): readonly (string | PatchChange['object'])[] {
  const isServer = ([, { restart }]: [string, { readonly restart?: { statefulSet?: string } }]) =>
    object.kind === 'StatefulSet' && restart?.statefulSet === object.name;
  const named = [...databases].filter(isServer).map(([name]) => name);
  const own = workloads.get(profile.database?.component ?? '');
  const isOwn =
    own?.kind === object.kind && own.name === object.name && own.namespace === workload.namespace;
  const other = named.find((name) => !restarts.includes(name));
  if (other !== undefined) return [other];
  return named.length === 0 && isOwn ? [object] : [];
}

/** Its operator replaces the servers one by one for these; what it only reloads is among the settings we know. */
function isRestarting({ pointer, after }: PatchChange['fields'][number]): boolean {
  return leaves(keysOf(pointer), after).some(([spec, part, group, name = '']) => {
    if (spec !== 'spec') return false;
    if (part === 'resources' || part === 'imageName') return true;
    if (part !== 'postgresql' || group !== 'parameters') return false;
    return !isParameter(name) || parameters[name].restart === true;
  });
}

function leaves(
  keys: readonly string[],
  value: FieldValue | undefined,
): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [keys];
  return Object.entries(value).flatMap(([key, part]) => leaves([...keys, key], part));
}
