// Turns a headroom.yaml that was read and checked into the configuration the program works with.

import type { Allowed } from '../change/allowed.ts';
import { usualSchema } from '../database/server-facts.ts';
import type { DatabasePlace, DatabaseRestart } from '../plan/system.ts';
import type { Window } from '../schedule/window.ts';
import type {
  ConfiguredFreeze,
  ConfiguredRule,
  HeadroomConfig,
  SystemConfig,
} from './headroom-config.ts';
import type { HeadroomFile } from './headroom-schema.ts';
import type { HeadroomWindow } from './schema-parts.ts';

/** The same in the words of the program. */
export function configOf(file: HeadroomFile): HeadroomConfig {
  return {
    systems: new Map(
      Object.entries(file.systems).map(([id, system]) => [
        id,
        toSystemConfig(id, system, file.timezone),
      ]),
    ),
    clusters: new Map(
      Object.entries(file.clusters).map(([id, { context, prometheus, allow }]) => [
        id,
        {
          id,
          ...(context !== undefined && { context }),
          ...(prometheus !== undefined && { prometheus }),
          ...(allow && { allow: allowOf(allow) }),
        },
      ]),
    ),
    rates: new Map(
      Object.entries(file.rates).map(([id, { databaseGbMonthUsd, ...rest }]) => [
        id,
        {
          ...rest,
          ...(databaseGbMonthUsd !== undefined && { databaseGbMonthUsd }),
          source: `headroom.yaml, rates ${id}`,
        },
      ]),
    ),
    rules: (file.policy?.rules ?? []).map(toRule),
    operators: [...new Set(file.operators)],
    freezes: Object.entries(file.freezes).map(([name, freeze]) =>
      toFreeze(name, freeze, file.timezone),
    ),
  };
}

function toFreeze(
  name: string,
  freeze: HeadroomFile['freezes'][string],
  standardZone: string,
): ConfiguredFreeze {
  const { reason, systems, from = '', until = '', window } = freeze;
  const timezone = window?.timezone ?? freeze.timezone ?? standardZone;
  return {
    name,
    systems: [...new Set(systems)],
    timezone,
    when: window === undefined ? { start: from, end: until } : toWindow(window, timezone),
    ...(reason !== undefined && { reason }),
  };
}

function toWindow(
  { at, for: lastsMs, timezone, days }: HeadroomWindow,
  standardZone: string,
): Window {
  return { at, minutes: Math.round(lastsMs / 60_000), timezone: timezone ?? standardZone, days };
}

function allowOf({
  namespaces,
  kinds,
}: NonNullable<HeadroomFile['clusters'][string]['allow']>): Partial<Allowed> {
  return { ...(namespaces && { namespaces }), ...(kinds && { kinds }) };
}

function toSystemConfig(
  id: string,
  file: HeadroomFile['systems'][string],
  standardZone: string,
): SystemConfig {
  const {
    profile,
    title,
    namespace,
    workloads,
    endpoints,
    databases,
    schedules,
    rates,
    budget,
    ...rest
  } = file;
  return {
    ...rest,
    id,
    ...(profile !== undefined && { profile }),
    ...(title !== undefined && { title }),
    ...(namespace !== undefined && { namespace }),
    ...(rates !== undefined && { rates }),
    ...(budget && { budget: { ...budget, source: `headroom.yaml, budget of ${id}` } }),
    endpoints: new Map(Object.entries(endpoints)),
    databases: new Map(
      Object.entries(databases).map(([name, place]) => [
        name,
        toDatabasePlace(place, standardZone),
      ]),
    ),
    schedules: Object.entries(schedules).map(
      ([name, { timezone = standardZone, ...schedule }]) => ({
        ...schedule,
        name,
        timezone,
        inputs: new Map(
          Object.entries(schedule.inputs).map(([key, value]) => [key, String(value)]),
        ),
      }),
    ),
    workloads: new Map(
      Object.entries(workloads).map(
        ([component, { name, namespace: own, container, rates: pool, address }]) => [
          component,
          {
            ...(name !== undefined && { name }),
            ...(own !== undefined && { namespace: own }),
            ...(container !== undefined && { container }),
            ...(pool !== undefined && { rates: pool }),
            ...(address !== undefined && { address }),
          },
        ],
      ),
    ),
  };
}

type DatabaseFile = HeadroomFile['systems'][string]['databases'][string];

function toDatabasePlace(file: DatabaseFile, standardZone: string): DatabasePlace {
  const {
    namespace,
    cnpg,
    pooler,
    poolerConsole,
    poolerExporter,
    connection,
    standbys,
    role,
    platform,
    allow,
    schema,
    shardKeys,
    restart,
  } = file;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(cnpg !== undefined && { operated: cnpg }),
    ...(pooler && { pooler: poolerOf(pooler) }),
    ...(poolerConsole && { poolerConsole }),
    ...(poolerExporter && { poolerExporter }),
    ...(connection && { connection }),
    ...(role !== undefined && { role }),
    ...(platform && { platform }),
    ...(schema !== undefined && { schema }),
    ...(shardKeys && { shardKeys: shardKeysOf(shardKeys, schema) }),
    ...(restart && { restart: toRestart(restart, standardZone) }),
    standbys: new Map(Object.entries(standbys)),
    allow,
  };
}

function poolerOf({
  statsUser,
  ...pooler
}: NonNullable<DatabaseFile['pooler']>): NonNullable<DatabasePlace['pooler']> {
  return { ...pooler, ...(statsUser !== undefined && { statsUser }) };
}

function shardKeysOf(
  { table, column, load }: NonNullable<DatabaseFile['shardKeys']>,
  standardSchema = usualSchema,
): NonNullable<DatabasePlace['shardKeys']> {
  const [name = '', schema = standardSchema] = table.split('.').toReversed();
  return { table: { schema, name }, column, ...(load !== undefined && { load }) };
}

function toRestart(
  { statefulSet, approvers, window }: NonNullable<DatabaseFile['restart']>,
  standardZone: string,
): DatabaseRestart {
  return {
    approvers: [...new Set(approvers)],
    window: toWindow(window, standardZone),
    ...(statefulSet !== undefined && { statefulSet }),
  };
}

function toRule(file: NonNullable<HeadroomFile['policy']>['rules'][number]): ConfiguredRule {
  return {
    name: file.name,
    systems: [...new Set(file.systems)],
    approvers: [...new Set(file.approvers)],
    requesters: [...new Set(file.requesters)],
    required: file.required,
    requiredForRisky: file.stricter?.required ?? file.required,
    oncall: [...new Set(file.oncall?.users ?? [])],
    approvesScheduled: file.scheduled === 'approve',
    oncallMayApproveOwn: file.oncall?.mayApproveOwnWithReason ?? false,
    expireAfterSeconds: Math.round(file.expireAfter / 1000),
    startWithinSeconds: Math.round(file.startWithin / 1000),
    ...(file.giveBackAfter !== undefined && {
      giveBackAfterSeconds: Math.round(file.giveBackAfter / 1000),
    }),
  };
}
