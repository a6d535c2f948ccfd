// Reads and writes the bounds of partitions by range, in the one form that our sessions have PostgreSQL show them.

/** Kinds of columns whose values lie in months. */
export type TimeType = 'timestamptz' | 'timestamp' | 'date';

/** A partition's range as the catalogue shows it. */
export interface Range {
  /** Absent: MAXVALUE. */
  readonly to?: string;
  /** Absent: MINVALUE. */
  readonly from?: string;
}

export type Bound = ({ readonly kind: 'range' } & Range) | { readonly kind: 'default' };

const end = String.raw`(MINVALUE|MAXVALUE|'[^']*')`;
const form = new RegExp(String.raw`^FOR VALUES FROM \(${end}\) TO \(${end}\)$`);

/** Undefined for what is no range of one column. */
export function parseBound(shown: string): Bound | undefined {
  if (shown === 'DEFAULT') return { kind: 'default' };
  const [, from, to] = form.exec(shown) ?? [];
  if (from === undefined || to === undefined || from === 'MAXVALUE' || to === 'MINVALUE') {
    return undefined;
  }
  return {
    kind: 'range',
    ...(from !== 'MINVALUE' && { from: from.slice(1, -1) }),
    ...(to !== 'MAXVALUE' && { to: to.slice(1, -1) }),
  };
}

/** A larger default partition would be searched for too long, and everybody waits meanwhile. */
export const defaultBytesMax = 64 * 1024 ** 2;

export function sameRange(one: Range, other: Range): boolean {
  return one.from === other.from && one.to === other.to;
}

const instant = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(\.\d+)?(?:\+00)?)?$/;

/** In ms since 1970; a date or a time without a zone as if it were UTC. Undefined for what is no such value. */
export function instantOf(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  if (text === '-infinity') return -Infinity;
  const [, year, month, day, hour = 0, minute = 0, second = 0, rest = 0] = instant.exec(text) ?? [];
  if (year === undefined) return undefined;
  const whole = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  return whole + Number(rest) * 1000;
}

/** As PostgreSQL shows it with DateStyle ISO and the time zone UTC. */
export function boundText(at: number, type: TimeType): string {
  const [day = '', time = ''] = new Date(at).toISOString().split('T');
  if (type === 'date') return day;
  return `${day} ${time.slice(0, 8)}${type === 'timestamptz' ? '+00' : ''}`;
}
