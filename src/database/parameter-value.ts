// Tells whether a text is a value that a setting of the list may have.

import { amountOf } from './amounts.ts';
import { type ParameterName, parameters } from './parameters.ts';

/**
 * Undefined for a value that may be written.
 * @param unit the setting's own, as `amountOf` takes it.
 */
export function whyNotParameterValue(
  name: ParameterName,
  value: string,
  unit: string | undefined,
): string | undefined {
  const { kind, min, max } = parameters[name];
  if (kind === 'boolean') {
    return /^(on|off)$/.test(value) ? undefined : `${name} is on or off, not "${value}"`;
  }
  const amount = amountOf(value, unit);
  if (amount === undefined || (kind === 'integer' && !Number.isInteger(amount))) {
    return `"${value}" is no ${kind === 'integer' ? 'whole number' : 'value'} for ${name}`;
  }
  const isWithin = amount >= (min ?? -Infinity) && amount <= (max ?? Infinity);
  return isWithin
    ? undefined
    : `${name} = ${value} is outside of what Headroom writes (docs/databases.md)`;
}
