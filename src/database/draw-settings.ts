// Draws the writing of server settings: only those of the allow-list, within bounds, and so that they fit each other and the container.

import type { DatabaseDeed } from '../sizing/planned-step.ts';
import { amountOf, sameValue } from './amounts.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import { whyNotParameterValue } from './parameter-value.ts';
import { isParameter, type Parameter, type ParameterName, parameters } from './parameters.ts';
import type { SettingDeed } from './setting-deed.ts';
import {
  filesNow,
  type PendingSetting,
  type SettingFiles,
  settingFiles,
  whyFilesUnread,
  wrongInFiles,
} from './setting-files.ts';
import { whyNoEffect } from './setting-source.ts';
import { fittingMemory, type MemoryFit } from './settings-memory.ts';
import {
  type InUse,
  inUseNow,
  inUseOf,
  type WantedSetting,
  whyNotStarting,
  whyStandbyFirst,
  whyStandbysStop,
} from './settings-start.ts';

type SettingsStep = Extract<DatabaseDeed, { readonly deed: 'settings' }>;

const nothing: Drawn = { kind: 'deeds', deeds: [], notes: [] };

/** Without settings it is looked what a restart brings into effect, and whether the server comes back with that. */
export const drawSettings: Drawing<SettingsStep> = {
  questions: (_, facts) => (isByPerson(facts) ? [] : [inUseNow, filesNow, wrongInFiles]),
  draw(step, answers, facts) {
    const names = Object.keys(step.settings);
    const unknown = names.find((name) => !isParameter(name));
    if (unknown !== undefined) {
      return refused(
        `${unknown} is not among the settings that Headroom writes (docs/databases.md)`,
      );
    }
    if (names.length === 0 && facts.platform !== 'plain')
      return refused(restartedBy[facts.platform]);
    if (isByPerson(facts)) return names.length === 0 ? nothing : forPerson(step, facts);
    if (facts.version < 150_000) {
      return refused(
        'before PostgreSQL 15 only a superuser may write settings, and Headroom is none',
      );
    }
    if (facts.settings.get('allow_alter_system')?.setting === 'off') {
      return refused(
        'allow_alter_system is off on this server: whoever keeps it sets its settings elsewhere, so have it done there',
      );
    }
    if (facts.isStandby) {
      return refused('the address in headroom.yaml leads to a standby, not to the primary');
    }
    const unread = whyFilesUnread(answers, 2);
    if (unread !== undefined) return refused(unread);
    const files = settingFiles(answers, 1);
    const wanted = names
      .filter(isParameter)
      .map((name) => ({ name, after: step.settings[name] ?? '' }));
    const problem = wanted
      .map((each) => whyNotValue(each, facts))
      .find((each) => each !== undefined);
    if (problem !== undefined) return refused(problem);
    const inUse = inUseOf(answers, 0);
    // The restart after it brings into effect what others have written as well.
    const isLater =
      names.length === 0 || wanted.some(({ name }) => facts.settings.get(name)?.needsRestart);
    const beside = isLater ? othersPending(names, files) : new Map<string, PendingSetting>();
    const together = fitting(wanted, { inUse, beside }, facts);
    if (together.problem !== undefined) return refused(together.problem);
    const deeds = wanted.flatMap((each) => deedOf(each, files, facts));
    return {
      kind: 'deeds',
      deeds,
      notes: [
        ...(deeds.length === 0 && names.length > 0 ? ['the settings are so already'] : []),
        ...together.notes,
        ...ownNotes(names, inUse),
        ...(isLater && facts.settings.get('huge_pages')?.setting === 'on'
          ? [
              'huge_pages is on: the server only starts where its node has enough of them for all that these settings take',
            ]
          : []),
        ...(deeds.some(({ restart }) => restart === true)
          ? ['some of it takes effect with the next restart of the server only']
          : []),
        ...[...beside].map(
          ([name, { setting, shown }]) =>
            `somebody has written ${name} ${setting} (now ${shown}), which takes effect with the restart as well`,
        ),
      ],
    };
  },
};

/** A StatefulSet that is named for restarts is that of a server that nobody else keeps. */
const restartedBy = {
  cnpg: 'CloudNativePG keeps this server: name its Cluster as cnpg in headroom.yaml, and restart it by that',
  patroni:
    'Patroni keeps this server and knows which one to restart first: state platform patroni in headroom.yaml, and a person does it',
  managed:
    'its provider keeps this server: state platform managed in headroom.yaml, and a person does it there',
} as const;

/** A provider lets nobody see the files of its server, and where settings are not allowed the role may not see them. */
function isByPerson({ platform, allow }: ServerFacts): boolean {
  return platform !== 'plain' || allow?.includes('settings') === false;
}

function forPerson({ settings }: SettingsStep, { platform }: ServerFacts): Drawn {
  const list = Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join(', ');
  switch (platform) {
    case 'cnpg':
      return {
        kind: 'person',
        what: `Set ${list} under spec.postgresql.parameters of the Cluster`,
        because:
          'CloudNativePG keeps this server; name its Cluster as cnpg in headroom.yaml and Headroom writes it',
      };
    case 'patroni':
      return {
        kind: 'person',
        what: `Set ${list} with patronictl edit-config (postgresql.parameters), then patronictl list shows what waits for a restart`,
        because: 'Patroni keeps this server and would overrule anything else',
      };
    case 'plain':
      return {
        kind: 'person',
        what: `Set ${list} with ALTER SYSTEM, and have the configuration read anew`,
        because: 'settings are not among what headroom.yaml allows in this database',
      };
    case 'managed':
      return {
        kind: 'person',
        what: `Set ${list} in the parameters of the database at its provider`,
        because: 'its provider keeps this server and lets nobody else write its settings',
      };
  }
}

