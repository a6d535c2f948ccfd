// Draws the writing of server settings: only those of the allow-list, within bounds, and so that they fit each other and the container.

import { z } from 'zod';
import { assert } from '../errors.ts';
import type { DatabaseDeed } from '../sizing/planned-step.ts';
import { amountOf, sameValue } from './amounts.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import { whyNotParameterValue } from './parameter-value.ts';
import { isParameter, type Parameter, type ParameterName, parameters } from './parameters.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import { type SettingDeed, settingQueries } from './setting-deed.ts';
import { whyNoEffect } from './setting-source.ts';
import { fittingMemory, type MemoryFit } from './settings-memory.ts';

type SettingsStep = Extract<DatabaseDeed, { readonly deed: 'settings' }>;

const inUse = z.object({
  connections: z.number(),
  reserved: z.number(),
  slots: z.number(),
  prepared: z.number(),
  standbys: z.number(),
  senders: z.number(),
  idleSlots: z.number(),
  walLevel: z.string(),
  own: z.array(z.object({ name: z.string(), whose: z.string() })),
});
type InUse = z.infer<typeof inUse>;
const inFile = z.object({ setting: z.string().nullable() });

/**
 * What a restart with less would stumble over: connections, and what the server finds again on its disk; and which roles and
 * databases have settings of their own, which win over those of the server.
 */
const inUseNow: Query = {
  text: `select (select count(*) from pg_stat_activity where backend_type = 'client backend')::int as connections,
                current_setting('superuser_reserved_connections')::int
                  + coalesce(current_setting('reserved_connections', true), '0')::int as reserved,
                (select count(*) from pg_replication_slots)::int as slots,
                (select count(*) from pg_prepared_xacts)::int as prepared,
                (select count(*) from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid
                  where r.state = 'streaming' and s.slot_type is distinct from 'logical')::int as standbys,
                (select count(*) from pg_stat_replication)::int as senders,
                (select count(*) from pg_replication_slots where not active)::int as "idleSlots",
                current_setting('wal_level') as "walLevel",
                (select coalesce(jsonb_agg(jsonb_build_object('name', lower(split_part(c, '=', 1)), 'whose', coalesce(nullif(concat_ws(' in ',
                          'role ' || nullif(s.setrole, 0)::regrole::text, 'database ' || d.datname), ''), 'every role'))), '[]')
                   from pg_db_role_setting s cross join unnest(s.setconfig) c
                   left join pg_database d on d.oid = s.setdatabase) as own`,
};

export const drawSettings: Drawing<SettingsStep> = {
  questions: ({ settings }) => [inUseNow, ...Object.keys(settings).flatMap(settingQueries)],
  draw(step, answers, facts) {
    const names = Object.keys(step.settings);
    const unknown = names.find((name) => !isParameter(name));
    if (unknown !== undefined) {
      return refused(
        `${unknown} is not among the settings that Headroom writes (docs/databases.md)`,
      );
    }
    if (facts.platform !== 'plain') return forPerson(step, facts);
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
    const wanted = names.filter(isParameter).map((name, index) => ({
      name,
      after: step.settings[name] ?? '',
      file: rowsOf(inFile, answers, 2 + 2 * index)[0]?.setting ?? undefined,
    }));
    const problem = wanted
      .map((each) => whyNotValue(each, facts))
      .find((each) => each !== undefined);
    if (problem !== undefined) return refused(problem);
    const together = fitting(wanted, answers, facts);
    if (together.problem !== undefined) return refused(together.problem);
    const deeds = wanted.flatMap((each) => deedOf(each, facts));
    const isLater = deeds.some(({ restart }) => restart === true);
    return {
      kind: 'deeds',
      deeds,
      notes: [
        ...(deeds.length === 0 ? ['the settings are so already'] : []),
        ...together.notes,
        ...ownNotes(names, answers),
        ...(isLater ? ['some of it takes effect with the next restart of the server only'] : []),
      ],
    };
  },
};

interface Wanted {
  readonly name: ParameterName;
  readonly after: string;
  /** What postgresql.auto.conf says now. */
  readonly file: string | undefined;
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
    case 'managed':
    case 'plain':
      return {
        kind: 'person',
        what: `Set ${list} in the parameters of the database at its provider`,
        because: 'its provider keeps this server and lets nobody else write its settings',
      };
  }
}

