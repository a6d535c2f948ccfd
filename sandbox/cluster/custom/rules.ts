// The rules a definition states in CEL (`x-kubernetes-validations`), checked on every write.
import { kubernetesLanguage } from '../cel-language.ts';
import type { Json, JsonObject } from '../json.ts';
import { equal, isList, isObject } from '../json.ts';
import type { FieldError } from '../status.ts';
import { childOf, type RuleText, type Structural } from './structural.ts';

const language = kubernetesLanguage()
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn');

type Program = (context: { readonly self: unknown; readonly oldSelf: unknown }) => unknown;

const programs = new Map<string, Program | undefined>();

/** A rule ready to run; undefined when it uses functions only the real server has (url, ip, format and the like). */
function programOf(rule: string): Program | undefined {
  if (programs.has(rule)) return programs.get(rule);
  const made: Program | undefined = language.check(rule).valid ? language.parse(rule) : undefined;
  programs.set(rule, made);
  return made;
}

/** A value as CEL sees it: whole numbers are integers where the schema says so. */
function celValue(value: Json, node: Structural | undefined): unknown {
  if (typeof value === 'number') {
    const isWhole = node?.type !== 'number' && Number.isInteger(value);
    return isWhole ? BigInt(value) : value;
  }
  if (isList(value)) return value.map((item) => celValue(item, node?.items));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    celValue(item, node === undefined ? undefined : childOf(node, key)),
  ]);
  return Object.fromEntries(entries);
}

const reasons: Readonly<Record<string, FieldError['reason']>> = {
  FieldValueForbidden: 'FieldValueForbidden',
  FieldValueRequired: 'FieldValueRequired',
  FieldValueDuplicate: 'FieldValueDuplicate',
};
const words: Readonly<Record<string, string>> = {
  FieldValueForbidden: 'Forbidden: ',
  FieldValueRequired: 'Required value: ',
  FieldValueDuplicate: 'Duplicate value: ',
};

function broken(rule: RuleText, path: string, message: string): FieldError {
  return {
    reason: reasons[rule.reason] ?? 'FieldValueInvalid',
    field: `${path}${rule.fieldPath}`.replace(/^\./, '') || '<nil>',
    message: `${words[rule.reason] ?? 'Invalid value: '}${message}`,
  };
}

interface Place {
  readonly value: Json;
  readonly old: Json | undefined;
  readonly path: string;
}

function checkRule(rule: RuleText, node: Structural, { value, old, path }: Place): FieldError[] {
  const isTransition = /\boldSelf\b/.test(rule.rule);
  if (isTransition ? old === undefined : equal(old, value)) return [];
  const program = programOf(rule.rule);
  if (program === undefined) return [];
  const context = {
    self: celValue(value, node),
    oldSelf: old === undefined ? null : celValue(old, node),
  };
  const stated = rule.message === '' ? `failed rule: ${rule.rule}` : rule.message;
  try {
    if (program(context) === true) return [];
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
    return [broken(rule, path, `${why} evaluating rule: ${stated}`)];
  }
  return [broken(rule, path, written(rule.messageExpression, context) ?? stated)];
}

function written(expression: string, context: Parameters<Program>[0]): string | undefined {
  if (expression === '') return undefined;
  try {
    const text = programOf(expression)?.(context);
    return typeof text === 'string' && text !== '' ? text : undefined;
  } catch {
    return undefined;
  }
}

function twinOf(item: Json, node: Structural, old: Json | undefined): Json | undefined {
  if (node.listType !== 'map' || !isList(old) || !isObject(item)) return undefined;
  return old.find(
    (other) => isObject(other) && node.listKeys.every((key) => equal(other[key], item[key])),
  );
}

/** The rules an object breaks, those of outer objects first. */
export function checkRules(node: Structural, place: Place): FieldError[] {
  const { value, old, path } = place;
  const own = value === null ? [] : node.rules.flatMap((rule) => checkRule(rule, node, place));
  if (isList(value)) {
    const { items } = node;
    if (items === undefined) return own;
    const below = value.flatMap((item, index) =>
      checkRules(items, {
        value: item,
        old: twinOf(item, node, old),
        path: `${path}[${index}]`,
      }),
    );
    return [...own, ...below];
  }
  if (!isObject(value)) return own;
  const below = Object.entries(value).flatMap(([key, item]) => {
    const child = childOf(node, key);
    if (child === undefined) return [];
    const here = node.properties.has(key) ? `.${key}` : `[${key}]`;
    const before: JsonObject = isObject(old) ? old : {};
    return checkRules(child, {
      value: item,
      old: before[key],
      path: path === '' ? here.replace(/^\./, '') : `${path}${here}`,
    });
  });
  return [...own, ...below];
}