function whyNotValue({ name, after }: WantedSetting, facts: ServerFacts): string | undefined {
  const { extension }: Parameter = parameters[name];
  const now = facts.settings.get(name);
  if (now === undefined) {
    return extension === undefined
      ? `this server (version ${facts.version}) has no setting ${name}`
      : `${name} belongs to ${extension}, which this server has not loaded`;
  }
  const noEffect = whyNoEffect(name, now);
  if (noEffect !== undefined) return noEffect;
  return whyNotParameterValue(name, after, now.unit) ?? whyNoWorkers({ name, after }, facts);
}

/** Since PostgreSQL 18 more of them need no restart, but never are more than there are places for. */
function whyNoWorkers(
  { name, after }: WantedSetting,
  { settings }: ServerFacts,
): string | undefined {
  const slots = settings.get('autovacuum_worker_slots')?.setting;
  return name === 'autovacuum_max_workers' && slots !== undefined && Number(after) > Number(slots)
    ? `autovacuum_worker_slots is ${slots} on this server, so no more workers than that would ever run; have it raised first, which needs a restart`
    : undefined;
}

function deedOf(
  { name, after }: WantedSetting,
  { own }: SettingFiles,
  { settings }: ServerFacts,
): readonly SettingDeed[] {
  const now = settings.get(name);
  if (now === undefined) return [];
  const file = own.get(name);
  const isRunning = !now.isPending && sameValue(now.setting, after, now);
  // Whoever set it elsewhere to just this has done it. What is written only may wait for a restart, or for being read.
  if (isRunning && (file === undefined || sameValue(file, after, now))) return [];
  return [
    {
      deed: 'setting',
      name,
      after,
      running: now.shown,
      ...(now.needsRestart && { restart: true as const }),
      ...(file !== undefined && { before: file }),
      ...(now.unit !== undefined && { unit: now.unit }),
    },
  ];
}

/** Who keeps a value of its own, whatever the server's is. */
function ownNotes(names: readonly string[], { own }: InUse): readonly string[] {
  return own
    .filter(({ name }) => names.includes(name))
    .map(({ name, whose }) => `${whose} has a ${name} of its own, which this does not change`);
}

function othersPending(
  names: readonly string[],
  { pending }: SettingFiles,
): ReadonlyMap<string, PendingSetting> {
  return new Map([...pending].filter(([name]) => !names.includes(name)));
}

/** Whether they fit each other, those that stay or wait for a restart, and the container. */
function fitting(
  wanted: readonly WantedSetting[],
  {
    inUse,
    beside,
  }: { readonly inUse: InUse; readonly beside: ReadonlyMap<string, PendingSetting> },
  facts: ServerFacts,
): MemoryFit {
  const { settings, memoryBytes, version } = facts;
  const amount = (name: ParameterName): number => {
    const now = settings.get(name);
    const after = wanted.find((each) => each.name === name)?.after;
    return amountOf(after ?? beside.get(name)?.setting ?? now?.setting ?? '0', now?.unit) ?? 0;
  };
  const isWanted = (...names: readonly string[]) =>
    names.some((name) => beside.has(name) || wanted.some((each) => each.name === name));
  const coming = [...beside].flatMap(([name, { setting }]) =>
    isParameter(name) ? [{ name, after: setting }] : [],
  );
  const problem =
    whyNotStarting([...wanted, ...coming], inUse, facts) ??
    whyStandbysStop(wanted, inUse.standbys, facts) ??
    (wanted.length === 0 ? whyStandbyFirst(coming, facts) : undefined);
  if (problem !== undefined) return { problem, notes: [] };
  const workers = amount('max_parallel_workers') + amount('timescaledb.max_background_workers');
  if (
    isWanted(
      'max_worker_processes',
      'max_parallel_workers',
      'timescaledb.max_background_workers',
    ) &&
    amount('max_worker_processes') < workers
  ) {
    return {
      problem: `max_worker_processes ${amount('max_worker_processes')} is fewer than the ${workers} that max_parallel_workers and timescaledb.max_background_workers ask for together`,
      notes: [],
    };
  }
  const memory = {
    shared_buffers: amount('shared_buffers'),
    wal_buffers: amount('wal_buffers'),
    work_mem: amount('work_mem'),
    temp_buffers: amount('temp_buffers'),
    maintenance_work_mem: amount('maintenance_work_mem'),
    autovacuum_work_mem: settings.has('autovacuum_work_mem') ? amount('autovacuum_work_mem') : -1,
    autovacuum_max_workers: amount('autovacuum_max_workers'),
    max_connections: amount('max_connections'),
    max_prepared_transactions: amount('max_prepared_transactions'),
    max_locks_per_transaction: amount('max_locks_per_transaction'),
  };
  return isWanted(...Object.keys(memory))
    ? fittingMemory(memory, { memoryBytes, version })
    : { notes: [] };
}

function refused(because: string): Drawn {
  return { kind: 'refused', because };
}
