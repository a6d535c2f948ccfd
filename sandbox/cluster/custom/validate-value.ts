// Checks values of custom resources against their schema, with the words the API server has for each broken bound.
import type { Json, JsonObject } from '../json.ts';
import { equal, isList, isObject, sortedText } from '../json.ts';
import type { FieldError } from '../status.ts';
import { duplicate, invalidValue, notSupported, required } from '../status.ts';
import { childOf, type Structural } from './structural.ts';

const int32Max = 2 ** 31 - 1;

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const typesOf = (node: Structural): readonly string[] => {
  if (node.intOrString) return ['integer', 'string'];
  return node.type === '' ? [] : [node.type];
};

const wrongType = (path: string, wanted: string, found: string, value: Json): FieldError => ({
  reason: 'FieldValueTypeInvalid',
  field: path,
  message: `Invalid value: ${JSON.stringify(value)}: ${path} in body must be of type ${wanted}: ${JSON.stringify(found)}`,
});

const tooMany = (path: string, found: number, most: number): FieldError => ({
  reason: 'FieldValueTooMany',
  field: path,
  message: `Too many: ${found}: must have at most ${most} items`,
});

/** A broken rule the server does not tie to a field. */
export const nowhere = (because: string): FieldError => ({
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message: `Invalid value: "": ${because}`,
});

function checkType(value: Json, node: Structural, path: string): FieldError[] {
  const wanted = typesOf(node);
  const found = typeOf(value);
  if (wanted.length === 0 || (value === null && node.nullable)) return [];
  const fits = wanted.includes(found) || (found === 'integer' && wanted.includes('number'));
  const errors = fits ? [] : [wrongType(path, wanted.join(','), found, found)];
  if (typeof value !== 'number' || !wanted.includes('integer') || node.intOrString) return errors;
  const isSmall = node.format === 'int32' && Math.abs(value) > int32Max;
  if (Number.isInteger(value) && !isSmall) return errors;
  const format = node.format === '' ? '(default format)' : `with format ${node.format}`;
  return [...errors, nowhere(`Checked value must be of type integer ${format} in ${path}`)];
}

/** A rule of a number: whether it is broken, and what it says. */
function checkNumber(value: number, { bounds }: Structural, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (because: string) =>
    errors.push(invalidValue(path, value, `${path} in body should be ${because}`));
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = bounds;
  if (multipleOf !== undefined && value % multipleOf !== 0) refuse(`a multiple of ${multipleOf}`);
  if (maximum !== undefined) {
    if (exclusiveMaximum === true && value >= maximum) refuse(`less than ${maximum}`);
    else if (value > maximum) refuse(`less than or equal to ${maximum}`);
  }
  if (minimum !== undefined) {
    if (exclusiveMinimum === true && value <= minimum) refuse(`greater than ${minimum}`);
    else if (value < minimum) refuse(`greater than or equal to ${minimum}`);
  }
  return errors;
}

/** A pattern of Go as one of ours; undefined when there is none. */
function regexOf(pattern: string): RegExp | undefined {
  const [flags = '', body = pattern] =
    /^\(\?(i)\)(.*)$/s.exec(pattern.replace(/^\^\(\?i\)/, '(?i)^'))?.slice(1) ?? [];
  try {
    return new RegExp(body, flags);
  } catch {
    return undefined;
  }
}

const dateTime = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function checkText(value: string, node: Structural, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { minLength, maxLength } = node.bounds;
  // The server counts code points, as Array.from does.
  const { length } = Array.from(value);
  if (maxLength !== undefined && length > maxLength) {
    const message = `Too long: may not be more than ${maxLength} bytes`;
    errors.push({ reason: 'FieldValueTooLong', field: path, message });
  }
  if (minLength !== undefined && length < minLength) {
    errors.push(
      invalidValue(path, value, `${path} in body should be at least ${minLength} chars long`),
    );
  }
  if (node.pattern !== '' && regexOf(node.pattern)?.test(value) === false) {
    errors.push(invalidValue(path, value, `${path} in body should match '${node.pattern}'`));
  }
  if (node.format === 'date-time' && !dateTime.test(value)) {
    errors.push(wrongType(path, 'date-time', value, value));
  }
  return errors;
}

function checkList(
  value: readonly Json[],
  node: Structural,
  path: string,
  old: Json | undefined,
): FieldError[] {
  const errors: FieldError[] = [];
  const { items, bounds } = node;
  const { minItems, maxItems } = bounds;
  if (minItems !== undefined && value.length < minItems) {
    errors.push(
      invalidValue(path, value.length, `${path} in body should have at least ${minItems} items`),
    );
  }
  if (maxItems !== undefined && value.length > maxItems) {
    errors.push(tooMany(path, value.length, maxItems));
  }
  if (items === undefined) return errors;
  const keyed = node.listType === 'map' && isList(old) ? old : [];
  value.forEach((item, index) => {
    const twin = keyed.find((other) => equal(keyOf(other, node), keyOf(item, node)));
    errors.push(...checkValue(item, items, `${path}[${index}]`, twin));
  });
  return errors;
}

