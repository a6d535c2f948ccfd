// Holds every write to the admission policies that are bound: denied, or let through with a warning.

import { compile, type Program, type Scope } from './admission-cel.ts';
import { meansWrite, namespaceOfWrite } from './admission-match.ts';
import type { Caller } from './auth.ts';
import { celValue } from './cel-language.ts';
import { kindNamed } from './custom/kinds.ts';
import type { JsonObject } from './json.ts';
import { isObject, list, nameOf, object, objects, show, text } from './json.ts';
import type { PendingWrite } from './pending-write.ts';
import {
  admissionGroup,
  admissionPolicy,
  admissionPolicyBinding,
} from './resources/admission-policy.ts';
import { byPlural } from './resources/resource.ts';
import { matchesSelector } from './selector.ts';
import { type ApiError, detailsOf, failure } from './status.ts';
import type { Store } from './store.ts';

/** Why a policy does not let a write through. */
interface Denial {
  readonly message: string;
  /** Missing: Invalid. */
  readonly reason: string;
}

type Context = Readonly<Record<string, unknown>>;

interface Validation {
  readonly expression: string;
  readonly program: Program;
  readonly message: string;
  readonly messageProgram: Program | undefined;
  readonly reason: string;
}

interface CompiledPolicy {
  readonly isStrict: boolean;
  readonly conditions: readonly { readonly expression: string; readonly program: Program }[];
  readonly variables: readonly { readonly name: string; readonly program: Program }[];
  readonly validations: readonly Validation[];
}

/** Stored policies are never changed in place, so what was compiled of one stays true. */
const compiled = new WeakMap<JsonObject, CompiledPolicy>();

function programOf(expression: string, scope: Scope): Program {
  const { program, mistake } = compile(expression, 'any', scope);
  if (program !== undefined) return program;
  return () => {
    throw new Error(mistake);
  };
}

function compilePolicy(policy: JsonObject): CompiledPolicy {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const spec = object(policy, 'spec');
  const names = objects(spec, 'variables').map((item) => text(item, 'name'));
  const scope = { hasParams: isObject(spec['paramKind']), variables: names };
  const make = (expression: string) => programOf(expression, scope);
  const made: CompiledPolicy = {
    isStrict: text(spec, 'failurePolicy') !== 'Ignore',
    conditions: objects(spec, 'matchConditions').map((item) => ({
      expression: text(item, 'expression'),
      program: make(text(item, 'expression')),
    })),
    variables: objects(spec, 'variables').map((item) => ({
      name: text(item, 'name'),
      program: make(text(item, 'expression')),
    })),
    validations: objects(spec, 'validations').map((item) => ({
      expression: text(item, 'expression').trim(),
      program: make(text(item, 'expression')),
      message: text(item, 'message').trim(),
      messageProgram:
        text(item, 'messageExpression') === '' ? undefined : make(text(item, 'messageExpression')),
      reason: text(item, 'reason'),
    })),
  };
  compiled.set(policy, made);
  return made;
}

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const failed = (expression: string, error: unknown) =>
  `expression '${expression}' resulted in error: ${wordsOf(error)}`;

/** Variables are worked out when an expression first asks for them, and only once. */
function variablesOf({ variables }: CompiledPolicy, context: Context): object {
  const lazy = {};
  const withVariables: Context = { ...context, variables: lazy };
  for (const { name, program } of variables) {
    let found: { readonly value: unknown } | undefined;
    Object.defineProperty(lazy, name, {
      enumerable: true,
      get: () => {
        try {
          found ??= { value: program(withVariables) };
          return found.value;
        } catch (error) {
          const because = `composited variable "${name}" fails to evaluate: ${wordsOf(error)}`;
          throw new Error(because, { cause: error });
        }
      },
    });
  }
  return lazy;
}

const messageBytesMax = 5 * 1024;

function messageOf({ message, messageProgram, expression }: Validation, context: Context): string {
  let worked: unknown;
  try {
    worked = messageProgram?.(context);
  } catch {
    // A message that cannot be worked out falls back to the fixed one.
  }
  const words = typeof worked === 'string' ? worked.trim() : '';
  const fits = words !== '' && !words.includes('\n') && Buffer.byteLength(words) <= messageBytesMax;
  if (fits) return words;
  return message === '' ? `failed expression: ${expression}` : message;
}

/** Whether the conditions let a policy look at a write at all; a text says why that cannot be told. */
function conditionsMet({ conditions }: CompiledPolicy, context: Context): boolean | string {
  const problems: string[] = [];
  for (const { expression, program } of conditions) {
    try {
      if (program(context) !== true) return false;
    } catch (error) {
      problems.push(failed(expression, error));
    }
  }
  if (problems.length === 0) return true;
  return problems.length === 1 ? show(problems[0]) : `[${problems.join(', ')}]`;
}

