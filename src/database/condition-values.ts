// The values in an index's condition that are written in more than one way, such as moments: which may be, and when two are the same.

import type { ColumnTypes } from './expression-casts.ts';
import type { Expression } from './expression-reader.ts';

const momentTypes: readonly string[] = ['timestamptz', 'timestamp', 'date'];
const numberTypes: readonly string[] = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'];
/** PostgreSQL keeps a text of these letter for letter. */
const letterTypes: readonly string[] = ['text', 'varchar', 'bpchar', 'name', 'enum'];

const moment =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?)?(?: ?(Z|[+-]\d\d(?::?\d\d)?))?$/;

interface Moment {
  /** In UTC, as PostgreSQL shows it there, but for the zone: `2026-01-01 12:30:00.25`. */
  readonly utc: string;
  readonly hasTime: boolean;
  readonly zone: string | undefined;
}

function momentOf(text: string): Moment | undefined {
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone] =
    moment.exec(text) ?? [];
  if (year === undefined) return undefined;
  const local = `${year}-${month}-${day}T${hour ?? '00'}:${minute ?? '00'}:${second}.000Z`;
  const at = Date.parse(local);
  // 31 February would be a day of March.
  if (Number.isNaN(at) || new Date(at).toISOString() !== local) return undefined;
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? '') ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -60_000 : 60_000);
  const utc = new Date(at - offset).toISOString().slice(0, 19).replace('T', ' ');
  return { utc: utc + fraction.replace(/\.?0*$/, ''), hasTime: hour !== undefined, zone };
}

/** A text beside a column of moments, as PostgreSQL shows it in UTC. */
export function plainText(text: string, beside: Expression, types: ColumnTypes): string {
  return momentTypes.includes(typeOf(beside, types)) ? (momentOf(text)?.utc ?? text) : text;
}

function typeOf(of: Expression, types: ColumnTypes): string {
  return of.kind === 'column' ? (types(of.name) ?? '') : '';
}

/** Why a condition is not built: the index would be made, and then nobody could tell that it is the one. */
export function whyNoCondition(where: Expression, types: ColumnTypes): string | undefined {
  if (dividesMixed(where, types)) {
    return 'divides whole numbers by others, which is kept in other words; compare with a product instead';
  }
  for (const { text, type } of textsBesideColumns(where, types)) {
    if (numberTypes.includes(type)) return `has '${text}' for a number: write it without quotes`;
    if (letterTypes.includes(type)) continue;
    if (!momentTypes.includes(type)) {
      const because = whyNoOtherText(text, type);
      if (because !== undefined) return because;
      continue;
    }
    const read = momentOf(text);
    if (read === undefined) {
      return `has '${text}' for a ${type}: write it as 2026-01-31 or 2026-01-31 12:30:00`;
    }
    if (type === 'date' && read.hasTime) return `has a time in '${text}' for a date`;
    if (type !== 'timestamptz' && read.zone !== undefined) {
      return `has a zone in '${text}' for a ${type}, which PostgreSQL would leave out`;
    }
  }
  return undefined;
}

/**
 * Other types have words of their own for a value. What an extension made is compared as its own operators do, which stand
 * in a schema that is not looked in: it would be compared otherwise than the application does.
 */
function whyNoOtherText(text: string, type: string): string | undefined {
  if (type === 'bool') return `has '${text}' for a boolean: write true or false without quotes`;
  if (type !== 'uuid') {
    const what = type === '' ? 'something that is worked out' : `a column of type ${type}`;
    return `has '${text}' beside ${what}, which PostgreSQL may keep in other words`;
  }
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(text)
    ? undefined
    : `has '${text}' for a uuid: write it with small letters, 8-4-4-4-12 of them`;
}

/** The moments without a zone that are compared with such that have one: they are taken for UTC. */
export function takenForUtc(where: Expression, types: ColumnTypes): readonly string[] {
  return textsBesideColumns(where, types).flatMap(({ text, type }) =>
    type === 'timestamptz' && momentOf(text)?.zone === undefined ? [text] : [],
  );
}

interface TextOf {
  readonly text: string;
  readonly type: string;
}

function textsBesideColumns(of: Expression, types: ColumnTypes): readonly TextOf[] {
  const beside = (one: Expression, other: Expression): readonly TextOf[] =>
    one.kind === 'text' && other.kind !== 'text'
      ? [{ text: one.text, type: typeOf(other, types) }]
      : [];
  switch (of.kind) {
    case 'infix':
      return [
        ...beside(of.left, of.right),
        ...beside(of.right, of.left),
        ...textsBesideColumns(of.left, types),
        ...textsBesideColumns(of.right, types),
      ];
    case 'in':
      return of.list.flatMap((each) => beside(each, of.of));
    case 'prefix':
      return textsBesideColumns(of.of, types);
    case 'is-null':
    case 'call':
    case 'column':
    case 'count-rows':
    case 'number':
    case 'text':
    case 'word':
      return [];
  }
}

function dividesMixed(of: Expression, types: ColumnTypes): boolean {
  const all = leavesOf(of);
  return (
    all.some((each) => each.kind === 'infix' && (each.sign === '/' || each.sign === '%')) &&
    all.some((each) => /^int[248]$/.test(typeOf(each, types))) &&
    all.some(
      (each) =>
        (each.kind === 'number' && each.text.includes('.')) ||
        /^(float[48]|numeric)$/.test(typeOf(each, types)),
    )
  );
}

/** It and everything in it. */
function leavesOf(of: Expression): readonly Expression[] {
  switch (of.kind) {
    case 'infix':
      return [of, ...leavesOf(of.left), ...leavesOf(of.right)];
    case 'prefix':
    case 'is-null':
      return [of, ...leavesOf(of.of)];
    case 'in':
      return [of, ...leavesOf(of.of), ...of.list.flatMap(leavesOf)];
    case 'call':
    case 'column':
    case 'count-rows':
    case 'number':
    case 'text':
    case 'word':
      return [of];
  }
}
