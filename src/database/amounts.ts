// Reads the values of server settings: the same amount can be written in many ways, and only amounts are compared.

/** Bytes, by the units of the manual (chapter 19.1); 8kB and 16MB are how some settings count. */
const bytes: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['kB', 1024],
  ['8kB', 8 * 1024],
  ['MB', 1024 ** 2],
  ['16MB', 16 * 1024 ** 2],
  ['GB', 1024 ** 3],
  ['TB', 1024 ** 4],
]);

/** Milliseconds. */
const times: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const spoken: ReadonlyMap<string, boolean> = new Map([
  ['on', true],
  ['true', true],
  ['yes', true],
  ['1', true],
  ['off', false],
  ['false', false],
  ['no', false],
  ['0', false],
]);

/**
 * A value in the smallest unit: bytes, milliseconds, or the number itself. A number without a unit counts in the
 * setting's own. Undefined for what is no number, and for what begins with another 0, which the server reads as octal.
 * @param unit the setting's own unit as pg_settings says it, such as `8kB`; undefined where it has none.
 */
export function amountOf(value: string, unit?: string): number | undefined {
  const [, digits, given] =
    /^\s*(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[-+]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(value) ?? [];
  if (digits === undefined || given === undefined) return undefined;
  const number = Number(digits);
  // -1 and the like mean "none" or "by itself", in whatever unit.
  if (number < 0 && given === '') return number;
  if (given === '') return unit === undefined ? number : number * (factorOf(unit) ?? 1);
  const factor = factorOf(given);
  const isSameKind = unit !== undefined && bytes.has(unit) === bytes.has(given);
  return factor === undefined || !isSameKind ? undefined : number * factor;
}

function factorOf(unit: string): number | undefined {
  return bytes.get(unit) ?? times.get(unit);
}

/**
 * Whether two texts are the same value of one setting. The server rounds whole numbers to its own unit and shows six digits
 * of others; below zero is no amount but "none" or "by itself", which nothing rounds to.
 */
export function sameValue(
  one: string,
  other: string,
  { unit, vartype }: { readonly unit?: string | undefined; readonly vartype: string },
): boolean {
  if (one === other) return true;
  if (vartype === 'bool') {
    const [a, b] = [spoken.get(one.toLowerCase()), spoken.get(other.toLowerCase())];
    return a !== undefined && a === b;
  }
  const [a, b] = [amountOf(one, unit), amountOf(other, unit)];
  if (a === undefined || b === undefined) return one.toLowerCase() === other.toLowerCase();
  if (a < 0 || b < 0) return a === b;
  const step = vartype === 'integer' && unit !== undefined ? (factorOf(unit) ?? 0) : 0;
  const shown = vartype === 'real' ? Math.abs(a) * 1e-5 : 0;
  return Math.abs(a - b) <= Math.max(step / 2, shown, Math.abs(a) * 1e-12);
}