function denialsOf(policy: CompiledPolicy, base: Context): Denial[] {
  const context = { ...base, variables: variablesOf(policy, base) };
  const met = conditionsMet(policy, context);
  if (met === false) return [];
  if (met !== true) return policy.isStrict ? [{ message: met, reason: '' }] : [];
  return policy.validations.flatMap((validation): Denial[] => {
    try {
      if (validation.program(context) === true) return [];
    } catch (error) {
      const message = failed(validation.expression, error);
      return policy.isStrict ? [{ message, reason: '' }] : [];
    }
    return [{ message: messageOf(validation, context), reason: validation.reason }];
  });
}

function requestOf({ resource, subresource, ...write }: PendingWrite, caller: Caller): JsonObject {
  const { group, version, plural } = resource;
  const isScale = subresource === 'scale';
  const kind = isScale
    ? { group: 'autoscaling', version: 'v1', kind: 'Scale' }
    : { group, version, kind: resource.kind };
  const about = { group, version, resource: plural };
  const sub =
    subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource };
  const extra = Object.entries(caller.extra ?? {}).map(([key, values]) => [key, [...values]]);
  return {
    kind,
    resource: about,
    requestKind: kind,
    requestResource: about,
    ...sub,
    ...(write.name === '' ? {} : { name: write.name }),
    ...(write.namespace === '' ? {} : { namespace: write.namespace }),
    operation: write.operation,
    userInfo: {
      username: caller.name,
      ...(caller.uid === undefined ? {} : { uid: caller.uid }),
      groups: [...caller.groups],
      ...(extra.length === 0 ? {} : { extra: Object.fromEntries(extra) }),
    },
    dryRun: write.dryRun,
  };
}

/** The parameters of a binding, one run each; a text says that there must be some and are none. */
function paramsOf(
  store: Store,
  policy: JsonObject,
  binding: JsonObject,
  write: PendingWrite,
): readonly (JsonObject | undefined)[] | string {
  const paramKind = object(policy, 'spec')['paramKind'];
  const reference = object(binding, 'spec')['paramRef'];
  if (!isObject(paramKind) || !isObject(reference)) return [undefined];
  const kind = kindNamed(store, text(paramKind, 'kind'));
  const inside = text(reference, 'namespace') || write.namespace;
  const selector = reference['selector'];
  const found = store
    .list(kind, kind.namespaced ? inside : '')
    .filter((held) =>
      isObject(selector)
        ? matchesSelector(selector, object(held, 'metadata', 'labels'))
        : nameOf(held) === text(reference, 'name'),
    );
  if (found.length > 0) return found;
  if (text(reference, 'parameterNotFoundAction') === 'Allow') return [];
  return 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction';
}

const codes: Readonly<Record<string, number>> = {
  Unauthorized: 401,
  Forbidden: 403,
  RequestEntityTooLarge: 413,
};

function denied(write: PendingWrite, reason: string, message: string): ApiError {
  const subject = byPlural(write.resource, write.name);
  const plural = subject.group === '' ? subject.kind : `${subject.kind}.${subject.group}`;
  return failure(
    codes[reason] ?? 422,
    reason === '' ? 'Invalid' : reason,
    `${plural} "${write.name}" is forbidden: ${message}`,
    detailsOf(subject, { causes: [{ message }] }),
  );
}

function denialsOfBinding(
  store: Store,
  policy: JsonObject,
  binding: JsonObject,
  write: PendingWrite,
  caller: Caller,
): Denial[] {
  const program = compilePolicy(policy);
  const params = paramsOf(store, policy, binding, write);
  if (typeof params === 'string') {
    return program.isStrict ? [{ message: params, reason: '' }] : [];
  }
  const context = {
    object: celValue(write.next),
    oldObject: celValue(write.old),
    request: celValue(requestOf(write, caller)),
    namespaceObject: celValue(namespaceOfWrite(store, write)),
  };
  return params.flatMap((each) => denialsOf(program, { ...context, params: celValue(each) }));
}

/** Throws for a write that a bound policy denies; what is only warned of goes to `warn`. */
export function holdToPolicies(
  store: Store,
  write: PendingWrite,
  caller: Caller,
  warn: (text: string) => void,
): void {
  if (write.resource.group === admissionGroup) return;
  let first: ApiError | undefined;
  for (const binding of store.list(admissionPolicyBinding)) {
    const policy = store.get(admissionPolicy, '', text(binding, 'spec', 'policyName'));
    const isMeant =
      policy !== undefined &&
      meansWrite(store, object(policy, 'spec')['matchConstraints'], write) &&
      meansWrite(store, object(binding, 'spec')['matchResources'], write);
    if (!isMeant) continue;
    const actions = list(binding, 'spec', 'validationActions');
    const by = `ValidatingAdmissionPolicy '${nameOf(policy)}' with binding '${nameOf(binding)}'`;
    for (const { message, reason } of denialsOfBinding(store, policy, binding, write, caller)) {
      if (actions.includes('Deny')) {
        first ??= denied(write, reason, `${by} denied request: ${message}`);
      }
      if (actions.includes('Warn')) warn(`Validation failed for ${by}: ${message}`);
    }
  }
  if (first !== undefined) throw first;
}
