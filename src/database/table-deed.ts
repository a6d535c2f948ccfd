// Writes the settings of one table, such as how often autovacuum comes to it.

import { z } from 'zod';
import { assert } from '../errors.ts';
import type { Texts } from '../sizing/planned-step.ts';
import type { DeedKind } from './deed-kind.ts';
import { type InSchema, qualified, quotedText } from './names.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import type { Standing, Statements } from './standing.ts';
import { isTableSetting, sameTableValue, type TableSettingName } from './table-settings.ts';

/** ALTER TABLE … SET and RESET of settings of the allow-list; nothing else of the table is touched. */
export interface TableDeed extends InSchema {
  readonly deed: 'table';
  /** By name; one that is only in `after` was not set. */
  readonly before: Texts;
  /** By name; one that is only in `before` shall not be set. */
  readonly after: Texts;
  /** TimescaleDB keeps its rows in chunks, and refuses ALTER TABLE ONLY of it. */
  readonly isHypertable?: true;
}

const found = z.object({ options: z.array(z.string()).nullable() });

function look({ schema, name }: TableDeed): readonly Query[] {
  return [
    {
      text: `select c.reloptions as options from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = $1 and c.relname = $2 and c.relkind = 'r'`,
      values: [schema, name],
    },
  ];
}

/** A table's own settings by name, from `name=value`. */
export function optionsByName(options: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    options.map((each) => {
      const at = each.indexOf('=');
      return [each.slice(0, at), each.slice(at + 1)];
    }),
  );
}

function standing(deed: TableDeed, answers: Answers): Standing {
  const [table] = rowsOf(found, answers, 0);
  const called = `${deed.schema}.${deed.name}`;
  if (table === undefined)
    return { kind: 'drifted', because: `there is no table ${called} any more` };
  const now = optionsByName(table.options ?? []);
  const names = settingsOf(deed);
  const isAs = (values: Texts) => (name: TableSettingName) =>
    sameTableValue(name, now.get(name), values[name]);
  if (names.every(isAs(deed.after))) return { kind: 'reached' };
  const other = names.find((name) => !isAs(deed.after)(name) && !isAs(deed.before)(name));
  if (other === undefined) return { kind: 'unchanged', write: alterTable(deed) };
  const saw = deed.before[other] ?? 'not set';
  return {
    kind: 'drifted',
    because: `${other} of ${called} is ${now.get(other) ?? 'not set'}, the plan saw ${saw}`,
  };
}

function settingsOf({ before, after }: TableDeed): readonly TableSettingName[] {
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])];
  return names.map((name) => {
    assert(isTableSetting(name), 'only settings of the list are drawn');
    return name;
  });
}

/**
 * SHARE UPDATE EXCLUSIVE stands in the way of VACUUM and of other changes of the table, not of reading and writing rows.
 * Autovacuum gives way to who waits for it, after deadlock_timeout.
 */
function alterTable(deed: TableDeed): Statements {
  const names = settingsOf(deed);
  const table = qualified(deed);
  const set = names.flatMap((name) => {
    const value = deed.after[name];
    return value === undefined ? [] : [`${name} = ${quotedText(value)}`];
  });
  const reset = names.filter((name) => deed.after[name] === undefined);
  const alter = deed.isHypertable ? `alter table ${table}` : `alter table only ${table}`;
  return {
    manner: 'together',
    lock: `lock table only ${table} in share update exclusive mode`,
    isPatient: true,
    statements: [
      ...(set.length === 0 ? [] : [`${alter} set (${set.join(', ')})`]),
      ...(reset.length === 0 ? [] : [`${alter} reset (${reset.join(', ')})`]),
    ],
  };
}

export const tableDeed: DeedKind<TableDeed> = {
  allow: () => 'tables',
  undo: (deed) => ({
    kind: 'exact',
    by: { ...deed, before: deed.after, after: deed.before },
  }),
  isTakenBack: () => true,
  isDecrease: () => false,
  statements: (deed) => alterTable(deed).statements,
  look,
  standing,
  words: (deed) => {
    const moves = settingsOf(deed).map(
      (name) =>
        `${name} ${deed.before[name] ?? "the server's"} → ${deed.after[name] ?? "the server's"}`,
    );
    return `${deed.schema}.${deed.name}: ${moves.join(', ')}`;
  },
};
