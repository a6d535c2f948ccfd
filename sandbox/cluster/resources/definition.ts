// CustomResourceDefinitions: the kinds somebody else adds to the cluster.
import type { Json, JsonObject } from '../json.ts';
import { equal, isObject, nameOf, object, objects, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { invalidValue, notSupported, required } from '../status.ts';
import type { Resource } from './resource.ts';
import { conditions, objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const names = s.always(
  s.struct('CustomResourceDefinitionNames', {
    plural: s.always(s.string),
    singular: s.string,
    shortNames: s.list(s.string),
    kind: s.always(s.string),
    listKind: s.string,
    categories: s.list(s.string),
  }),
);

const numbers = [
  'maximum',
  'minimum',
  'maxLength',
  'minLength',
  'maxItems',
  'minItems',
  'multipleOf',
  'maxProperties',
  'minProperties',
];
const texts = ['id', '$schema', '$ref', 'description', 'type', 'format', 'title', 'pattern'];
const flags = ['exclusiveMaximum', 'exclusiveMinimum', 'uniqueItems', 'nullable'];
const extensions = ['preserve-unknown-fields', 'embedded-resource', 'int-or-string'];

/** A schema holds schemas, so its shape holds itself. */
const schemaFields: Record<string, s.Schema> = {};
const schemaNode: s.StructSchema = s.struct('JSONSchemaProps', schemaFields);
Object.assign(schemaFields, {
  ...Object.fromEntries(texts.map((key) => [key, s.string])),
  ...Object.fromEntries(flags.map((key) => [key, s.bool])),
  ...Object.fromEntries(numbers.map((key) => [key, s.any])),
  ...Object.fromEntries(extensions.map((key) => [`x-kubernetes-${key}`, s.pointer(s.bool)])),
  ...Object.fromEntries(
    ['default', 'enum', 'example', 'externalDocs', 'additionalItems', 'additionalProperties'].map(
      (key) => [key, s.any],
    ),
  ),
  required: s.list(s.string),
  items: schemaNode,
  properties: s.map(schemaNode),
  patternProperties: s.map(schemaNode),
  definitions: s.map(schemaNode),
  dependencies: s.any,
  not: schemaNode,
  ...Object.fromEntries(['allOf', 'anyOf', 'oneOf'].map((key) => [key, s.list(schemaNode)])),
  'x-kubernetes-list-map-keys': s.list(s.string),
  'x-kubernetes-list-type': s.pointer(s.string),
  'x-kubernetes-map-type': s.pointer(s.string),
  'x-kubernetes-validations': s.list(
    s.struct('ValidationRule', {
      rule: s.always(s.string),
      message: s.string,
      messageExpression: s.string,
      reason: s.pointer(s.string),
      fieldPath: s.string,
      optionalOldSelf: s.pointer(s.bool),
    }),
  ),
});

const version = s.struct('CustomResourceDefinitionVersion', {
  name: s.always(s.string),
  served: s.always(s.bool),
  storage: s.always(s.bool),
  deprecated: s.bool,
  deprecationWarning: s.pointer(s.string),
  schema: s.struct('CustomResourceValidation', { openAPIV3Schema: schemaNode }),
  subresources: s.struct('CustomResourceSubresources', {
    status: s.struct('CustomResourceSubresourceStatus', {}),
    scale: s.struct('CustomResourceSubresourceScale', {
      specReplicasPath: s.always(s.string),
      statusReplicasPath: s.always(s.string),
      labelSelectorPath: s.pointer(s.string),
    }),
  }),
  additionalPrinterColumns: s.list(
    s.struct('CustomResourceColumnDefinition', {
      name: s.always(s.string),
      type: s.always(s.string),
      format: s.string,
      description: s.string,
      priority: s.int32,
      jsonPath: s.always(s.string),
    }),
  ),
  selectableFields: s.list(
    s.struct('SelectableField', {
      jsonPath: s.always(s.string),
    }),
  ),
});

function applyDefaults(definition: JsonObject): void {
  const spec = object(definition, 'spec');
  const called = object(spec, 'names');
  const kind = text(called, 'kind');
  if (kind !== '') {
    setDefault(called, 'singular', kind.toLowerCase());
    setDefault(called, 'listKind', `${kind}List`);
  }
  setDefault(spec, 'conversion', { strategy: 'None' });
  const status = object(definition, 'status');
  const stored = objects(spec, 'versions').find((item) => item['storage'] === true);
  if (stored !== undefined && !Array.isArray(status['storedVersions'])) {
    status['storedVersions'] = [text(stored, 'name')];
  }
}

const approval = 'api-approved.kubernetes.io';
const hasProtectedName = (group: string) => /(^|\.)(k8s|kubernetes)\.io$/.test(group);

function validateNode(node: Json | undefined, field: string): FieldError[] {
  if (!isObject(node)) return [];
  const errors: FieldError[] = [];
  const isFree =
    node['x-kubernetes-int-or-string'] === true ||
    node['x-kubernetes-preserve-unknown-fields'] === true;
  if (text(node, 'type') === '' && !isFree) {
    errors.push(required(`${field}.type`, 'must not be empty for specified object fields'));
  }
  if (node['x-kubernetes-list-type'] === 'map') {
    const keys = node['x-kubernetes-list-map-keys'];
    if (!Array.isArray(keys) || keys.length === 0) {
      const because = 'must not be empty if x-kubernetes-list-type is map';
      errors.push(required(`${field}.x-kubernetes-list-map-keys`, because));
    }
  }
  for (const [key, item] of Object.entries(object(node, 'properties'))) {
    errors.push(...validateNode(item, `${field}.properties[${key}]`));
  }
  if (text(node, 'type') === 'array' && node['items'] === undefined) {
    errors.push(required(`${field}.items`, 'must be specified'));
  }
  return [
    ...errors,
    ...validateNode(node['items'], `${field}.items`),
    ...validateNode(node['additionalProperties'], `${field}.additionalProperties`),
  ];
}

function validateVersions(spec: JsonObject): FieldError[] {
  const versions = objects(spec, 'versions');
  const errors = versions.flatMap((item, index) => {
    const field = `spec.versions[${index}].schema.openAPIV3Schema`;
    const root = object(item, 'schema')['openAPIV3Schema'];
    return root === undefined ? [required(field)] : validateNode(root, field);
  });
  if (versions.filter((item) => item['storage'] === true).length !== 1) {
    const because = 'must have exactly one version marked as storage version';
    errors.push(invalidValue('spec.versions', versions, because));
  }
  return errors;
}

function validateUnchanged(spec: JsonObject, old: JsonObject): FieldError[] {
  const before = object(old, 'spec');
  const isEstablished = objects(old, 'status', 'conditions').some(
    (item) => item['type'] === 'Established' && item['status'] === 'True',
  );
  const fixed = [
    ['group'],
    ['names', 'plural'],
    ...(isEstablished ? [['scope'], ['names', 'kind']] : []),
  ];
  return fixed.flatMap((path) => {
    const [now, then] = [text(spec, ...path), text(before, ...path)];
    const field = `spec.${path.join('.')}`;
    return now === then ? [] : [invalidValue(field, now, 'field is immutable')];
  });
}

function validate(definition: JsonObject, old: JsonObject | undefined): FieldError[] {
  const spec = object(definition, 'spec');
  const group = text(spec, 'group');
  const plural = text(spec, 'names', 'plural');
  const errors: FieldError[] = [];
  if (old !== undefined && equal(old['spec'], definition['spec'])) return errors;
  if (nameOf(definition) !== `${plural}.${group}`) {
    const because = 'must be spec.names.plural+"."+spec.group';
    errors.push(invalidValue('metadata.name', nameOf(definition), because));
  }
  if (group === '') errors.push(required('spec.group'));
  if (plural === '') errors.push(required('spec.names.plural'));
  if (text(spec, 'names', 'kind') === '') errors.push(required('spec.names.kind'));
  const scope = text(spec, 'scope');
  if (scope === '') errors.push(required('spec.scope'));
  else if (scope !== 'Namespaced' && scope !== 'Cluster') {
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']));
  }
  errors.push(...validateVersions(spec));
  if (old !== undefined) errors.push(...validateUnchanged(spec, old));
  const isApproved = object(definition, 'metadata', 'annotations')[approval] !== undefined;
  if (hasProtectedName(group) && !isApproved) {
    const because = `protected groups must have approval annotation "${approval}", see https://github.com/kubernetes/enhancements/pull/1111`;
    errors.push(required(`metadata.annotations[${approval}]`, because));
  }
  return errors;
}

/** CustomResourceDefinitions. */
export const definition: Resource = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  storageVersionHash: 'jfWCUB31mvA=',
  namespaced: false,
  generation: 'spec',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: false,
  nameRule: 'subdomain',
  deleteAnswers: 'object',
  schema: s.struct('CustomResourceDefinition', {
    ...typeMeta,
    metadata: objectMeta,
    spec: s.always(
      s.struct('CustomResourceDefinitionSpec', {
        group: s.always(s.string),
        names,
        scope: s.always(s.string),
        versions: s.always(s.list(version)),
        conversion: s.any,
        preserveUnknownFields: s.bool,
      }),
    ),
    status: s.always(
      s.struct('CustomResourceDefinitionStatus', {
        conditions: s.always(conditions),
        acceptedNames: names,
        storedVersions: s.always(s.list(s.string)),
        observedGeneration: s.int64,
      }),
    ),
  }),
  applyDefaults,
  validate,
};
