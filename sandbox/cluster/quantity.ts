// Resource quantities, because the server stores them in canonical form and a JSON patch compares that text.

const pattern = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/;
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const nano = 1_000_000_000n;

/** What the server says about a text that is no quantity. */
export const quantityRule =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

interface Quantity {
  readonly nanos: bigint;
  readonly binary: boolean;
}

function parse(value: string): Quantity | undefined {
  const match = pattern.exec(value);
  if (match === null) return undefined;
  const [, sign, digits = '', suffix = ''] = match;
  const [whole = '', fraction = ''] = digits.split('.');
  let scaled = BigInt(whole + fraction || '0') * nano;
  let divisor = 10n ** BigInt(fraction.length);
  const binary = suffix.endsWith('i');
  const decimal = decimalSuffixes.findIndex((item) => item === suffix);
  if (binary) {
    scaled *= 1024n ** BigInt(binarySuffixes.findIndex((item) => item === suffix));
  } else if (decimal >= 0) {
    if (decimal >= 3) scaled *= 1000n ** BigInt(decimal - 3);
    else divisor *= 1000n ** BigInt(3 - decimal);
  } else {
    const exponent = Number(suffix.slice(1));
    if (exponent >= 0) scaled *= 10n ** BigInt(exponent);
    else divisor *= 10n ** BigInt(-exponent);
  }
  const rounded = (scaled + divisor - 1n) / divisor;
  return { nanos: sign === '-' ? -rounded : rounded, binary };
}

/** The size in billionths, for comparing; undefined when the text is no quantity. */
export function quantityNanos(value: string): bigint | undefined {
  return parse(value)?.nanos;
}

/** The text the server stores and returns, undefined when the text is no quantity. */
export function canonicalQuantity(value: string): string | undefined {
  const parsed = parse(value);
  return parsed === undefined ? undefined : printQuantity(parsed.nanos, parsed.binary);
}

/** An amount in billionths as the server writes it. Nothing finer than a thousandth survives. */
export function printQuantity(exact: bigint, binary: boolean): string {
  const milli = nano / 1000n;
  const negative = exact < 0n;
  const size = negative ? -exact : exact;
  const nanos = ((size + milli - 1n) / milli) * milli;
  if (nanos === 0n) return '0';
  const sign = negative ? '-' : '';
  if (binary && nanos >= 1024n * nano) {
    let amount = (nanos + nano - 1n) / nano;
    let step = 0;
    while (amount % 1024n === 0n && step < binarySuffixes.length - 1) {
      amount /= 1024n;
      step += 1;
    }
    return `${sign}${amount}${binarySuffixes[step] ?? ''}`;
  }
  let amount = nanos;
  let step = 0;
  while (amount % 1000n === 0n && step < decimalSuffixes.length - 1) {
    amount /= 1000n;
    step += 1;
  }
  return `${sign}${amount}${decimalSuffixes[step] ?? ''}`;
}
