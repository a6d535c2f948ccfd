// The schema of a custom resource, read once from its definition into the form that checks, prunes and fills in values.
import type { Json, JsonObject } from '../json.ts';
import { isObject, list, object, objects, show, text } from '../json.ts';

/** One rule of `x-kubernetes-validations`. */
export interface RuleText {
  readonly rule: string;
  readonly message: string;
  readonly messageExpression: string;
  readonly reason: string;
  readonly fieldPath: string;
}

/** Bounds of a value; what is missing is not checked. */
export interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

/** One node of a structural schema. */
export interface Structural {
  /** Empty where the node only narrows another one. */
  readonly type: string;
  readonly format: string;
  readonly nullable: boolean;
  readonly properties: ReadonlyMap<string, Structural>;
  /** What other keys hold: a schema, anything, or nothing. */
  readonly additional: Structural | 'anything' | undefined;
  readonly items: Structural | undefined;
  readonly required: readonly string[];
  readonly enum: readonly Json[] | undefined;
  readonly default: Json | undefined;
  readonly pattern: string;
  readonly bounds: Bounds;
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listKeys: readonly string[];
  readonly atomicMap: boolean;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly intOrString: boolean;
  readonly rules: readonly RuleText[];
  readonly allOf: readonly Structural[];
  readonly anyOf: readonly Structural[];
  readonly oneOf: readonly Structural[];
  readonly not: Structural | undefined;
}

const numbers = [
  'minimum',
  'maximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
] as const;

function boundsOf(given: JsonObject): Bounds {
  const entries: [string, number | boolean][] = [];
  for (const key of numbers) {
    const value = given[key];
    if (typeof value === 'number') entries.push([key, value]);
  }
  for (const key of ['exclusiveMinimum', 'exclusiveMaximum'] as const) {
    if (given[key] === true) entries.push([key, true]);
  }
  return Object.fromEntries(entries);
}

function additionalOf(given: JsonObject): Structural['additional'] {
  const additional = given['additionalProperties'];
  if (additional === true) return 'anything';
  return isObject(additional) ? parseStructural(additional) : undefined;
}

function listTypeOf(given: JsonObject): Structural['listType'] {
  const type = text(given, 'x-kubernetes-list-type');
  return type === 'set' || type === 'map' ? type : 'atomic';
}

const parseAll = (given: JsonObject, key: string) => objects(given, key).map(parseStructural);
const optional = (given: Json | undefined) =>
  isObject(given) ? parseStructural(given) : undefined;

/** Reads a schema as a definition states it. */
export function parseStructural(given: JsonObject): Structural {
  const allowed = given['enum'];
  return {
    type: text(given, 'type'),
    format: text(given, 'format'),
    nullable: given['nullable'] === true,
    properties: new Map(
      Object.entries(object(given, 'properties')).map(([key, item]) => [
        key,
        parseStructural(isObject(item) ? item : {}),
      ]),
    ),
    additional: additionalOf(given),
    items: optional(given['items']),
    required: list(given, 'required').map(show),
    enum: Array.isArray(allowed) ? allowed : undefined,
    default: given['default'],
    pattern: text(given, 'pattern'),
    bounds: boundsOf(given),
    listType: listTypeOf(given),
    listKeys: list(given, 'x-kubernetes-list-map-keys').map(show),
    atomicMap: text(given, 'x-kubernetes-map-type') === 'atomic',
    preserve: given['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: given['x-kubernetes-embedded-resource'] === true,
    intOrString: given['x-kubernetes-int-or-string'] === true,
    rules: objects(given, 'x-kubernetes-validations').map((item) => ({
      rule: text(item, 'rule'),
      message: text(item, 'message'),
      messageExpression: text(item, 'messageExpression'),
      reason: text(item, 'reason'),
      fieldPath: text(item, 'fieldPath'),
    })),
    allOf: parseAll(given, 'allOf'),
    anyOf: parseAll(given, 'anyOf'),
    oneOf: parseAll(given, 'oneOf'),
    not: optional(given['not']),
  };
}

/** The node behind a key of an object; undefined for keys the schema does not name. */
export function childOf(node: Structural, key: string): Structural | undefined {
  const named = node.properties.get(key);
  if (named !== undefined) return named;
  return typeof node.additional === 'object' ? node.additional : undefined;
}

/** Whether any rule stands anywhere in a schema. */
export function hasRules(node: Structural): boolean {
  return (
    node.rules.length > 0 ||
    [...node.properties.values()].some(hasRules) ||
    (node.items !== undefined && hasRules(node.items)) ||
    (typeof node.additional === 'object' && hasRules(node.additional))
  );
}