function whyNotValue({ name, after }: Wanted, facts: ServerFacts): string | undefined {
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
  { name, after }: Pick<Wanted, 'name' | 'after'>,
  { settings }: ServerFacts,
): string | undefined {
  const slots = settings.get('autovacuum_worker_slots')?.setting;
  return name === 'autovacuum_max_workers' && slots !== undefined && Number(after) > Number(slots)
    ? `autovacuum_worker_slots is ${slots} on this server, so no more workers than that would ever run; have it raised first, which needs a restart`
    : undefined;
}

function deedOf({ name, after, file }: Wanted, { settings }: ServerFacts): readonly SettingDeed[] {
  const now = settings.get(name);
  if (now === undefined) return [];
  const like = { unit: now.unit, isBool: parameters[name].kind === 'boolean' };
  if (file !== undefined && sameValue(file, after, like)) return [];
  // Whoever set it elsewhere to just this has done it.
  if (file === undefined && !now.isPending && sameValue(now.setting, after, like)) return [];
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
function ownNotes(names: readonly string[], answers: Answers): readonly string[] {
  const [busy] = rowsOf(inUse, answers, 0);
  return (busy?.own ?? [])
    .filter(({ name }) => names.includes(name))
    .map(({ name, whose }) => `${whose} has a ${name} of its own, which this does not change`);
}

/** Whether they fit each other, those that stay, and the container. */
function fitting(wanted: readonly Wanted[], answers: Answers, facts: ServerFacts): MemoryFit {
  const { settings, memoryBytes, version } = facts;
  const amount = (name: ParameterName): number => {
    const now = settings.get(name);
    const after = wanted.find((each) => each.name === name)?.after;
    return amountOf(after ?? now?.setting ?? '0', now?.unit) ?? 0;
  };
  const isWanted = (...names: readonly ParameterName[]) =>
    wanted.some(({ name }) => names.includes(name));
  const [busy] = rowsOf(inUse, answers, 0);
  assert(busy !== undefined, 'a select without a table has one row');
  const problem =
    whyNotStarting(wanted, busy, facts) ?? whyStandbysStop(wanted, busy.standbys, facts);
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
  };
  return wanted.some(({ name }) => Object.hasOwn(memory, name))
    ? fittingMemory(memory, { memoryBytes, version })
    : { notes: [] };
}

/** With fewer of these than there are now the server does not come back from its restart, or refuses those who work. */
function whyNotStarting(
  wanted: readonly Wanted[],
  { connections, reserved, slots, prepared, senders, idleSlots, walLevel }: InUse,
  facts: ServerFacts,
): string | undefined {
  const some = 'some would be refused';
  const none = 'the server would not start';
  const least = new Map<ParameterName, readonly [number, string, string]>([
    [
      'max_connections',
      [
        connections + Math.max(reserved, 1),
        `${connections} connections are open now and ${reserved} are kept for superusers`,
        some,
      ],
    ],
    [
      'max_wal_senders',
      [
        senders + idleSlots,
        `${senders} standbys and others stream now and ${idleSlots} slots wait for theirs`,
        some,
      ],
    ],
    ['max_replication_slots', [slots, `there are ${slots} replication slots now`, none]],
    ['max_prepared_transactions', [prepared, `${prepared} transactions are prepared now`, none]],
  ]);
  for (const { name, after } of wanted) {
    const now = facts.settings.get(name);
    const [needed, because, then] = least.get(name) ?? [];
    const amount = amountOf(after, now?.unit) ?? 0;
    if (needed !== undefined && amount < needed) {
      return `${because}; with ${name} ${after} ${then}`;
    }
    if (name === 'max_wal_senders' && amount > 0 && walLevel === 'minimal') {
      return `wal_level is minimal, and with max_wal_senders ${after} the server would not start`;
    }
  }
  return undefined;
}

/** A standby that nobody named is not given more before its primary, and then it stops replaying. */
function whyStandbysStop(
  wanted: readonly Wanted[],
  standbys: number,
  { settings, namedStandbys = 0 }: ServerFacts,
): string | undefined {
  if (standbys <= namedStandbys) return undefined;
  const raised = wanted.find(({ name, after }) => {
    const now = settings.get(name);
    const [from, to] = [amountOf(now?.setting ?? '', now?.unit), amountOf(after, now?.unit)];
    return parameters[name].standbyFirst && from !== undefined && to !== undefined && to > from;
  });
  return (
    raised &&
    `${standbys} standbys stream from this server and headroom.yaml names ${namedStandbys}: without as much ${raised.name} of their own they stop replaying; name all of them under standbys`
  );
}

function refused(because: string): Drawn {
  return { kind: 'refused', because };
}