function checkObject(
  value: JsonObject,
  node: Structural,
  path: string,
  old: Json | undefined,
): FieldError[] {
  const join = (key: string) => (path === '' ? key : `${path}.${key}`);
  const errors: FieldError[] = [];
  const { minProperties, maxProperties } = node.bounds;
  const size = Object.keys(value).length;
  if (minProperties !== undefined && size < minProperties) {
    errors.push(
      invalidValue(path, size, `${path} in body should have at least ${minProperties} properties`),
    );
  }
  if (maxProperties !== undefined && size > maxProperties) {
    errors.push(tooMany(path, size, maxProperties));
  }
  for (const key of node.required) {
    if (!Object.hasOwn(value, key)) errors.push(required(join(key)));
  }
  for (const [key, item] of Object.entries(value)) {
    const child = childOf(node, key);
    const before = isObject(old) ? old[key] : undefined;
    if (child !== undefined) errors.push(...checkValue(item, child, join(key), before));
  }
  return errors;
}

function checkCombined(value: Json, node: Structural, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const attempt = (other: Structural) => checkValue(value, other, path, undefined);
  const fewest = (failures: FieldError[][]) =>
    failures.toSorted((a, b) => a.length - b.length)[0] ?? [];
  if (node.anyOf.length > 0) {
    const failures = node.anyOf.map(attempt);
    if (failures.every((found) => found.length > 0)) {
      errors.push(nowhere(`"${path}" must validate at least one schema (anyOf)`));
      errors.push(...fewest(failures));
    }
  }
  if (node.oneOf.length > 0) {
    const failures = node.oneOf.map(attempt);
    const good = failures.filter((found) => found.length === 0).length;
    const rule = `"${path}" must validate one and only one schema (oneOf).`;
    if (good === 0) errors.push(nowhere(`${rule} Found none valid`), ...fewest(failures));
    else if (good > 1) errors.push(nowhere(`${rule} Found ${good} valid alternatives`));
  }
  const failed = node.allOf.flatMap(attempt);
  if (failed.length > 0) {
    errors.push(nowhere(`"${path}" must validate all the schemas (allOf)`), ...failed);
  }
  if (node.not !== undefined && attempt(node.not).length === 0) {
    errors.push(nowhere(`"${path}" must not validate the schema (not)`));
  }
  return errors;
}

/** The rules of a schema a value breaks. What already was so before is let pass, as the server does on updates. */
export function checkValue(
  value: Json,
  node: Structural,
  path: string,
  old: Json | undefined,
): FieldError[] {
  if (old !== undefined && equal(old, value)) return [];
  const errors = [...checkType(value, node, path)];
  if (value === null) return errors;
  errors.push(...checkCombined(value, node, path));
  if (typeof value === 'string') errors.push(...checkText(value, node, path));
  if (typeof value === 'number') errors.push(...checkNumber(value, node, path));
  if (isList(value)) errors.push(...checkList(value, node, path, old));
  if (node.enum !== undefined && !node.enum.some((item) => equal(item, value))) {
    const allowed = node.enum.map((item) => (typeof item === 'string' ? item : sortedText(item)));
    errors.push(notSupported(path, value, allowed));
  }
  if (isObject(value)) errors.push(...checkObject(value, node, path, old));
  return errors;
}

function keyOf(item: Json, node: Structural): JsonObject {
  const held = isObject(item) ? item : {};
  return Object.fromEntries(node.listKeys.map((key) => [key, held[key] ?? null]));
}

/** Items that are there twice in lists whose items are told apart. */
export function checkLists(value: Json | undefined, node: Structural, path: string): FieldError[] {
  if (isObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => {
      const child = childOf(node, key);
      const here = path === '' ? key : `${path}.${key}`;
      return child === undefined ? [] : checkLists(item, child, here);
    });
  }
  if (!isList(value) || node.items === undefined) return [];
  const { items } = node;
  const seen = new Set<string>();
  const twice = value.flatMap((item, index) => {
    if (node.listType === 'atomic') return [];
    const key = node.listType === 'set' ? item : keyOf(item, node);
    const written = sortedText(key);
    if (seen.has(written)) return [duplicate(`${path}[${index}]`, key)];
    seen.add(written);
    return [];
  });
  const below = value.flatMap((item, index) => checkLists(item, items, `${path}[${index}]`));
  return [...twice, ...below];
}
