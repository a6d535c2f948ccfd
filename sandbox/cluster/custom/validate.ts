// All rules of a custom resource in the order the API server goes through them.
import type { JsonObject } from '../json.ts';
import { at } from '../json.ts';
import type { ScalePaths } from '../resources/resource.ts';
import type { FieldError } from '../status.ts';
import { checkRules } from './rules.ts';
import { hasRules, type Structural } from './structural.ts';
import { checkLists, checkValue } from './validate-value.ts';

const int32Max = 2 ** 31 - 1;

/** The words of Go for the type of a value that should be a whole number. */
function goType(value: unknown): string {
  if (typeof value === 'number') return 'float64';
  if (typeof value === 'boolean') return 'bool';
  if (Array.isArray(value)) return '[]interface {}';
  return typeof value === 'object' ? 'map[string]interface {}' : typeof value;
}

function checkCounter(held: JsonObject, path: readonly string[]): FieldError[] {
  const field = `.${path.join('.')}`;
  const value = at(held, ...path);
  if (value === undefined) return [];
  const refuse = (shown: number, because: string): FieldError[] => [
    { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown}: ${because}` },
  ];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
    return refuse(
      0,
      `${field} accessor error: ${shown} is of the type ${goType(value)}, expected int64`,
    );
  }
  if (value < 0) return refuse(value, 'should be a non-negative integer');
  return value > int32Max ? refuse(value, `should be less than or equal to ${int32Max}`) : [];
}

/** After errors of these kinds the rules in CEL are not looked at any more. */
const blocking: readonly FieldError['reason'][] = [
  'FieldValueRequired',
  'FieldValueNotSupported',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
];

const notChecked: FieldError = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** Everything a schema and a scale subresource say against an object; `old` is missing on create. */
export function checkCustom(
  node: Structural,
  scale: ScalePaths | undefined,
  held: JsonObject,
  old: JsonObject | undefined,
): FieldError[] {
  const { metadata: _metadata, ...value } = held;
  const { metadata: _old, ...before } = old ?? {};
  const known = old === undefined ? undefined : before;
  const errors = checkValue(value, { ...node, required: node.required.filter(isOwn) }, '', known);
  if (scale !== undefined) {
    errors.push(...checkCounter(held, scale.spec), ...checkCounter(held, scale.status));
  }
  errors.push(...checkLists(value, node, ''));
  if (!hasRules(node)) return errors;
  if (errors.some(({ reason }) => blocking.includes(reason))) return [...errors, notChecked];
  return [...errors, ...checkRules(node, { value: held, old, path: '' })];
}

/** Metadata has rules of its own and is there anyway. */
const isOwn = (key: string) => key !== 'metadata';
