// The settings of single tables that plans may write: each with its kind and bounds, for PostgreSQL takes them as texts.

import { amountOf } from './amounts.ts';

interface TableSetting {
  readonly kind: 'integer' | 'real' | 'on';
  readonly min: number;
  readonly max: number;
  /** The first server_version_num that knows it. */
  readonly since?: number;
}

const countMax = 2_147_483_647;

/**
 * Nothing else is ever written. All of them need no more than SHARE UPDATE EXCLUSIVE on the table (PostgreSQL manual,
 * ALTER TABLE, storage parameters), so nobody who reads or writes rows waits. Autovacuum is never switched off.
 */
const all = {
  fillfactor: { kind: 'integer', min: 10, max: 100 },
  autovacuum_enabled: { kind: 'on', min: 1, max: 1 },
  autovacuum_vacuum_threshold: { kind: 'integer', min: 0, max: countMax },
  autovacuum_vacuum_scale_factor: { kind: 'real', min: 0, max: 100 },
  autovacuum_vacuum_insert_threshold: { kind: 'integer', min: -1, max: countMax, since: 130_000 },
  autovacuum_vacuum_insert_scale_factor: { kind: 'real', min: 0, max: 100, since: 130_000 },
  autovacuum_vacuum_max_threshold: { kind: 'integer', min: -1, max: countMax, since: 180_000 },
  autovacuum_analyze_threshold: { kind: 'integer', min: 0, max: countMax },
  autovacuum_analyze_scale_factor: { kind: 'real', min: 0, max: 100 },
  autovacuum_vacuum_cost_delay: { kind: 'real', min: 0, max: 100 },
  autovacuum_vacuum_cost_limit: { kind: 'integer', min: 1, max: 10_000 },
  autovacuum_freeze_max_age: { kind: 'integer', min: 100_000, max: 2_000_000_000 },
} as const satisfies Record<string, TableSetting>;

export type TableSettingName = keyof typeof all;

export function isTableSetting(name: string): name is TableSettingName {
  return Object.hasOwn(all, name);
}

/** Undefined for a value that may be written. `version` is the server's `server_version_num`. */
export function whyNotTableValue(
  name: TableSettingName,
  value: string,
  version: number,
): string | undefined {
  const { kind, min, max, since = 0 }: TableSetting = all[name];
  if (version < since) return `PostgreSQL has ${name} since version ${since / 10_000}`;
  if (kind === 'on') {
    return /^(on|true)$/.test(value) ? undefined : `${name} is only ever switched on`;
  }
  const amount = amountOf(value);
  if (amount === undefined || (kind === 'integer' && !Number.isInteger(amount))) {
    return `"${value}" is no ${kind === 'integer' ? 'whole number' : 'number'} for ${name}`;
  }
  return amount >= min && amount <= max
    ? undefined
    : `${name} = ${value} is not between ${min} and ${max}`;
}

/** Whether two texts are the same value of it. */
export function sameTableValue(
  name: TableSettingName,
  one: string | undefined,
  other: string | undefined,
): boolean {
  if (one === undefined || other === undefined) return one === other;
  if (all[name].kind === 'on') return isOn(one) === isOn(other);
  const [a, b] = [amountOf(one), amountOf(other)];
  return one === other || (a !== undefined && a === b);
}

/** As PostgreSQL reads a boolean. */
function isOn(text: string): boolean {
  return /^(on|t|tr|tru|true|y|ye|yes|1)$/i.test(text);
}
