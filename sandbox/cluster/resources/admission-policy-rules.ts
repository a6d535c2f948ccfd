// What an admission policy and its binding must hold: rules that say what they mean, and expressions that compile.

import { type CelType, compile, type Scope } from '../admission-cel.ts';
import type { JsonObject } from '../json.ts';
import { isObject, list, object, objects, show, text } from '../json.ts';
import type { FieldError } from '../status.ts';
import { duplicate, invalidValue, notSupported, required } from '../status.ts';

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];

function validateRule(rule: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['operations', 'apiGroups', 'apiVersions', 'resources']) {
    if (list(rule, key).length === 0) errors.push(required(`${field}.${key}`));
  }
  list(rule, 'operations').forEach((operation, index) => {
    if (!operations.includes(show(operation))) {
      errors.push(notSupported(`${field}.operations[${index}]`, operation, operations));
    }
  });
  const scopes = ['*', 'Cluster', 'Namespaced'];
  if (!scopes.includes(text(rule, 'scope'))) {
    errors.push(notSupported(`${field}.scope`, text(rule, 'scope'), scopes));
  }
  return errors;
}

function validateMatch(match: JsonObject, field: string): FieldError[] {
  const policies = ['Equivalent', 'Exact'];
  const policy = text(match, 'matchPolicy');
  return [
    ...(policies.includes(policy) ? [] : [notSupported(`${field}.matchPolicy`, policy, policies)]),
    ...['resourceRules', 'excludeResourceRules'].flatMap((key) =>
      objects(match, key).flatMap((rule, index) => validateRule(rule, `${field}.${key}[${index}]`)),
    ),
  ];
}

function validateExpression(
  expression: string,
  field: string,
  returns: CelType,
  scope: Scope,
): FieldError[] {
  if (expression.trim() === '') return [required(field, 'expression is not specified')];
  const { mistake } = compile(expression, returns, scope);
  return mistake === undefined ? [] : [invalidValue(field, expression, mistake)];
}

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];

function validateValidation(given: JsonObject, field: string, scope: Scope): FieldError[] {
  const errors = validateExpression(
    text(given, 'expression'),
    `${field}.expression`,
    'bool',
    scope,
  );
  const message = text(given, 'message');
  if (message !== '' && message.trim() === '') {
    errors.push(
      invalidValue(`${field}.message`, message, 'message must be non-empty if specified'),
    );
  } else if (message.trim().includes('\n')) {
    errors.push(invalidValue(`${field}.message`, message, 'message must not contain line breaks'));
  } else if (message === '' && text(given, 'expression').trim().includes('\n')) {
    errors.push(
      required(`${field}.message`, 'message must be specified if expression contains line breaks'),
    );
  }
  const words = text(given, 'messageExpression');
  if (words !== '') {
    errors.push(...validateExpression(words, `${field}.messageExpression`, 'string', scope));
  }
  const reason = text(given, 'reason');
  if (reason !== '' && !reasons.includes(reason)) {
    errors.push(notSupported(`${field}.reason`, reason, reasons));
  }
  return errors;
}

function validateVariables(spec: JsonObject, hasParams: boolean): FieldError[] {
  const before: string[] = [];
  return objects(spec, 'variables').flatMap((variable, index) => {
    const field = `spec.variables[${index}]`;
    const name = text(variable, 'name');
    const scope = { hasParams, variables: [...before] };
    const errors = validateExpression(
      text(variable, 'expression'),
      `${field}.expression`,
      'any',
      scope,
    );
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
      errors.push(invalidValue(`${field}.name`, name, 'name is not a valid CEL identifier'));
    }
    if (before.includes(name)) errors.push(duplicate(field, name));
    before.push(name);
    return errors;
  });
}

/** The broken rules of a policy, its expressions compiled. */
export function validatePolicy(given: JsonObject): FieldError[] {
  const spec = object(given, 'spec');
  const hasParams = isObject(spec['paramKind']);
  const bare: Scope = { hasParams, variables: [] };
  const variables = objects(spec, 'variables').map((item) => text(item, 'name'));
  const failurePolicies = ['Fail', 'Ignore'];
  const failurePolicy = text(spec, 'failurePolicy');
  const match = spec['matchConstraints'];
  const errors: FieldError[] = [];
  if (!failurePolicies.includes(failurePolicy)) {
    errors.push(notSupported('spec.failurePolicy', failurePolicy, failurePolicies));
  }
  if (!isObject(match)) errors.push(required('spec.matchConstraints'));
  else {
    errors.push(...validateMatch(match, 'spec.matchConstraints'));
    if (list(match, 'resourceRules').length === 0) {
      errors.push(required('spec.matchConstraints.resourceRules'));
    }
  }
  errors.push(...validateVariables(spec, hasParams));
  objects(spec, 'matchConditions').forEach((condition, index) => {
    const field = `spec.matchConditions[${index}]`;
    if (text(condition, 'name') === '') errors.push(required(`${field}.name`));
    const expression = text(condition, 'expression');
    errors.push(...validateExpression(expression, `${field}.expression`, 'bool', bare));
  });
  const validations = objects(spec, 'validations');
  if (validations.length + list(spec, 'auditAnnotations').length === 0) {
    const because = 'validations or auditAnnotations must contain at least one item';
    errors.push(required('spec.validations', because), required('spec.auditAnnotations', because));
  }
  validations.forEach((validation, index) => {
    const field = `spec.validations[${index}]`;
    errors.push(...validateValidation(validation, field, { hasParams, variables }));
  });
  return errors;
}

const actions = ['Audit', 'Deny', 'Warn'];

function validateActions(spec: JsonObject): FieldError[] {
  const given = list(spec, 'validationActions').map(show);
  const errors = given.flatMap((action, index) => {
    const field = `spec.validationActions[${index}]`;
    if (!actions.includes(action)) return [notSupported(field, action, actions)];
    return given.indexOf(action) < index ? [duplicate(field, action)] : [];
  });
  if (given.length === 0) {
    errors.push(required('spec.validationActions', 'at least one validation action is required'));
  }
  if (given.includes('Deny') && given.includes('Warn')) {
    errors.push(
      invalidValue(
        'spec.validationActions',
        given,
        'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ),
    );
  }
  return errors;
}

/** The broken rules of a binding. */
export function validateBinding(given: JsonObject): FieldError[] {
  const spec = object(given, 'spec');
  const match = spec['matchResources'];
  const reference = spec['paramRef'];
  const errors: FieldError[] = [];
  if (text(spec, 'policyName') === '') errors.push(required('spec.policyName'));
  if (isObject(reference)) {
    const hasName = text(reference, 'name') !== '';
    if (hasName === isObject(reference['selector'])) {
      const because = 'one of name or selector must be specified';
      errors.push(required('spec.paramRef', because));
    }
    if (!['Allow', 'Deny'].includes(text(reference, 'parameterNotFoundAction'))) {
      errors.push(required('spec.paramRef.parameterNotFoundAction'));
    }
  }
  if (isObject(match)) errors.push(...validateMatch(match, 'spec.matchResources'));
  return [...errors, ...validateActions(spec)];
}
