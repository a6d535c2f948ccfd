// Divides settings that CloudNativePG writes: what it only reloads, and what it restarts the servers for as soon as it is written.

import { escaped, valueAt } from '../change/pointer.ts';
import { isParameter, parameters } from '../database/parameters.ts';
import type { DatabaseStep } from './place-of-deed.ts';
import type { PersonsPart } from './sql-changes.ts';
import type { CheckGate } from './step.ts';
import type { System } from './system.ts';

type SettingsStep = Extract<DatabaseStep, { readonly deed: 'settings' }>;

type OperatedSettings =
  | {
      readonly kind: 'divided';
      /** To be written into the Cluster; none where all of them need a restart. */
      readonly step: SettingsStep | undefined;
      /** What is read back of them, where the database has a connection. */
      readonly seen?: CheckGate;
      /** Whose plan the others need. */
      readonly person?: PersonsPart;
    }
  | { readonly kind: 'refused'; readonly because: string };

/**
 * In the plan of a restart all of them are written, in any other those that need none.
 * @param present what stands in the Cluster already, by name.
 */
export function operatedSettings(
  step: SettingsStep,
  system: System,
  { restarts, present }: { readonly restarts: readonly string[]; readonly present: unknown },
): OperatedSettings {
  const names = Object.keys(step.settings);
  const unknown = names.find((name) => !isParameter(name));
  if (unknown !== undefined) {
    const because = `${unknown} is not among the settings that Headroom writes (docs/databases.md)`;
    return { kind: 'refused', because };
  }
  if (restarts.includes(step.database)) return readBack(step, system);
  const restarting = names.filter((name) => isParameter(name) && parameters[name].restart === true);
  if (restarting.length === 0) return readBack(step, system);
  const entries = Object.entries(step.settings);
  const settings = Object.fromEntries(entries.filter(([name]) => !restarting.includes(name)));
  const later = restarting.filter(
    (name) => step.settings[name] !== valueAt(present, `/${escaped(name)}`),
  );
  const pairs = later.map((name) => `${name}=${step.settings[name] ?? ''}`).join(' ');
  const now = Object.keys(settings).length === 0 ? undefined : { ...step, settings };
  const written =
    now === undefined ? ({ kind: 'divided', step: now } as const) : readBack(now, system);
  if (later.length === 0) return written;
  return {
    ...written,
    person: {
      what: `Have them written and the servers restarted, in a plan of its own: /scale restart ${system.id} ${step.database} ${pairs}`,
      who: 'somebody for databases',
      say: 'CloudNativePG restarts the servers as soon as such a setting is written.',
    },
  };
}

/** The operator replaces one server after the other, the primary last; each writes its buffer out first. */
const withinSeconds = 30 * 60;

/** What stands in a Cluster is not in effect yet: it is read back on the server. */
function readBack(
  step: SettingsStep,
  { id, databases }: System,
): Extract<OperatedSettings, { readonly kind: 'divided' }> {
  const { database, settings: values } = step;
  if (databases.get(database)?.connection === undefined) return { kind: 'divided', step };
  const look = { settings: { database: { system: id, name: database }, values }, withinSeconds };
  return { kind: 'divided', step, seen: { kind: 'check', look, otherwise: 'stop' } };
}
